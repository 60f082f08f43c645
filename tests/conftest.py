"""Fixtures of all tests: small data and a small trained model. In CI, a skipped test is a failure."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from inkling._types import ByteArray
from inkling.data.dataset import Dataset, load_dataset
from inkling.data.readers import pen
from inkling.data.split import Split
from inkling.model.model import Model
from inkling.training.run import train

# No deadline, because timings on a shared machine are noise; print how to repeat a failure.
settings.register_profile("inkling", deadline=None, print_blob=True)
settings.load_profile("inkling")

# What is run as a program; at the end of the path, so that it hides no module.
for folder in ("benchmarks", "scripts"):
    sys.path.append(str(Path(__file__).parents[1] / folder))

STROKES = {
    "top": (slice(4, 6), slice(9, 19)),
    "middle": (slice(13, 15), slice(9, 19)),
    "bottom": (slice(22, 24), slice(9, 19)),
    "upper left": (slice(4, 15), slice(8, 10)),
    "upper right": (slice(4, 15), slice(18, 20)),
    "lower left": (slice(13, 24), slice(8, 10)),
    "lower right": (slice(13, 24), slice(18, 20)),
}
"""The seven segments of a digit on a pocket calculator, as rows and columns of 28 × 28 pixels."""
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


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Makes a run with skipped tests fail if INKLING_NO_SKIPS is set, as in CI.

    Except for those whose reason contains the regular expression in INKLING_MAY_SKIP.
    """
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not (reporter and os.environ.get("INKLING_NO_SKIPS")):
        return
    may_skip = os.environ.get("INKLING_MAY_SKIP") or "(?!)"
    reasons = [str(report.longrepr[2]) for report in reporter.stats.get("skipped", [])]
    if any(not re.search(may_skip, reason) for reason in reasons):
        reporter.write_line("\nINKLING_NO_SKIPS is set: install what the skipped tests need.")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begins with the files of slow tests, so that in the end no worker waits for the other's."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def draw_digit(digit: int, rng: np.random.Generator) -> ByteArray:
    """Draws a digit (28, 28), shifted by up to two pixels, with uneven strokes and some noise."""
    image = np.zeros((28, 28))
    for name, place in STROKES.items():
        if name not in MISSING[digit]:
            image[place] = rng.uniform(150, 255)
    image = np.roll(image, rng.integers(-2, 3, size=2), axis=(0, 1)) + rng.uniform(0, 20, (28, 28))
    return image.clip(0, 255).astype(np.uint8)


def draw_split(count: int, rng: np.random.Generator) -> Split:
    """Draws digits, cycling through the classes."""
    labels = np.arange(count) % 10
    return Split(np.stack([draw_digit(int(label), rng) for label in labels]), labels)


@pytest.fixture(scope="session")
def strokes() -> Dataset:
    """A data set of drawn digits: 203 for training, 37 for validation, 53 for testing."""
    rng = np.random.default_rng(7)
    train_split, validation, test = (draw_split(count, rng) for count in (203, 37, 53))
    return Dataset("strokes", tuple("0123456789"), train_split, validation, test, "5" * 64)


@pytest.fixture(scope="session")
def strokes_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawn digits in an npz file: 240 for training, of which 24 are held out, and 53 for testing."""
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
    """A small network trained on the drawn digits."""
    return train(strokes, hidden=(19,), epochs=20, batch_size=16).model


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    """MNIST, from the folder in INKLING_DATA."""
    if not os.environ.get("INKLING_DATA"):
        pytest.skip("INKLING_DATA does not name the folder of the MNIST files")
    return load_dataset("mnist")


@pytest.fixture
def _few_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The data set "pen" with 600 images for training and 200 for testing; as many in "mnist+pen"."""
    for name, count in {
        "TRAIN": 600,
        "TEST": 200,
        "ADDED_TRAIN": 600,
        "ADDED_VALIDATION": 200,
    }.items():
        monkeypatch.setattr(pen, name, count)
