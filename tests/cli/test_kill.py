"""Resuming, with real processes that are really killed.

``training/test_resume.py`` tests every moment of a run in this process; here the process dies without a
chance to clean up.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from inkling.model.file import load_model

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to kill with")

PROGRAM = """
import sys
sys.modules["matplotlib"] = None  # the report takes a second and is not tested here
from inkling.cli.main import main
main()
"""
OPTIONS = (
    *("--hidden", "64", "--batch-size", "1", "--seed", "5", "--epochs", "4"),
    *("--dropout", "0.4", "--patience", "4"),
)
"""Each epoch takes a tenth of a second, so that there is time to kill."""


def start(cwd: Path, *arguments: object) -> subprocess.Popen[str]:
    """Starts ``inkling train ARGUMENTS``.

    A background job of a shell ignores Ctrl-C and passes that on; a signal that is handled here is
    reset to its default in the child.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    command = [sys.executable, "-c", PROGRAM, "train", *map(str, arguments)]
    return subprocess.Popen(command, cwd=cwd, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def alone(strokes_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that nobody kills."""
    folder = tmp_path_factory.mktemp("alone")
    with start(folder, "--data", strokes_file, *OPTIONS, "--out", "run") as process:
        process.communicate()
    return folder / "run"


@pytest.mark.parametrize(
    ("signal_sent", "status"),
    [
        ("SIGKILL", -9),
        ("SIGINT", 130),
        *((name, -getattr(signal, name, 0)) for name in ("SIGTERM", "SIGHUP")),
    ],
)
def test_a_killed_run_is_resumed(
    strokes_file: Path, alone: Path, tmp_path: Path, signal_sent: str, status: int
) -> None:
    """In an epoch, also by Ctrl-C; the resumed run ends like one that was left alone."""
    if signal_sent == "SIGHUP":
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup ignores it, and programs inherit that
    run, data = tmp_path / "run", ("--data", strokes_file)
    with start(tmp_path, *data, *OPTIONS, "--out", "run") as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("epoch 2/"):
                process.send_signal(getattr(signal, signal_sent))
                break
        printed = process.stderr.read()
    assert process.returncode == status
    assert "Traceback" not in printed
    if signal_sent != "SIGKILL":
        assert printed.endswith("interrupted; to resume: inkling train --resume run\n")
        assert not list(run.glob(".*"))
    assert json.loads((run / "manifest.json").read_text())["status"] == "running"
    assert not (run / "model.safetensors").exists()

    with start(tmp_path, "--resume", "run") as process:
        assert process.stderr is not None
        printed = process.stderr.read()
    assert process.returncode == 0, printed
    assert "epoch 2/" not in printed
    expected, found = load_model(alone), load_model(run)
    for parameter, array in expected.network.parameters.items():
        np.testing.assert_array_equal(found.network.parameters[parameter], array)
    for name in ("test_accuracy", "test_loss", "epochs"):
        assert found.manifest["results"][name] == expected.manifest["results"][name]
    assert json.loads((run / "manifest.json").read_text())["status"] == "finished"
    assert not list(run.glob(".*"))


SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def test_killed_while_it_writes(tmp_path: Path) -> None:
    """Between any two steps of writing: the run ends like one that was left alone, file for file."""
    command = [sys.executable, str(SCRIPTS / "kill_runs.py"), "steps", "97"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^\d+ kills, one per line written: ", done.stdout)
    assert re.search(r"^1\d kills, one per file written: ", done.stdout, flags=re.MULTILINE)
    assert "All ended like the run that was left alone: checkpoint, history.csv" in done.stdout


EVERY_LINE = """
from itertools import count
from pathlib import Path
import kill_runs, os
from inkling._files import atomic_write, locked

def write():
    with locked(Path("lock")):
        atomic_write("file", b"new")

seen = []
for number in count():
    atomic_write("file", b"old")
    process = os.fork()
    if not process:
        kill_runs.die_before_line(number)
        write()
        os._exit(0)
    if not kill_runs.was_killed(process):
        break
    seen.append(Path("file").read_bytes())
    write()
    assert os.listdir() == ["file"], number
assert seen.index(b"new") > 10 and b"old" not in seen[seen.index(b"new"):], seen
print(set(seen))
"""


def test_killed_before_every_line_of_a_write(tmp_path: Path) -> None:
    """The old content is there up to one line, the new one from then on; the next writer cleans up."""
    done = subprocess.run(
        [sys.executable, "-c", EVERY_LINE],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(SCRIPTS), *sys.path])},
        capture_output=True,
        check=False,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("b'") == 2
