"""``inkling committee``: what it prints and writes, and that other commands accept it as a model."""

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
from inkling.cli.committee import committee
from inkling.cli.train import train
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
    """The results of the manifest and the paths; messages are on standard error."""
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
    assert plan == "3 networks, seeds 3 to 5"
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
        figures = [f"{100 * member[name]:.2f}" for name in ("validation_accuracy", "test_accuracy")]
        assert re.search(rf"^ +{member['seed']} +{' +'.join(figures)} ", outcome.out, re.MULTILINE)
    low, high = (f"{100 * bound:.2f}" for bound in results["test_interval"])
    accuracy = f"{100 * results['test_accuracy']:.2f} % (95 % interval {low} to {high} %, n = 53)"
    assert f"Test accuracy on strokes.npz: {accuracy}\n" in outcome.out
    test = results["mcnemar"]
    assert f"seed {test['against_seed']} with " in outcome.out
    assert f"{test['first_only']} images are read correctly only by the committee" in outcome.out
    assert f"p = {test['p_value']:.2g}" in outcome.out
    assert re.search(r"\n  inkling (app --model|evaluate) 'my team'\n\Z", outcome.err)


def test_the_options_of_train_are_there() -> None:
    """With the same help and type, except those that the committee defines itself or cannot have."""
    ours = inspect.signature(committee, eval_str=True).parameters
    theirs = inspect.signature(train, eval_str=True).parameters
    own = {"members", "n_jobs", "scheduler", "out", "resume", "json"}
    of_one_run = {"start", "watch"}
    assert set(ours) == (set(theirs) | own) - of_one_run
    for name in set(theirs) - own - of_one_run:
        assert ours[name].default == theirs[name].default
        assert help_of(ours[name]) == help_of(theirs[name])


def help_of(parameter: inspect.Parameter) -> str:
    """Returns the help text of an option."""
    return str(parameter.annotation.__metadata__[0].help)


def test_other_commands_take_it_as_a_model(
    inkling: Command, team: Path, pictures: Path, strokes_file: Path, tmp_path: Path
) -> None:
    """It is read with, evaluated and listed; what needs a single network raises."""
    (file,) = inkling("predict", pictures / "one.png", "--model", team, "--json").json["files"]
    assert file["digits"] == Recognizer(team).read(pictures / "one.png").to_dict()["digits"]
    results = load_model(team).manifest["results"]
    evaluated = inkling("evaluate", team, "--data", strokes_file, "--json").json
    assert evaluated["accuracy"] == results["test_accuracy"]
    assert evaluated["loss"] == results["test_loss"]
    (row,) = inkling("models", team.parent, "--json").json["models"]
    assert row["network"] == "3 × 784 → 19 relu → 10 softmax"
    assert row["test_accuracy"] == results["test_accuracy"]
    exported = inkling("export", team, "--to", "npz", "--out", tmp_path / "m.npz")
    traced = inkling("trace", pictures / "one.png", "--model", team)
    for outcome in (exported, traced):
        assert "got a committee of 3" in outcome.complaint
    assert not (tmp_path / "m.npz").exists()
    member = inkling("evaluate", team / "members" / "seed-1", "--data", strokes_file, "--json")
    assert member.json["accuracy"] == results["members"][1]["test_accuracy"]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("--members", "1"), 2, "--members as a whole number in [2, 1000], got 1"),
        (("--jobs", "0"), 2, "--jobs as a whole number in [1, ∞), got 0"),
        (("--hidden", "wide"), 2, "--hidden: "),
        (("--resume", "run", "--members", "3"), 2, "--resume takes no other options"),
        (("--resume", "run", "--lr", "0.1"), 2, "--resume takes no other options"),
        (("--jobs", "2", "--scheduler", "tcp://127.0.0.1:1"), 2, "combined with --scheduler"),
        (("--data", "DATA", "--validation", "0"), 1, "validation images to choose by"),
        (("--resume", "nowhere"), 1, "run nowhere: "),
        (("--data", "DATA", "--scheduler", "nonsense"), 1, "cannot connect to 'nonsense'"),
        (("--data", "DATA", "--scheduler", "tls://127.0.0.1:1"), 1, "ssl_context"),
    ],
)
def test_what_fails(
    inkling: Command, strokes_file: Path, arguments: tuple[str, ...], status: int, words: str
) -> None:
    """The last line names the option; no empty directory stays behind."""
    if "--scheduler" in arguments:
        pytest.importorskip("distributed", reason="no dask: pip install '.[cluster]'")
    outcome = inkling(
        "committee", *(str(strokes_file) if word == "DATA" else word for word in arguments)
    )
    assert (outcome.status, outcome.out) == (status, "")
    assert words in outcome.err.splitlines()[-1]
    assert not Path("runs").exists() or not any(Path("runs").iterdir())


