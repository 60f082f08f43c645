"""The promise of ``--resume``, kept by real processes that are really killed.

Which moments there are within a run, and that every one of them is safe, is tested in
``training/test_resume.py``; here the process dies without a chance to clean up.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from inkling.model.file import load_model
from inkling.training.history import History
from inkling.training.run import train

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to kill with")

PROGRAM = """
import sys
sys.modules["matplotlib"] = None  # the report is not what is tested, and takes a second
from inkling.cli.main import main
main()
"""
RUNS = {
    "default": ["--epochs", "3"],
    "dropout": ["--epochs", "4", "--dropout", "0.4", "--optimizer", "momentum"],
    "patience": [
        "--epochs",
        "5",
        "--patience",
        "4",
        "--optimizer",
        "adamw",
        "--weight-decay",
        "0.1",
    ],
}
"""Each epoch takes a tenth of a second, so that there is time to kill."""
SHARED = ["--hidden", "64", "--batch-size", "1", "--seed", "5"]


def start(*arguments: object, cwd: Path) -> subprocess.Popen[str]:
    """Starts ``inkling ARGUMENTS``, with Ctrl-C at its default.

    A shell's background job ignores Ctrl-C and hands that down; a signal that is handled here is reset
    in the child.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    return subprocess.Popen(command, cwd=cwd, stderr=subprocess.PIPE, text=True)


def begin(name: str, data: Path, cwd: Path) -> subprocess.Popen[str]:
    """Starts ``inkling train`` into the directory ``run``."""
    return start("train", "--data", data, *SHARED, *RUNS[name], "--out", "run", cwd=cwd)


def kill_after_epoch(process: subprocess.Popen[str], epoch: int, with_signal: int) -> str:
    """Kills a process as soon as it says that an epoch is done; returns what it said after."""
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(f"epoch {epoch}/"):
            process.send_signal(with_signal)
            break
    said = process.stderr.read()
    process.stderr.close()
    process.wait()
    return said


def resume(cwd: Path) -> str:
    """Runs ``inkling train --resume run`` to its end and returns what it said."""
    process = start("train", "--resume", "run", cwd=cwd)
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 0, said
    return said


def assert_as_uninterrupted(name: str, data: Path, run: Path) -> None:
    """Raises unless the run in a directory ended with the weights and history of one left alone."""
    command = [sys.executable, "-c", PROGRAM, "train", "--data", str(data), *SHARED, *RUNS[name]]
    alone = run.with_name("alone")
    subprocess.run([*command, "--out", str(alone)], check=True, capture_output=True)
    expected, found = load_model(alone), load_model(run)
    for parameter, array in expected.network.parameters.items():
        np.testing.assert_array_equal(found.network.parameters[parameter], array)
    assert without_times(run) == without_times(alone)
    for figure in ("test_accuracy", "test_interval", "test_loss", "epochs"):
        assert found.manifest["results"][figure] == expected.manifest["results"][figure]
    assert json.loads((run / "manifest.json").read_text())["status"] == "finished"
    assert not list(run.glob(".*"))


def without_times(run: Path) -> list[list[str]]:
    """The history as it is stored, without seconds and images a second."""
    header, *rows = ((run / "history.csv").read_text()).splitlines()
    kept = [i for i, column in enumerate(header.split(",")) if column not in TIMES]
    return [[row.split(",")[i] for i in kept] for row in rows]


TIMES = ("seconds", "images_per_second")


@pytest.mark.parametrize(("name", "epoch"), [("default", 2), ("dropout", 1), ("patience", 3)])
def test_killed_after_an_epoch(strokes_file: Path, tmp_path: Path, name: str, epoch: int) -> None:
    """``kill -9`` in the middle of the next epoch; what was done is not done again."""
    process = begin(name, strokes_file, tmp_path)
    kill_after_epoch(process, epoch, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    run = tmp_path / "run"
    assert json.loads((run / "manifest.json").read_text())["status"] == "running"
    assert not (run / "model.safetensors").exists()
    said = resume(tmp_path)
    assert f"epoch {epoch}/" not in said
    assert f"epoch {epoch + 1}/" in said
    assert_as_uninterrupted(name, strokes_file, run)


def test_killed_before_the_first_checkpoint(strokes_file: Path, tmp_path: Path) -> None:
    """The settings are there before the first step, so the run starts again from its beginning."""
    run = tmp_path / "run"
    for _ in range(10):  # should this process sleep through the first epoch, once more
        process = begin("default", strokes_file, tmp_path)
        while not (run / "manifest.json").exists() and process.poll() is None:
            time.sleep(0.001)
        process.kill()
        process.communicate()
        if not (run / "checkpoint").exists():
            break
        for file in run.iterdir():
            file.unlink()
    assert [file.name for file in run.iterdir() if not file.name.startswith(".")] == [
        "manifest.json"
    ]
    assert "epoch 1/3" in resume(tmp_path)
    assert_as_uninterrupted("default", strokes_file, run)


def test_interrupted(strokes_file: Path, tmp_path: Path) -> None:
    """Ctrl-C: status 130, and the line that says how to go on; no traceback."""
    process = begin("dropout", strokes_file, tmp_path)
    said = kill_after_epoch(process, 2, signal.SIGINT)
    assert process.returncode == 130
    assert said.splitlines()[-1] == "interrupted; to go on: inkling train --resume run"
    assert "Traceback" not in said
    resume(tmp_path)
    assert_as_uninterrupted("dropout", strokes_file, tmp_path / "run")


def test_a_killed_run_goes_on_in_python_too(strokes_file: Path, tmp_path: Path) -> None:
    """A run of the command line is a run: ``inkling.train`` resumes it."""
    kill_after_epoch(begin("default", strokes_file, tmp_path), 1, signal.SIGKILL)
    result = train(strokes_file, run=tmp_path / "run", resume=True)
    assert isinstance(result.history, History)
    assert len(result.history) == 3
    assert_as_uninterrupted("default", strokes_file, tmp_path / "run")
