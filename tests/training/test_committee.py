"""How a committee is trained, put together and tested; ``test_parallel.py`` has where."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.compiled.engine import machine_code
from inkling.data.dataset import Dataset
from inkling.data.split import Split
from inkling.errors import DataError, DivergenceError, RunError, SettingError
from inkling.model.calibration import fit_temperature
from inkling.model.committee import CommitteeModel
from inkling.model.file import load_model
from inkling.model.metrics import wilson_interval
from inkling.model.model import Model
from inkling.training.committee import Committee, CommitteeResult
from inkling.training.engine.choice import COMPILING
from inkling.training.engine.threads import blas_threads
from inkling.training.run import train

pytest.importorskip("joblib", reason="joblib is not installed: pip install '.[cluster]'")

SMALL: dict[str, Any] = {
    "hidden": (11,),
    "epochs": 3,
    "batch_size": 16,
    "engine": "numpy",
    "seed": 4,
}


@pytest.fixture(scope="module")
def result(strokes: Dataset, tmp_path_factory: pytest.TempPathFactory) -> CommitteeResult:
    """Three small networks, with seeds 4, 5 and 6, in a directory."""
    run = tmp_path_factory.mktemp("committee") / "run"
    return Committee(3, n_jobs=1, **SMALL).train(strokes, run=run)


def test_each_member_is_the_network_that_its_seed_gives(
    result: CommitteeResult, strokes: Dataset
) -> None:
    """Trained alone it has the same weights, once its temperature is worked into them."""
    assert [member.seed for member in result.members] == [4, 5, 6]
    for seed, member in zip((4, 5, 6), result.model.members, strict=True):
        with blas_threads(1):
            alone = train(strokes, **(SMALL | {"seed": seed})).model.calibrated()
        for name, array in alone.network.parameters.items():
            np.testing.assert_array_equal(member.network.parameters[name], array)


def test_what_each_member_reaches(result: CommitteeResult, strokes: Dataset) -> None:
    """On validation and test images, alone; the best is chosen by the first."""
    assert result.run is not None
    for member in result.members:
        model = load_model(result.run / "members" / f"seed-{member.seed}")
        for split, figure in (
            (strokes.validation, member.validation_accuracy),
            (strokes.test, member.test_accuracy),
        ):
            assert figure == (model.predict(split.images) == split.labels).mean()
        assert member.train_seconds == model.manifest["results"]["train_seconds"]
    assert result.train_seconds == sum(member.train_seconds for member in result.members)
    assert result.best.validation_accuracy == max(m.validation_accuracy for m in result.members)
    assert len({member.validation_accuracy for member in result.members}) > 1


def test_it_is_tested_on_the_test_images(result: CommitteeResult, strokes: Dataset) -> None:
    """Accuracy, interval, and McNemar's test against the best member as SciPy computes it."""
    stats = pytest.importorskip("scipy.stats")
    test = strokes.test
    right = result.model.predict(test.images) == test.labels
    assert result.test_accuracy == right.mean()
    assert result.test_interval == wilson_interval(int(right.sum()), len(test))
    best = result.model.members[result.members.index(result.best)]
    its = best.predict(test.images) == test.labels
    only, not_it = int((right & ~its).sum()), int((~right & its).sum())
    assert only + not_it
    assert result.against_best.first_only == only
    assert result.against_best.second_only == not_it
    expected = stats.binomtest(only, only + not_it).pvalue
    assert result.against_best.p_value == pytest.approx(expected)


def test_its_temperature_is_fitted_on_validation_images(
    result: CommitteeResult, strokes: Dataset
) -> None:
    """To the mean: it is under-confident although each member is calibrated."""
    held_out = strokes.validation
    mean = np.mean([m.predict_proba(held_out.images) for m in result.model.members], axis=0)
    expected = fit_temperature(np.log(mean), held_out.labels)
    assert result.model.temperature == pytest.approx(expected, rel=1e-5)
    assert expected != pytest.approx(1)


def test_its_rejector_accepts_validation_images(strokes: Dataset) -> None:
    """Trained with augmentation, members have a rejector; the committee's threshold is its own."""
    model = Committee(2, augment="affine", **SMALL).train(strokes).model
    _, scores = model.answer(strokes.validation.images)
    assert model.rejector is not None
    assert scores is not None
    threshold = float(np.quantile(scores, 0.997))
    assert model.rejector.threshold == pytest.approx(threshold, rel=1e-6)


