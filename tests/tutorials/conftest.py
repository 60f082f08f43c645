"""What the tests of the tutorials share: a small, made-up MNIST, and a way to call the command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from inkling.cli.main import main
from inkling.data.dataset import Dataset
from inkling.data.split import Split

TRAIN, VALIDATION, TEST = 607, 103, 211


def made_up(n_images: int, rng: np.random.Generator) -> Split:
    """Images of a bar that is at another height for each digit, under noise."""
    labels = rng.integers(0, 10, n_images)
    images = rng.integers(0, 90, (n_images, 28, 28), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2 * label + 3 : 2 * label + 7, 5:23] += 120
    return Split(images, labels)


@pytest.fixture(scope="session")
def small() -> Callable[[int | None], Dataset]:
    """Stands in for loading MNIST: with 0, the validation images go back to the others."""
    rng = np.random.default_rng(5)
    train, held_out, test = (made_up(n, rng) for n in (TRAIN, VALIDATION, TEST))
    classes = tuple("0123456789")

    def load(validation: int | None) -> Dataset:
        if validation is None:
            return Dataset("mnist", classes, train, held_out, test, "made up")
        assert validation == 0
        images = np.concatenate([train.images, held_out.images])
        labels = np.concatenate([train.labels, held_out.labels])
        none = Split(train.images[:0], train.labels[:0])
        return Dataset("mnist", classes, Split(images, labels), none, test, "made up")

    return load


@pytest.fixture(scope="session")
def archive(
    small: Callable[[int | None], Dataset], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The same images as a file."""
    dataset = small(0)
    path = tmp_path_factory.mktemp("data") / "small.npz"
    np.savez(
        path,
        x_train=dataset.train.images,
        y_train=dataset.train.labels,
        x_test=dataset.test.images,
        y_test=dataset.test.labels,
    )
    return path


class Said(NamedTuple):
    """What a command said and how it ended."""

    status: int
    out: str
    err: str


@pytest.fixture
def inkling(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    """Calls the command line."""

    def call(*arguments: str) -> Said:
        monkeypatch.setattr("sys.argv", ["inkling", *arguments])
        try:
            main()
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
        return Said(status, *capsys.readouterr())

    return call
