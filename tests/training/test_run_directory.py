"""The run directory: what it contains, and every reason not to use or to resume it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import inkling
from inkling import _files
from inkling.data.dataset import Dataset
from inkling.errors import ModelFileError, RunError, SettingError
from inkling.model.manifest import digest_of
from inkling.training.callbacks import Callback
from inkling.training.engine.choice import EngineChoice
from inkling.training.run import train
from inkling.training.run_directory import RunDirectory, describe_run
from inkling.training.settings import TrainingSettings

SETTINGS = TrainingSettings(hidden=(5,), epochs=3, seed=4)


def manifest_of(path: Path) -> dict[str, Any]:
    """The manifest as a reader of JSON finds it."""
    return dict(json.loads((path / "manifest.json").read_text(encoding="utf-8")))


def test_the_manifest_says_all_it_takes_to_run_it_again(strokes: Dataset, tmp_path: Path) -> None:
    """Settings, versions, engine, threads, data set and seed, before there are any results."""
    RunDirectory(tmp_path / "a" / "b").start(
        describe_run(strokes, SETTINGS, EngineChoice("numpy", 3))
    )
    manifest = manifest_of(tmp_path / "a" / "b")
    assert manifest["status"] == "running"
    assert manifest["dataset"] == {
        "name": "strokes",
        "source": "",
        "sha256": "5" * 64,
        "split": "files",
        "train": 203,
        "validation": 37,
        "test": 53,
    }
    assert TrainingSettings.from_dict(manifest["settings"]) == SETTINGS
    assert (manifest["seed"], manifest["engine"], manifest["threads"]) == (4, "numpy", 3)
    assert manifest["versions"]["inkling"] == inkling.__version__
    assert manifest["versions"]["numpy"] == np.__version__
    assert set(manifest["versions"]) == {"inkling", "numpy", "python", "machine"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", manifest["started"])
    assert "results" not in manifest
    assert [file.name for file in (tmp_path / "a" / "b").iterdir()] == ["manifest.json"]


def test_a_finished_run_holds_everything(strokes: Dataset, tmp_path: Path) -> None:
    """Model, history, checkpoint, manifest with the results; the model carries the same manifest."""
    result = train(strokes, SETTINGS, run=tmp_path / "run")
    assert {file.name for file in (tmp_path / "run").iterdir()} == {
        "checkpoint",
        "history.csv",
        "manifest.json",
        "model.safetensors",
    }
    manifest = manifest_of(tmp_path / "run")
    assert manifest["status"] == "finished"
    assert manifest["results"]["test_accuracy"] == result.test_accuracy
    assert manifest["results"]["test_interval"] == list(result.test_interval)
    assert manifest["results"]["test_images"] == 53
    assert manifest["results"]["epochs"] == 3
    del manifest["format"], manifest["sha256"]
    assert inkling.load_model(tmp_path / "run").manifest == manifest
    assert (tmp_path / "run" / "history.csv").read_text() == result.history.to_csv()


def test_a_directory_that_cannot_be_made(strokes: Dataset, tmp_path: Path) -> None:
    """A file is in the way, as the directory itself or above it."""
    (tmp_path / "file").write_text("mine")
    for path, reason in (("file", "File exists"), ("file/run", "Not a directory")):
        message = f"run {tmp_path / path}: expected a directory to write to, got {reason}."
        with pytest.raises(RunError, match=f"^{re.escape(message)}$"):
            train(strokes, SETTINGS, run=tmp_path / path)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [
        (
            "manifest.json",
            "running",
            "an unfinished one; finish it with: inkling train --resume {}.",
        ),
        (
            "committee.json",
            "running",
            "an unfinished one; finish it with: inkling committee --resume {}.",
        ),
        (
            "manifest.json",
            "diverged",
            "one that diverged; start a new one with a smaller learn",
        ),
    ],
)
def test_a_run_without_a_model(
    strokes: Dataset, tmp_path: Path, name: str, status: str, reason: str
) -> None:
    """Whoever evaluates it reads how to finish it."""
    manifest = describe_run(strokes, SETTINGS, EngineChoice("numpy", 1))
    RunDirectory(tmp_path, name).start({**manifest, "status": status})
    message = f"model {tmp_path}: expected a finished run, got {reason.format(tmp_path)}"
    with pytest.raises(ModelFileError, match=f"^{re.escape(message)}"):
        inkling.load_model(tmp_path)


def test_nothing_to_resume(strokes: Dataset, tmp_path: Path) -> None:
    """No directory, or one without a run."""
    for path in (tmp_path, tmp_path / "nowhere"):
        message = (
            f"run {path}: expected a directory with the run of one network, manifest.json, got none"
        )
        with pytest.raises(RunError, match=f"^{re.escape(message)}"):
            train(strokes, run=path, resume=True)
    assert list(tmp_path.iterdir()) == []


def test_a_finished_run_is_not_resumed(strokes: Dataset, tmp_path: Path) -> None:
    """The message has the path of its model; nothing is written."""
    train(strokes, SETTINGS, run=tmp_path, epochs=1)
    before = {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    message = (
        f"run {tmp_path} is finished after 1 epoch; there is nothing to resume. Its model: "
        f"{tmp_path / 'model.safetensors'}"
    )
    with pytest.raises(RunError, match=f"^{re.escape(message)}$"):
        train(strokes, run=tmp_path, resume=True)
    assert {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == before


def test_other_data_are_refused(strokes: Dataset, tmp_path: Path) -> None:
    """Other contents, or the same contents divided otherwise: it would not be the same run."""
    RunDirectory(tmp_path).start(describe_run(strokes, SETTINGS, EngineChoice("numpy", 1)))
    other = replace(strokes, sha256="6" * 64, name="others")
    with pytest.raises(RunError, match="started with, strokes, got others with other contents"):
        train(other, run=tmp_path, resume=True)
    other = replace(strokes, validation=strokes.validation.take(np.arange(5)))
    with pytest.raises(RunError, match=r"expected 37 validation images, .* got 5"):
        train(other, run=tmp_path, resume=True)
    other = replace(strokes, split="hash-1")
    with pytest.raises(RunError, match=r"chosen by the rule 'hash-1', got files; start a new one"):
        train(other, run=tmp_path, resume=True)


def put(value: Any, *keys: str) -> Callable[[dict[str, Any]], Any]:
    """Puts a value at a place in a manifest; None takes it away."""

    def change(manifest: dict[str, Any]) -> None:
        for key in keys[:-1]:
            manifest = manifest[key]
        manifest[keys[-1]] = value
        if value is None:
            del manifest[keys[-1]]

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (put(None, "settings"), "expected settings to be given, got none"),
        (put(None, "started"), "expected started to be given, got none"),
        (put(None, "engine"), "expected engine to be given, got none"),
        (put("gpu", "engine"), "expected engine to be one of numpy, compiled, got 'gpu'"),
        (put(None, "threads"), "expected threads to be given, got none"),
        (put(0, "threads"), "expected threads to be a whole number in [1, 10000], got 0"),
        (put(None, "dataset", "validation"), "expected dataset.validation to be given, got none"),
        (put(5, "dataset", "source"), "expected dataset.source to be text, got 5"),
        (put("done", "status"), "expected status to be one of running, finished, diverged, got"),
        (put("finished", "status"), "expected results to be given, got none"),
        (put([1], "settings"), "expected settings to be named fields, got [1]"),
        (put(-1, "settings", "epochs"), "training: expected epochs as a whole number in [1, "),
        (put(10**400, "settings", "batch_size"), "training: expected batch_size as a whole "),
        (put({"a": 1}, "settings", "hidden"), "training: expected hidden as a whole number in"),
        (put(1, "settings", "mood"), "training: expected settings to be one of hidden, "),
        (put(3, "format"), "expected format to be a whole number in [2, 2], got 3"),
    ],
)
def test_a_manifest_that_does_not_fit(
    strokes: Dataset, tmp_path: Path, change: Callable[[dict[str, Any]], Any], reason: str
) -> None:
    """One line names the field, also if the digest is right."""
    directory = RunDirectory(tmp_path)
    directory.start(describe_run(strokes, SETTINGS, EngineChoice("numpy", 1)))
    manifest = manifest_of(tmp_path)
    change(manifest)
    del manifest["sha256"]
    manifest["sha256"] = digest_of(manifest)
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    message = f"run {tmp_path}, manifest.json: {reason}"
    with pytest.raises(RunError, match=f"^{re.escape(message)}"):
        directory.manifest_to_resume()


@pytest.mark.parametrize(
    "change",
    [
        put(9, "settings", "seed"),
        put("diverged", "status"),
        put(None, "versions"),
        put("x", "note"),
        put(None, "format"),
        put(None, "sha256"),
        put("5" * 64, "sha256"),
    ],
)
def test_an_edited_manifest_is_noticed(
    strokes: Dataset, tmp_path: Path, change: Callable[[dict[str, Any]], Any]
) -> None:
    """A run is not resumed with settings other than those it was started with."""
    RunDirectory(tmp_path).start(describe_run(strokes, SETTINGS, EngineChoice("numpy", 1)))
    manifest = manifest_of(tmp_path)
    change(manifest)
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(RunError, match=r", manifest\.json: expected [^\n]+\.$"):
        train(strokes, run=tmp_path, resume=True)


def test_any_flipped_bit_of_a_manifest_is_noticed(strokes: Dataset, tmp_path: Path) -> None:
    """Only a changed space outside of texts changes nothing."""
    directory = RunDirectory(tmp_path)
    directory.start(describe_run(strokes, SETTINGS, EngineChoice("numpy", 1)))
    path = tmp_path / "manifest.json"
    content, manifest = path.read_bytes(), directory.read_manifest()
    for bit in range(0, 8 * len(content), 7):  # each byte, in turn each of its bits
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        try:
            read = directory.read_manifest()
        except RunError:
            continue
        assert read == manifest
        assert {content[bit // 8], flipped[bit // 8]} <= set(b" \t\r\n")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe\x00", b"[" * 100_000])
def test_a_manifest_that_is_no_json(tmp_path: Path, content: bytes) -> None:
    """Cut off, not an object, not text, or nested without end."""
    (tmp_path / "manifest.json").write_bytes(content)
    start = re.escape(f"run {tmp_path}, manifest.json: expected ")
    with pytest.raises(RunError, match=f"^{start}[^\n]+; start a new run\\.$"):
        RunDirectory(tmp_path).read_manifest()


def test_a_manifest_of_version_0_1(strokes: Dataset, tmp_path: Path) -> None:
    """Its settings had more names, which are left out; it has no format and no digest."""
    manifest = describe_run(strokes, SETTINGS, EngineChoice("numpy", 1))
    manifest["settings"] |= {"watch_test": False, "drop_first": 0, "reported_loss": None}
    (tmp_path / "manifest.json").write_text(json.dumps({**manifest, "initial_scale": 1.0}))
    found = RunDirectory(tmp_path).manifest_to_resume(strokes)["settings"]
    assert TrainingSettings.from_dict(found) == SETTINGS


def test_a_name_that_is_no_text(strokes: Dataset, tmp_path: Path) -> None:
    """A folder's name may be any bytes; the manifest stays JSON and gives the name back."""
    name = b"d\xffgits".decode(errors="surrogateescape")
    dataset = replace(strokes, name=name, classes=(name, *strokes.classes[1:]))
    train(dataset, SETTINGS, run=tmp_path)
    assert manifest_of(tmp_path)["dataset"]["name"] == name
    assert inkling.load_model(tmp_path).classes[0] == name


