"""The authors' measures against the same written out by hand, without the library's formulas."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from inkling._types import AnyArray
from inkling.data.dataset import Dataset
from inkling.tutorials.measures import (
    MEASURES,
    over_images_accuracy,
    over_images_loss,
    softmax_over_images,
)
from inkling.tutorials.published_run import PublishedRun, run_published
from inkling.tutorials.recipes import RECIPES

Load = Callable[[int | None], Dataset]


def run(name: str, small: Load, **changes: object) -> PublishedRun:
    """A short run as published on the small images."""
    published = RECIPES[name].as_published
    settings = replace(published.settings, **{"epochs": 2, **changes})  # type: ignore[arg-type]
    return run_published(small(0), replace(published, settings=settings), seed=0)


def outputs_by_hand(result: PublishedRun, images: AnyArray) -> tuple[AnyArray, AnyArray]:
    """z and softmax(z) of a network with one sigmoid or ReLU layer, in float64."""
    p = {name: array.astype(np.float64) for name, array in result.network.parameters.items()}
    x = images.reshape(len(images), -1) / 255.0
    z = x @ p["dense1.weights"] + p["dense1.bias"]
    a = np.maximum(z, 0) if result.network.layers[1].kind == "relu" else 1 / (1 + np.exp(-z))
    z = a @ p["dense2.weights"] + p["dense2.bias"]
    e = np.exp(z)
    return z, e / e.sum(axis=1, keepdims=True)


def test_the_wrong_axis_does_not_overflow() -> None:
    """Large scores stay finite, as in the tutorial, which takes off the maximum of all."""
    scores = np.array([[1e4, 1e4 - 1], [1e4 - 2, 1e4]], dtype=np.float32)
    expected = [
        [1 / (1 + math.exp(-2)), 1 / (1 + math.e)],
        [1 / (1 + math.exp(2)), math.e / (1 + math.e)],
    ]
    np.testing.assert_allclose(softmax_over_images(scores), expected, rtol=1e-12)


def test_the_wrong_axis_changes_answers_and_counts_them_as_the_tutorial_does() -> None:
    """Two images that are both most like class 1: one of them is now answered with 0."""
    scores = np.log(np.array([[0.1, 0.9], [0.4, 0.6]]))
    assert over_images_accuracy(scores, np.array([1, 1])) == 0.5  # 0.2 < 0.6, but 0.8 > 0.4
    assert over_images_accuracy(scores, np.array([1, 0])) == 1.0
    by_hand = -math.log(0.6 + 1e-9) - math.log(0.8 + 1e-9)
    assert over_images_loss(scores, np.array([1, 0])) == pytest.approx(by_hand, rel=1e-12)


def test_tutorial_3_is_evaluated_as_it_was_written(small: Load) -> None:
    """Accuracy on both sets and the sum of logarithms equal the tutorial's own NumPy lines."""
    result = run("tutorial-3", small)
    sets = {"train": small(0).train, "test": small(0).test}
    for name, split in sets.items():
        z, _ = outputs_by_hand(result, split.images[1:])  # the header takes the first row
        labels = split.labels[1:]
        expz = np.exp(z - z.max())
        out = expz / np.sum(expz, axis=0)
        right = np.mean(np.argmax(out, axis=1) == labels)
        assert MEASURES[f"{name}_accuracy_over_images"](result) == (right,)
        if name == "train":
            one_hot = np.eye(10)[labels]
            loss = -np.sum(one_hot * np.log(out + 10e-10))
            measured = MEASURES["train_loss_over_images"](result)
            assert measured == pytest.approx((loss,), rel=1e-4)


def test_tutorial_0_reports_the_two_sided_loss_and_trains_with_the_other(small: Load) -> None:
    """The reported loss is − Σ y ln a + (1 − y) ln(1 − a) by hand; the training loss is − ln a_y."""
    result = run("tutorial-0", small, epochs=3)
    test = result.dataset.test
    _, a = outputs_by_hand(result, test.images)
    y = np.eye(10)[test.labels]
    two_sided = -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)) / len(a)
    assert MEASURES["test_loss_by_epoch"](result)[-1] == pytest.approx(two_sided, rel=1e-4)
    one_sided = -np.sum(y * np.log(a)) / len(a)
    assert two_sided > 1.2 * one_sided
    assert result.history[-1].train_loss < 1.2 * one_sided


def test_the_batch_loss_of_tutorial_1_is_a_sum_over_50(small: Load) -> None:
    """Before anything is learned, ten outputs near ½ give ½ · 10 · ¼ per image: 62.5 per batch."""
    result = run("tutorial-1", small, learning_rate=1e-9, epochs=1)
    (loss,) = MEASURES["train_batch_loss_by_epoch"](result)
    assert loss == pytest.approx(62.5, rel=0.03)
