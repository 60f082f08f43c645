"""Runs the pages of the museum of bugs, and puts their bugs into Inkling.

    page.md → blocks of Python → their output, next to the output on the page       (run)
    a bug   → Inkling with it → one of Inkling's own tests, which must fail         (verdict)

The pages call ``verdict``; ``tests/docs/test_bugs.py`` runs every page, and ``make_plots.py`` draws
from the variables that a page defines.
"""

from __future__ import annotations

import io
import re
import sys
import warnings
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from unittest import mock

from inkling.data.dataset import Dataset, load_dataset
from inkling.nn.losses import CrossEntropy
from inkling.optim.descent import SGD
from inkling.training.engine.threads import blas_threads

if TYPE_CHECKING:
    from inkling._types import AnyArray, FloatArray, IntArray
    from inkling.nn.network import Network

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n*```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"\d+(?:\.(\d+))?(?:e([+-]\d+))?")


@dataclass(frozen=True)
class Block:
    """One block of Python on a page.

    Attributes:
        code: its lines.
        shown: the output on the page.
        printed: the real output, with warnings and the last line of an error.
        line: its line number on the page.
    """

    code: str
    shown: str
    printed: str
    line: int


def run(page: Path) -> tuple[list[Block], dict[str, Any]]:
    """Runs the Python of a page from top to bottom, as a reader would, in an empty folder.

    Warnings and errors are printed as one line, so that a page has to show them.

    Args:
        page: the Markdown file.

    Returns:
        The blocks, and the variables that they define.
    """
    text = page.read_text(encoding="utf-8")
    variables: dict[str, Any] = {"__name__": page.stem}
    blocks = []
    if str(HERE) not in sys.path:
        sys.path.insert(0, str(HERE))  # the pages import this module
    with TemporaryDirectory() as folder, chdir(folder):
        for found in BLOCK.finditer(text):
            line = text.count("\n", 0, found.start(1))
            blocks.append(Block(found[1], found[2] or "", execute(found[1], variables), line + 1))
    return blocks, variables


def execute(code: str, variables: dict[str, Any]) -> str:
    """Runs a block of Python and returns its output.

    Args:
        code: the lines.
        variables: those of the blocks before; changed in place.
    """
    one_thread = blas_threads(1)  # faster for small steps, and sums have the same order everywhere
    with redirect_stdout(io.StringIO()) as output, one_thread, warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.showwarning = _print_warning
        try:
            exec(compile(code, "<page>", "exec"), variables)
        except Exception as error:  # a page may show any error; an unexpected one is not on it
            output.write(f"{type(error).__name__}: {error}\n")
    return output.getvalue()


def _print_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    sys.stdout.write(f"{category.__name__}: {message}\n")


def agree(shown: str, printed: str) -> bool:
    """Returns whether the output on a page is the real one.

    Words and whole numbers must be equal; a number with decimals may differ by one in the last digit
    shown, because other processors add in another order.

    Example:
        >>> agree("loss 0.478, 60 steps", "loss 0.479, 60 steps")
        True
        >>> agree("loss 0.478, 60 steps", "loss 0.478, 61 steps")
        False
    """
    expected, got = (NUMBER.sub("#", text).splitlines() for text in (shown, printed))
    if [line.rstrip() for line in expected] != [line.rstrip() for line in got]:
        return False
    pairs = zip(NUMBER.finditer(shown), NUMBER.finditer(printed), strict=True)
    return all(
        abs(float(ours[0]) - float(theirs[0])) <= _last_digit(ours) for ours, theirs in pairs
    )


def _last_digit(number: re.Match[str]) -> float:
    """Returns 1.01 units of the last digit of a number; 0 for a whole number."""
    decimals, exponent = number[1], number[2]
    return 0.0 if decimals is None else 1.01 * 10.0 ** (int(exponent or 0) - len(decimals))


def mnist(count: int) -> tuple[FloatArray, IntArray, FloatArray, IntArray]:
    """Loads the first ``count`` training images of MNIST and the 5,000 held out for validation.

    Returns:
        Inputs (count, 784) in [0, 1] and labels (count,) for training; the same for validation.
    """
    train, held_out = _mnist().train, _mnist().validation
    x, images = (
        pixels.reshape(-1, 784) / 255 for pixels in (train.images[:count], held_out.images)
    )
    return x, train.labels[:count], images, held_out.labels


@cache
def _mnist() -> Dataset:
    return load_dataset("mnist")


def descend(
    network: Network,
    x: FloatArray,
    y: AnyArray,
    order: IntArray,
    *,
    batch_size: int,
    learning_rate: float,
) -> float:
    """Trains for one pass over the rows, with plain gradient descent on the cross-entropy.

    Args:
        network: changed in place.
        x: inputs (N, I).
        y: labels (N,).
        order: the rows in the order in which they are used.
        batch_size: samples per step; the last batch may be smaller.
        learning_rate: of every step.

    Returns:
        The mean of the batches' losses, each before its step.
    """
    sgd, losses = SGD(learning_rate=learning_rate), []
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        loss, gradients, _ = network.loss_and_gradients(x[rows], y[rows], CrossEntropy())
        sgd.update(network.parameters, gradients)
        losses.append(loss)
    return sum(losses) / len(losses)


def verdict(test: str, owner: Any, **wrong: Any) -> str:
    """Runs one of Inkling's tests twice: on Inkling as it is, and with wrong lines in it.

    Args:
        test: file and name of the test, as pytest takes them; with the folder if two files share a name.
        owner: the class or module that gets the wrong lines.
        **wrong: the attributes to replace for the second run.

    Returns:
        One line per run, with its outcome.
    """
    sound = _outcome(test)
    with mock.patch.multiple(owner, **wrong):
        broken = _outcome(test)
    return f"Inkling as it is:      {sound}\nwith the wrong lines:  {broken}"


def _outcome(test: str) -> str:
    """Returns pytest's result for a test, run within this process."""
    import pytest

    class Count:
        passed = failed = 0
        error = ""

        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            self.passed += report.when == "call" and report.passed
            self.failed += report.failed

        def pytest_exception_interact(self, call: pytest.CallInfo[Any]) -> None:
            self.error = call.excinfo.typename if call.excinfo else ""

    count = Count()
    silent = ["-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:faulthandler"]
    place = ["--import-mode=importlib", "-o", "addopts=", f"--rootdir={ROOT}"]
    settings = ["-c", str(ROOT / "pyproject.toml")]
    file, _, name = test.partition("::")
    (path,) = (ROOT / "tests").rglob(file)
    pytest.main([*settings, *place, *silent, f"{path}::{name}"], plugins=[count])
    if not count.passed + count.failed:
        raise LookupError(f"no test was run as {test}")
    parts = [(count.passed, "passed"), (count.failed, f"FAILED with {count.error}")]
    return ", ".join(f"{number} {word}" for number, word in parts if number)