def test_what_is_in_the_directory(result: CommitteeResult, strokes: Dataset) -> None:
    """One model, one manifest, and a run directory for each member, in which nothing is special."""
    assert result.run is not None
    assert {file.name for file in result.run.iterdir()} == {
        "committee.json",
        "members",
        "model.safetensors",
    }
    for member in (result.run / "members").iterdir():
        assert {file.name for file in member.iterdir()} == {
            "checkpoint",
            "history.csv",
            "manifest.json",
            "model.safetensors",
        }
    loaded = load_model(result.run)
    assert isinstance(loaded, CommitteeModel)
    images = strokes.test.images
    assert loaded.predict_proba(images).tobytes() == result.model.predict_proba(images).tobytes()
    manifest = json.loads((result.run / "committee.json").read_text())
    assert manifest.pop("format") == 2
    del manifest["sha256"]
    assert manifest == loaded.manifest
    assert (manifest["status"], manifest["members"], manifest["seed"]) == ("finished", 3, 4)
    assert (manifest["engine"], manifest["threads"]) == ("numpy", 1)
    results = manifest["results"]
    assert results["members"] == [asdict(member) for member in result.members]
    assert results["mcnemar"] == {"against_seed": result.best.seed, **asdict(result.against_best)}
    assert results["test_accuracy"] == result.test_accuracy


def test_nothing_is_left_without_a_directory(
    strokes: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Members keep their state in a temporary folder, which goes away."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    outcome = Committee(2, **(SMALL | {"epochs": 1})).train(strokes)
    assert outcome.run is None
    assert not list(tmp_path.iterdir())


def interrupt(_: Model) -> None:
    """Ends training when the first member is done."""
    raise KeyboardInterrupt


def same(first: CommitteeModel, second: CommitteeModel) -> bool:
    """Whether two committees are the same, bit for bit."""
    pairs = [(one.tensors(), other.tensors()) for one, other in ((first, second), (second, first))]
    equal = all(
        one[name].tobytes() == other[name].tobytes() for one, other in pairs for name in one
    )
    return equal and first.temperature == second.temperature


def test_an_interrupted_one_goes_on(
    result: CommitteeResult, strokes: Dataset, tmp_path: Path
) -> None:
    """Finished members are kept as they are; in the end it is the same committee."""
    run, team = tmp_path / "run", Committee(3, **SMALL)

    with pytest.raises(KeyboardInterrupt):
        team.train(strokes, run=run, on_member=interrupt)
    first = run / "members" / "seed-4" / "model.safetensors"
    before = first.stat().st_mtime_ns
    assert not (run / "members" / "seed-6" / "model.safetensors").exists()
    assert not (run / "model.safetensors").exists()
    seeds = []
    resumed = team.train(
        strokes,
        run=run,
        resume=True,
        on_member=lambda member: seeds.append(member.manifest["seed"]),
    )
    assert seeds == [4, 5, 6]
    assert first.stat().st_mtime_ns == before
    assert same(resumed.model, result.model)


def test_what_cannot_go_on(result: CommitteeResult, strokes: Dataset, tmp_path: Path) -> None:
    """A finished one, one with other settings or another number, none; one line each."""
    run = tmp_path / "run"

    with pytest.raises(KeyboardInterrupt):
        Committee(3, **SMALL).train(strokes, run=run, on_member=interrupt)
    for team in (Committee(4, **SMALL), Committee(3, **(SMALL | {"dropout": 0.5}))):
        with pytest.raises(RunError, match="expected the 3 members and the settings"):
            team.train(strokes, run=run, resume=True)
    with pytest.raises(RunError, match="got one that holds a committee; resume it, or choose"):
        Committee(3, **SMALL).train(strokes, run=run)
    with pytest.raises(RunError, match="is finished after 3 epochs; there is nothing to resume"):
        Committee(3, **SMALL).train(strokes, run=result.run, resume=True)
    with pytest.raises(RunError, match=r"a directory with a committee, committee\.json, got none"):
        Committee(3, **SMALL).train(strokes, run=tmp_path, resume=True)
    with pytest.raises(SettingError, match="expected a directory to resume in, got none"):
        Committee(3, **SMALL).train(strokes, resume=True)
    with pytest.raises(RunError, match=r"the run of one network, manifest\.json, got a committee"):
        train(strokes, run=run, resume=True)
    with pytest.raises(RunError, match=r"committee\.json, got the run of one network"):
        Committee(3, **SMALL).train(strokes, run=run / "members" / "seed-4", resume=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"members": 1}, "Committee: expected members as a whole number in [2, 1000], got 1."),
        ({"n_jobs": 0}, "Committee: expected n_jobs as a whole number in [1, ∞), got 0."),
        ({"epochs": 0}, "training: expected epochs as a whole number in [1, 1e+06], got 0."),
    ],
)
def test_wrong_settings(arguments: dict[str, Any], message: str) -> None:
    """An error before anything begins."""
    with pytest.raises(SettingError, match=f"^{re.escape(message)}$"):
        Committee(**arguments)