def test_a_note_about_the_engine(inkling: Command, strokes_file: Path) -> None:
    """It is printed once, below the plan, and not for each member."""
    pytest.importorskip("numba")
    options = (*SMALL, "--members", 2, "--engine", "compiled", "--dropout", "0.5")
    outcome = inkling("committee", "--data", strokes_file, *options)
    assert outcome.status == 0
    assert outcome.err.lower().count("compiled engine") == 1


@pytest.mark.slow
def test_on_a_cluster(
    inkling: Command, team: Path, strokes_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The workers are checked first; the committee is the same as one trained on this machine."""
    distributed = pytest.importorskip("distributed", reason="no dask: pip install '.[cluster]'")
    options = ("--data", strokes_file, "--members", 3, "--hidden", "19", "--epochs", "15")
    with distributed.LocalCluster(
        n_workers=0, threads_per_worker=1, dashboard_address=":0"
    ) as machines:
        address = machines.scheduler_address
        outcome = inkling("committee", *options, "--scheduler", address)
        assert "expected at least one worker, got none" in outcome.complaint
        machines.scale(1)
        with distributed.Client(machines) as client:
            client.wait_for_workers(1, timeout=60)
        with monkeypatch.context() as patch:
            patch.setattr("inkling.cli.committee.__version__", "9.8.7")
            outcome = inkling("committee", *options, "--scheduler", address)
        last = outcome.err.splitlines()[-1]
        assert f"expected Inkling 9.8.7 on every worker, got '{VERSION}' on tcp://" in last
        outcome = inkling(
            "committee", *options, "--batch-size", 16, "--scheduler", address, "--out", "run"
        )
    assert outcome.status == 0
    found, expected = load_model(Path("run")), load_model(team)
    for ours, theirs in zip(found.networks, expected.networks, strict=True):
        for name, array in theirs.parameters.items():
            np.testing.assert_array_equal(ours.parameters[name], array)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to interrupt with")
def test_interrupted_with_ctrl_c(inkling: Command, strokes_file: Path, tmp_path: Path) -> None:
    """All processes receive it: status 130, one line, no traceback; it can be resumed."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    command = [sys.executable, "-m", "inkling", "committee", "--data", str(strokes_file)]
    command += ["--members", "3", "--hidden", "64", "--epochs", "4", "--batch-size", "1"]
    with subprocess.Popen(
        [*command, "--jobs", "2", "--out", "run"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("3 networks, ")
        assert process.stderr.readline().startswith("member 1/3")
        os.killpg(process.pid, signal.SIGINT)
        printed = process.stderr.read()
        assert printed.startswith("interrupted; to resume: ")
        assert printed.count("\n") == 1
        assert printed.endswith("inkling committee --resume run\n")
    assert process.returncode == 130
    finished = list(Path("run", "members").glob("*/model.safetensors"))
    assert 1 <= len(finished) < 3
    assert inkling("committee", "--resume", "run", "--json").status == 0
    assert isinstance(load_model(Path("run")), CommitteeModel)
