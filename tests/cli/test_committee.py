"""``inkling committee``: what it prints, what it leaves, and that other commands take it as a model."""

from __future__ import annotations

import inspect
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling import __version__ as VERSION  # noqa: N812 (a constant)
from inkling.cli import train as train_command
from inkling.cli.committee import committee
from inkling.data.dataset import load_dataset
from inkling.model.committee import CommitteeModel
from inkling.model.file import load_model
from inkling.recognize.recognizer import Recognizer
from inkling.training.committee import Committee

pytest.importorskip("joblib", reason="joblib is not installed: pip install '.[cluster]'")

Command = Callable[..., Any]
SMALL = ("--hidden", "9", "--epochs", "3", "--batch-size", "16", "--seed", "3", "--jobs", "1")


@pytest.fixture(scope="session")
def team(strokes_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a finished committee of three."""
    run = tmp_path_factory.mktemp("runs") / "team"
    settings: dict[str, Any] = {"hidden": (19,), "epochs": 15, "batch_size": 16}
    Committee(3, n_jobs=1, **settings).train(strokes_file, run=run)
    return run


def test_one_json_object(inkling: Command, strokes_file: Path) -> None:
    """The figures of the manifest, and where everything lies; words are on standard error."""
    outcome = inkling("committee", "--data", strokes_file, "--members", 3, *SMALL, "--json")
    assert outcome.status == 0
    found = outcome.json
    run = Path(found.pop("run"))
    assert re.fullmatch(r"runs/strokes\.npz-committee-\d{8}-\d{6}", run.as_posix())
    assert found.pop("model") == str(run / "model.safetensors")
    assert found.pop("dataset") == "strokes.npz"
    results = json.loads((run / "committee.json").read_text())["results"]
    assert found.keys() == {
        "test_accuracy",
        "test_interval",
        "train_seconds",
        "members",
        "mcnemar",
    }
    assert found == {name: results[name] for name in found}
    assert [member["seed"] for member in found["members"]] == [3, 4, 5]
    model = load_model(run)
    assert isinstance(model, CommitteeModel)
    assert model.summary == "3 × 784 → 9 relu → 10 softmax"
    test = load_dataset(strokes_file).test
    assert found["test_accuracy"] == (model.predict(test.images) == test.labels).mean()
    plan, *lines = outcome.err.splitlines()
    assert plan == "3 networks with 9 hidden units, seeds 3 to 5, 3 epochs each"
    assert [line.split("  ")[:2] for line in lines] == [
        [f"member {number}/3", f"seed {number + 2}"] for number in (1, 2, 3)
    ]


def test_words_for_people(inkling: Command, strokes_file: Path) -> None:
    """Each member, the committee with its interval, McNemar's test, and what to do next."""
    outcome = inkling(
        "committee", "--data", strokes_file, "--members", 2, *SMALL, "--out", "my team"
    )
    assert outcome.status == 0
    results = json.loads(Path("my team", "committee.json").read_text())["results"]
    for member in results["members"]:
        figures = [
            f"{100 * member[name]:.2f} %" for name in ("validation_accuracy", "test_accuracy")
        ]
        assert re.search(rf"{member['seed']} +│ +{' +│ +'.join(figures)} +│", outcome.out)
    low, high = (f"{100 * bound:.2f}" for bound in results["test_interval"])
    assert (
        f"Test accuracy of the committee on strokes.npz: {100 * results['test_accuracy']:.2f} % "
        f"(95 % interval {low} to {high} %) of 53 images.\n"
    ) in outcome.out
    test = results["mcnemar"]
    alone = {member["seed"]: member["test_accuracy"] for member in results["members"]}
    assert (
        f"\nAgainst its best member on validation images, seed {test['against_seed']} with "
        f"{100 * alone[test['against_seed']]:.2f} %: "
    ) in outcome.out
    assert outcome.out.endswith(
        f"{test['first_only']} images only the committee has right, {test['second_only']} only the "
        f"member; McNemar's test, p = {test['p_value']:.2g}: the difference "
        f"{'may be chance' if test['p_value'] > 0.05 else 'is more than chance'}.\n"
    )
    assert "Next     inkling app --model my team " in outcome.err


def test_the_options_of_train_are_there() -> None:
    """With the same help and type, but for those that mean something else here."""
    ours = inspect.signature(committee, eval_str=True).parameters
    theirs = inspect.signature(train_command.train, eval_str=True).parameters
    own = {"members", "jobs", "scheduler", "out", "resume", "json"}
    assert set(ours) == set(theirs) | own
    for name in set(theirs) - own:
        one, other = ours[name], theirs[name]
        assert one.default == other.default
        assert one.annotation.__origin__ == other.annotation.__origin__
        assert one.annotation.__metadata__[0].help == other.annotation.__metadata__[0].help


def test_other_commands_take_it_as_a_model(
    inkling: Command, team: Path, pictures: Path, strokes_file: Path, tmp_path: Path
) -> None:
    """It reads, it is evaluated, it is listed; what takes one network says so."""
    (file,) = inkling("predict", pictures / "one.png", "--model", team, "--json").json["files"]
    assert file["digits"] == Recognizer(team).read(pictures / "one.png").to_dict()["digits"]
    results = load_model(team).manifest["results"]
    evaluated = inkling("evaluate", team, "--data", strokes_file, "--json").json
    assert evaluated["accuracy"] == results["test_accuracy"]
    assert evaluated["loss"] == pytest.approx(results["test_loss"], rel=1e-6)
    (row,) = inkling("models", team.parent, "--json").json["models"]
    assert row["network"] == "3 × 784 → 19 relu → 10 softmax"
    assert row["test_accuracy"] == results["test_accuracy"]
    alone = (
        "expected a model of one network, got a committee of 3; take one of its members, such as "
        "members/seed-0 in its run directory."
    )
    exported = inkling("export", team, "--to", "npz", "--out", tmp_path / "m.npz")
    assert exported.complaint == f"export: {alone}"
    assert not (tmp_path / "m.npz").exists()
    traced = inkling("trace", pictures / "one.png", "--model", team)
    assert traced.complaint == f"trace: {alone}"
    member = inkling("evaluate", team / "members" / "seed-1", "--data", strokes_file, "--json")
    assert member.json["accuracy"] == results["members"][1]["test_accuracy"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--members", "1"), "Committee: expected members as a whole number in [2, 1000], got 1."),
        (("--jobs", "0"), "Committee: expected n_jobs of 1 or more, or −1, got 0."),
        (
            ("--hidden", "wide"),
            "--hidden: expected whole numbers with commas between, such as 256,128, got 'wide'.",
        ),
        (
            ("--resume", "run", "--members", "3"),
            "--resume: expected no other options, since a run goes on with its own settings.",
        ),
        (
            ("--resume", "run", "--lr", "0.1"),
            "--resume: expected no other options, since a run goes on with its own settings.",
        ),
        (
            ("--jobs", "2", "--scheduler", "tcp://127.0.0.1:1"),
            "--jobs: expected no --scheduler beside it, since a cluster trains as many at a time as it "
            "has cores.",
        ),
    ],
)
def test_wrong_usage(inkling: Command, arguments: tuple[str, ...], complaint: str) -> None:
    """Status 2 and one line; no directory is made."""
    outcome = inkling("committee", *arguments)
    assert (outcome.status, outcome.complaint) == (2, complaint)
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ("--data", "DATA", "--validation", "0"),
            "committee: expected a validation set to choose by, got none; hold images out, by "
            "--validation or load_dataset(…, validation=…).",
        ),
        (
            ("--resume", "nowhere"),
            "run nowhere: expected a run directory with committee.json, got none there.",
        ),
        (
            ("--data", "DATA", "--scheduler", "nonsense"),
            "--scheduler: expected a scheduler, got none at 'nonsense'; start one with: dask scheduler.",
        ),
        (
            ("--data", "DATA", "--scheduler", "tls://127.0.0.1:1"),
            "--scheduler: expected an address that fits dask's configuration of TLS (distributed.comm), "
            "got 'tls://127.0.0.1:1': TLS expects a `ssl_context` argument of type ssl.SSLContext "
            "(perhaps check your TLS configuration?) Instead got None.",
        ),
    ],
)
def test_what_fails(
    inkling: Command, strokes_file: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    """Status 1 and one line; no empty directory stays behind."""
    if "--scheduler" in arguments:
        pytest.importorskip("distributed", reason="no dask: pip install '.[cluster]'")
    words = (str(strokes_file) if word == "DATA" else word for word in arguments)
    outcome = inkling("committee", *words)
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.splitlines()[-1] == f"inkling: {complaint}"
    assert not Path("runs").exists() or not any(Path("runs").iterdir())


def test_what_to_know_about_the_engine(inkling: Command, strokes_file: Path) -> None:
    """It stands below the plan; of each member nothing more is said than of any other's."""
    pytest.importorskip("numba")
    options = (*SMALL, "--members", 2, "--engine", "compiled", "--dropout", "0.5")
    outcome = inkling("committee", "--data", strokes_file, *options)
    assert outcome.status == 0
    assert outcome.err.splitlines()[:2] == [
        "2 networks with 9 hidden units, seeds 3 to 4, 3 epochs each",
        "NumPy trains, as the compiled engine does not cover dropout",
    ]


def test_each_command_goes_on_with_its_own(inkling: Command, team: Path, trained: Path) -> None:
    """And points to the other."""
    for command, other, run, manifest, kind in (
        ("train", "committee", team, "manifest.json", "a committee"),
        ("committee", "train", trained, "committee.json", "the run of one network"),
    ):
        assert inkling(command, "--resume", run).complaint == (
            f"run {run}: expected a run directory with {manifest}, got {kind}; continue it with "
            f"inkling {other} --resume {run}."
        )


def test_on_a_cluster(
    inkling: Command, team: Path, strokes_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without workers, or with those of another version, it says so; else the committee is the same."""
    distributed = pytest.importorskip("distributed", reason="no dask: pip install '.[cluster]'")
    options = ("--data", strokes_file, "--members", 3, "--hidden", "19", "--epochs", "15")
    with distributed.LocalCluster(
        n_workers=0, threads_per_worker=1, dashboard_address=":0"
    ) as machines:
        address = machines.scheduler_address
        outcome = inkling("committee", *options, "--scheduler", address)
        assert outcome.complaint == (
            f"--scheduler {address}: expected at least one worker, got none; start one on each "
            f"machine with: dask worker {address}."
        )
        machines.scale(1)
        with distributed.Client(machines) as client:
            client.wait_for_workers(1)
        with monkeypatch.context() as patch:
            patch.setattr("inkling.__version__", "9.8.7")
            outcome = inkling("committee", *options, "--scheduler", address)
        assert re.fullmatch(
            rf"--scheduler {address}: expected Inkling 9\.8\.7 on every worker, got '{VERSION}' on "
            r"tcp://127\.0\.0\.1:\d+; install it there, with the extra cluster\.",
            outcome.err.splitlines()[-1].removeprefix("inkling: "),
        )
        outcome = inkling(
            "committee", *options, "--batch-size", 16, "--scheduler", address, "--out", "run"
        )
    assert outcome.status == 0
    found, expected = load_model(Path("run")), load_model(team)
    for ours, theirs in zip(found.networks, expected.networks, strict=True):
        for name, array in theirs.parameters.items():
            np.testing.assert_array_equal(ours.parameters[name], array)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to interrupt with")
def test_interrupted_with_ctrl_c(inkling: Command, strokes_file: Path, tmp_path: Path) -> None:
    """Every process of the terminal gets it: status 130, one line, no traceback; and it goes on."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    command = [sys.executable, "-m", "inkling", "committee", "--data", str(strokes_file)]
    command += ["--members", "3", "--hidden", "64", "--epochs", "8", "--batch-size", "1"]
    with subprocess.Popen(
        [*command, "--jobs", "2", "--out", "run"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("3 networks with 64 hidden units, ")
        assert process.stderr.readline().startswith("member 1/3")
        os.killpg(process.pid, signal.SIGINT)
        assert process.stderr.read() == ("interrupted; to go on: inkling committee --resume run\n")
    assert process.returncode == 130
    finished = list(Path("run", "members").glob("*/model.safetensors"))
    assert 1 <= len(finished) < 3
    assert inkling("committee", "--resume", "run", "--json").status == 0
    assert isinstance(load_model(Path("run")), CommitteeModel)