def test_it_needs_images_to_choose_by(strokes: Dataset) -> None:
    """The best member is chosen by validation images, never by test images."""
    none = Split(strokes.validation.images[:0], strokes.validation.labels[:0])
    data = Dataset("few", strokes.classes, strokes.train, none, strokes.test, "6" * 64)
    with pytest.raises(DataError, match=r"expected validation images to choose by, got none"):
        Committee(2, **SMALL).train(data)


def test_what_a_committee_would_replace(
    result: CommitteeResult, strokes: Dataset, tmp_path: Path
) -> None:
    """The run of one network, a model, members of whatever settings; nor does a run replace it."""
    one, model, members = (tmp_path / name for name in ("one", "model", "members"))
    train(strokes, run=one, **SMALL)
    for folder in (model, members):
        folder.mkdir()
    (model / "model.safetensors").write_bytes(b"mine")
    (members / "members").mkdir()
    assert result.run is not None
    for attempt, run, found in (
        (Committee(2, **SMALL).train, one, "the run of one network"),
        (Committee(2, **SMALL).train, model, "model.safetensors"),
        (Committee(2, **SMALL).train, members, "members"),
        (train, one, "the run of one network"),
        (train, result.run, "a committee"),
        (train, model, "model.safetensors"),
    ):
        before = {file: file.stat().st_mtime_ns for file in run.rglob("*")}
        message = f"run {run}: expected a new directory, got one that holds {found}; "
        with pytest.raises(RunError, match=f"^{re.escape(message)}"):
            attempt(strokes, run=run)
        assert {file: file.stat().st_mtime_ns for file in run.rglob("*")} == before


@pytest.mark.parametrize("resume", [False, True])
def test_the_engine_is_compiled_before_there_are_many_processes(
    strokes: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, resume: bool
) -> None:
    """A note comes first; otherwise each process would compile it at the same time."""
    pytest.importorskip("numba")
    happened: list[str] = []

    def note(member: Model) -> None:
        happened.append(f"member {member.manifest['seed']}")

    settings = SMALL | {"engine": "compiled", "dtype": "float64"}
    if resume:
        with pytest.raises(KeyboardInterrupt):
            Committee(2, **settings).train(strokes, run=tmp_path, on_member=interrupt)
    machine_code("float64")  # loaded now; what is not there later would be compiled anew
    monkeypatch.setattr("inkling.compiled.jit.is_cached", lambda _: False)
    monkeypatch.setattr("inkling.training.committee.machine_code", happened.append)
    Committee(2, **settings).train(
        strokes, run=tmp_path, resume=resume, on_member=note, on_note=happened.append
    )
    assert happened == [
        f"compiling the engine, once on this machine: about {COMPILING:.0f} s",
        "float64",
        "member 4",
        "member 5",
    ]


def test_a_member_that_diverges(strokes: Dataset, tmp_path: Path) -> None:
    """The error is that of a run of one network; no committee is written."""
    team = Committee(2, n_jobs=1, **(SMALL | {"learning_rate": 1e30, "optimizer": "sgd"}))
    with pytest.raises(
        DivergenceError, match=r"^training diverged: the loss is nan in epoch 1, step \d+, "
    ):
        team.train(strokes, run=tmp_path / "run")
    assert not (tmp_path / "run" / "model.safetensors").exists()
