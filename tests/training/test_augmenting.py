"""Augmentation in a run: changed images, the same run for the same seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from inkling.data.augmentation.augment import AUGMENTATIONS
from inkling.data.dataset import Dataset
from inkling.data.split import Split
from inkling.nn.losses import CrossEntropy
from inkling.nn.mlp import build_mlp
from inkling.optim.optimizers import build_optimizer
from inkling.training import loop
from inkling.training.augmenting import augmented
from inkling.training.engine.context import EpochSums, TrainingContext
from inkling.training.run import train

SETTINGS: dict[str, Any] = {
    "hidden": (5,),
    "epochs": 3,
    "batch_size": 7,
    "augment": "elastic",
    "dropout": 0.2,
}


@pytest.fixture
def strokes() -> Dataset:
    """Sixty-one pictures of 9 × 11 pixels with an upright or a level stroke, labeled 0 or 1."""
    rng = np.random.default_rng(3)
    labels = np.arange(61) % 2
    images = np.zeros((61, 9, 11), np.uint8)
    for image, label, place in zip(images, labels, rng.integers(3, 6, 61), strict=True):
        if label:
            image[place, 2:9] = 255
        else:
            image[1:8, place] = 255
    whole = Split(images, labels)
    train_part, validation, test = (
        whole.take(np.arange(start, stop)) for start, stop in ((0, 41), (41, 50), (50, 61))
    )
    return Dataset("strokes", ("upright", "level"), train_part, validation, test, sha256="0" * 64)


def _task(dataset: Dataset) -> TrainingContext:
    network = build_mlp((99, 5, 2), rng=np.random.default_rng(0))
    pixels = dataset.train.images.reshape(len(dataset.train), -1)
    optimizer = build_optimizer("sgd", learning_rate=0.1)
    weights = np.arange(1.0, 1 + len(pixels))
    return TrainingContext(
        network, CrossEntropy(), optimizer, pixels, dataset.train.labels, sample_weights=weights
    )


def test_changed_images_keep_their_labels_and_weights(strokes: Dataset) -> None:
    """The inner engine gets row rows[k] as its row k, changed by the generator."""
    task, rows = _task(strokes), np.array([4, 0, 17, 9, 30])
    before = task.pixels.copy()
    augmentation = AUGMENTATIONS["elastic"]
    assert augmentation is not None
    calls: list[Any] = []

    def inner(*arguments: Any) -> EpochSums:
        calls.append(arguments)
        return EpochSums()

    engine = augmented(inner, augmentation, (9, 11), rng=np.random.default_rng(5))
    engine(task, rows, 2, [0.1] * 3)
    seen, order, batch_size, rates = calls[0]
    expected = augmentation(strokes.train.images[rows], rng=np.random.default_rng(5))
    assert_array_equal(seen.pixels[order].reshape(-1, 9, 11), expected)
    assert_array_equal(seen.targets[order], strokes.train.labels[rows])
    assert_array_equal(seen.sample_weights[order], rows + 1)
    assert (seen.network, batch_size, rates) == (task.network, 2, [0.1] * 3)
    assert_array_equal(task.pixels, before)


def test_chunks_change_nothing(strokes: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """The images depend only on the generator, so a run in small chunks has the same weights."""
    whole = train(strokes, **SETTINGS).model.network.parameters
    monkeypatch.setattr(loop, "CHUNK", 10)
    chunked = train(strokes, **SETTINGS).model.network.parameters
    for name, parameter in whole.items():
        assert_array_equal(chunked[name], parameter)
