"""What all tests share: small data, a small trained model, and the promise that CI skips nothing."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import settings

from inkling._types import ByteArray
from inkling.data.dataset import Dataset, load_dataset
from inkling.data.split import Split
from inkling.model.model import Model
from inkling.training.run import train

# Timings on a shared machine are noise; a failure should come back on the next run.
settings.register_profile("inkling", deadline=None, print_blob=True)
settings.load_profile("inkling")

STROKES = {
    "top": (slice(4, 6), slice(9, 19)),
    "middle": (slice(13, 15), slice(9, 19)),
    "bottom": (slice(22, 24), slice(9, 19)),
    "upper left": (slice(4, 15), slice(8, 10)),
    "upper right": (slice(4, 15), slice(18, 20)),
    "lower left": (slice(13, 24), slice(8, 10)),
    "lower right": (slice(13, 24), slice(18, 20)),
}
"""The seven strokes of a digit on a pocket calculator, as rows and columns of 28 × 28 pixels."""
MISSING: tuple[set[str], ...] = (
    {"middle"},
    set(STROKES) - {"upper right", "lower right"},
    {"upper left", "lower right"},
    {"upper left", "lower left"},
    {"top", "bottom", "lower left"},
    {"upper right", "lower left"},
    {"upper right"},
    set(STROKES) - {"top", "upper right", "lower right"},
    set(),
    {"lower left"},
)
"""The strokes that the digits 0 to 9 lack."""


Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


class NoSkips:
    """Turns every skipped test into a failed one: what CI skips, nobody checks."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Looks at the report of a test; one that is expected to fail is no skip."""
        report = yield
        return report if hasattr(report, "wasxfail") else self._no_skip(report)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self,
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Looks at the report of a file of tests, which may skip itself as a whole."""
        return self._no_skip((yield))

    @staticmethod
    def _no_skip(report: Report) -> Report:
        if report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
            report.outcome = "failed"
            report.longrepr = (
                f"{report.nodeid}: skipped ({reason}) where INKLING_NO_SKIPS is set; provide what it "
                "needs, so that nothing goes unchecked."
            )
        return report


def pytest_configure(config: pytest.Config) -> None:
    """Registers the promise for every test, those in docstrings included."""
    if os.environ.get("INKLING_NO_SKIPS"):
        config.pluginmanager.register(NoSkips(), "no-skips")


def draw_digit(digit: int, rng: np.random.Generator) -> ByteArray:
    """A digit in strokes (28, 28): shifted by up to two pixels, of uneven darkness, with some grain."""
    image = np.zeros((28, 28))
    for name, place in STROKES.items():
        if name not in MISSING[digit]:
            image[place] = rng.uniform(150, 255)
    image = np.roll(image, rng.integers(-2, 3, size=2), axis=(0, 1)) + rng.uniform(0, 20, (28, 28))
    return image.clip(0, 255).astype(np.uint8)


def draw_split(count: int, rng: np.random.Generator) -> Split:
    """So many digits in strokes, one of each class after the other."""
    labels = np.arange(count) % 10
    return Split(np.stack([draw_digit(int(label), rng) for label in labels]), labels)


@pytest.fixture(scope="session")
def strokes() -> Dataset:
    """A data set of drawn digits: 203 to train on, 37 for validation, 53 to test."""
    rng = np.random.default_rng(7)
    train_split, validation, test = (draw_split(count, rng) for count in (203, 37, 53))
    return Dataset("strokes", tuple("0123456789"), train_split, validation, test, "5" * 64)


@pytest.fixture(scope="session")
def strokes_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same kind of digits as an npz file: 240 to train on, of which 24 are held out, 53 to test."""
    rng = np.random.default_rng(7)
    train_split, test = (draw_split(count, rng) for count in (240, 53))
    path = tmp_path_factory.mktemp("data") / "strokes.npz"
    np.savez(
        path,
        x_train=train_split.images,
        y_train=train_split.labels,
        x_test=test.images,
        y_test=test.labels,
    )
    return path


@pytest.fixture(scope="session")
def strokes_model(strokes: Dataset) -> Model:
    """A small network that reads the drawn digits."""
    return train(strokes, hidden=(19,), epochs=20, batch_size=16).model


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    """MNIST, from the folder that INKLING_DATA names."""
    if not os.environ.get("INKLING_DATA"):
        pytest.skip("INKLING_DATA does not name the folder of the MNIST files")
    return load_dataset("mnist")