def test_half_written_files_of_a_killed_process_go(strokes: Dataset, tmp_path: Path) -> None:
    """What kill -9 left behind under a temporary name is removed when the run is resumed."""
    RunDirectory(tmp_path).start(describe_run(strokes, SETTINGS, EngineChoice("numpy", 1)))
    (tmp_path / ".checkpoint.0123abcd.tmp").write_bytes(b"half")
    (tmp_path / "notes.txt").write_text("mine")
    train(strokes, run=tmp_path, resume=True)
    assert not list(tmp_path.glob(".*"))
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_half_written_files_go_when_a_run_starts_anew(strokes: Dataset, tmp_path: Path) -> None:
    """Killed before there was a manifest: the next run in that directory removes what was left."""
    (tmp_path / ".manifest.json.0123abcd.tmp").write_bytes(b"half")
    train(strokes, SETTINGS, run=tmp_path, epochs=1)
    assert not list(tmp_path.glob(".*"))


def test_a_folder_with_such_a_name_stays(strokes: Dataset, tmp_path: Path) -> None:
    """It is not ours, and no reason not to resume."""
    RunDirectory(tmp_path).start(describe_run(strokes, SETTINGS, EngineChoice("numpy", 1)))
    folders = {".x.tmp", ".checkpoint.0123abcd.tmp"}
    for name in folders:
        (tmp_path / name).mkdir()
    train(strokes, run=tmp_path, resume=True)
    assert {path.name for path in tmp_path.glob(".*")} == folders


