"""Standard streams that are closed, full or not read, and Ctrl-C at any moment, in real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such streams and signals")


def run(redirection: str, *arguments: object, **environment: str) -> tuple[int, str, str]:
    """The exit status, standard output and standard error of a command with redirected streams."""
    command = ["sh", "-c", f'exec "$@" {redirection}', "sh", sys.executable, "-m", "inkling"]
    done = subprocess.run(
        [*command, *map(str, arguments)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    ("redirection", "reason"), [(">&-", "it is closed"), (">/dev/full", "No space left on device")]
)
@pytest.mark.parametrize("arguments", [("models", "--json"), ("models",), ("train", "--help")])
def test_a_result_that_cannot_be_written(
    trained: Path, redirection: str, reason: str, arguments: tuple[str, ...], unbuffered: str
) -> None:
    """Status 1 and one line, whether Python collects what it writes or not, also for the help."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    folder = [trained.parent] if arguments[0] == "models" else []
    status, out, err = run(redirection, *arguments, *folder, PYTHONUNBUFFERED=unbuffered)
    assert (status, out) == (1, "")
    assert err == f"inkling: standard output: {reason}\n"


def test_only_what_is_printed_needs_standard_output(strokes_file: Path, tmp_path: Path) -> None:
    """A run says everything on standard error; no file takes the place of the closed stream."""
    options = ("--data", strokes_file, "--hidden", "9", "--epochs", "1", "--out", tmp_path / "run")
    assert run(">&-", "train", *options)[0] == 0
    assert json.loads((tmp_path / "run" / "manifest.json").read_text())["status"] == "finished"


def test_messages_are_lost_with_standard_error(tmp_path: Path) -> None:
    """They do not turn up on standard output, where the JSON is."""
    (tmp_path / "runs" / "r").mkdir(parents=True)
    (tmp_path / "runs" / "r" / "model.safetensors").write_bytes(b"broken")
    status, out, _ = run("2>&-", "models", tmp_path / "runs", "--json")
    assert (status, json.loads(out)) == (0, {"models": []})
    assert run(">&- 2>&- <&-", "models", "--json") == (1, "", "")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_pipe_that_nobody_reads(unbuffered: str) -> None:
    """``inkling --help | head -0`` ends without a word, as other programs do."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "inkling", "train", "--help"]
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    outcome = subprocess.run(
        command, env=environment, stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (outcome.returncode, outcome.stderr) == (1, b"")


INTERRUPTED = """
import os, signal, sys

signal.signal(signal.SIGINT, signal.default_int_handler)
module, times = sys.argv.pop(1), int(sys.argv.pop(1))


class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            try:
                os.kill(os.getpid(), signal.SIGINT)
                sum(range(100))
            finally:
                if times == 2:
                    os.kill(os.getpid(), signal.SIGINT)


class Swallowed:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        sum(range(100))


from inkling.cli.main import main

if module == "destructor":
    import inkling.cli.commands

    def wait():
        Swallowed()
        for _ in range(10**8):
            pass

    inkling.cli.commands.run = wait
else:
    sys.meta_path.insert(0, Interrupt())
main()
"""


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize(
    "module", ["inkling.cli.commands", "typer", "numpy", "inkling.model.file", "destructor"]
)
def test_interrupted_while_modules_load(module: str, times: int) -> None:
    """Status 130 and silence, also if Python ignores the exception, as it does in a destructor."""
    command = [sys.executable, "-c", INTERRUPTED, module, str(times), "evaluate"]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (130, "", "")


def test_interrupted_again_while_python_ends() -> None:
    """The second Ctrl-C ends the process at once, or is ignored, and prints nothing."""
    program = """
import atexit, os, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
import inkling.cli.commands
from inkling.cli.main import main

class Last:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)

def run():
    global kept
    kept = Last()
    atexit.register(lambda: 1)
    os.kill(os.getpid(), signal.SIGINT)
    sum(range(100))

inkling.cli.commands.run = run
main()
"""
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (130, b"", b"")