@pytest.mark.parametrize("name", ["checkpoint", "history.csv", "report.png", "model.safetensors"])
def test_files_of_other_work_are_not_overwritten(
    strokes: Dataset, tmp_path: Path, name: str
) -> None:
    """A run names its files itself, so it starts only where none of them would be replaced."""
    (tmp_path / name).write_text("mine")
    with pytest.raises(RunError, match=f"got one that holds {re.escape(name)}; choose another"):
        train(strokes, SETTINGS, run=tmp_path)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [(name, "mine")]


def test_a_directory_that_was_never_used_goes(strokes: Dataset, tmp_path: Path) -> None:
    """A run that cannot start leaves no folders; one that was there before stays."""
    (tmp_path / "mine").mkdir()
    without_validation = replace(strokes, validation=strokes.validation.take(np.arange(0)))
    for path in ("new/run", "mine"):
        with pytest.raises(SettingError):
            train(without_validation, SETTINGS, patience=2, run=tmp_path / path)
    assert [file.name for file in tmp_path.rglob("*")] == ["mine"]


@pytest.mark.parametrize("resume", [True, False])
def test_a_second_process_is_turned_away(
    strokes: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, resume: bool
) -> None:
    """It is told who writes to the run before it does anything, and the first one is not disturbed."""
    monkeypatch.setattr(_files, "WAIT", 0.0)
    settings = None if resume else SETTINGS

    class Meanwhile(Callback):
        def after_epoch(self, *_: object) -> None:
            before = {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
            with pytest.raises(RunError) as error:
                train(strokes, settings, run=tmp_path, resume=resume)
            assert str(error.value) == (
                f"run {tmp_path}: expected a directory that no other process is writing to, got "
                f"process {os.getpid()}; wait until it has finished, or end it."
            )
            assert {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == before

    train(strokes, SETTINGS, run=tmp_path, callbacks=[Meanwhile()])
    assert manifest_of(tmp_path)["results"]["epochs"] == 3
    assert not list(tmp_path.glob(".*"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_run_that_cannot_be_written_is_not_trained(
    strokes: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run on a read-only disk fails at once, not after an epoch."""
    RunDirectory(tmp_path).start(describe_run(strokes, SETTINGS, EngineChoice("numpy", 1)))
    tmp_path.chmod(0o555)
    if os.geteuid() == 0:  # who may write everywhere
        opened = os.open

        def refuse(path: Any, flags: int, *mode: int) -> int:
            if flags & os.O_CREAT:
                raise PermissionError(13, "Permission denied", path)
            return opened(path, flags, *mode)

        monkeypatch.setattr(os, "open", refuse)
    monkeypatch.setattr("inkling.training.run.run_epochs", lambda *_: pytest.fail("trained"))
    message = f"run {tmp_path}: expected a directory to write to, got Permission denied."
    with pytest.raises(RunError, match=f"^{re.escape(message)}$"):
        train(strokes, run=tmp_path, resume=True)
    tmp_path.chmod(0o755)
