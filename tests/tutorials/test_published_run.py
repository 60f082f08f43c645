"""Runs as published: what they do that no other run does, compared with the tutorials' own lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from inkling._types import AnyArray
from inkling.data.dataset import Dataset
from inkling.nn.network import Network
from inkling.training.run import train
from inkling.training.settings import TrainingSettings
from inkling.tutorials.published_run import run_published
from inkling.tutorials.recipe import Published
from inkling.tutorials.recipes import RECIPES

Load = Callable[[int | None], Dataset]
QUICK = TrainingSettings(hidden=(7,), epochs=2, optimizer="sgd", learning_rate=0.1)


def test_watching_the_test_set_changes_no_weight(small: Load) -> None:
    """The last of the values is the accuracy of an ordinary run, which reads it once."""
    watched, plain = run_published(small(0), Published(QUICK), seed=0), train(small(0), QUICK)
    for name, array in plain.model.network.parameters.items():
        np.testing.assert_array_equal(array, watched.network.parameters[name])
    assert len(watched.test_accuracies) == len(watched.test_losses) == 2
    assert watched.test_accuracy == plain.test_accuracy
    z = plain.model.logits(small(0).test.images).astype(np.float64)
    log_p, y = z - np.logaddexp.reduce(z, axis=1, keepdims=True), small(0).test.labels
    smoothed = 0.9 * log_p[np.arange(len(y)), y] + 0.1 * log_p.mean(axis=1)
    assert watched.test_losses[-1] == pytest.approx(-smoothed.mean(), rel=1e-5)


def test_the_first_rows_are_dropped_and_nothing_else(small: Load) -> None:
    """The first of the training and of the test set."""
    whole = small(0)
    left = run_published(whole, Published(QUICK, drop_first=1), seed=0).dataset
    for before, after in ((whole.train, left.train), (whole.test, left.test)):
        np.testing.assert_array_equal(after.images, before.images[1:])
        np.testing.assert_array_equal(after.labels, before.labels[1:])


def in_float64(name: str) -> Published:
    """A tutorial as published with two epochs in float64."""
    published = RECIPES[name].as_published
    return replace(published, settings=replace(published.settings, epochs=2, dtype="float64"))


def first_network(published: Published) -> Network:
    """The network that a run with seed 0 starts from."""
    weights, _, _ = np.random.SeedSequence(0).spawn(3)
    network = published.settings.build_network(784, 10, np.random.default_rng(weights))
    for parameter in network.parameters.values():
        parameter *= published.initial_scale
    return network


def sigmoid(z: AnyArray) -> AnyArray:
    """As the tutorials write it."""
    a: AnyArray = 1 / (1 + np.exp(-z))
    return a


def test_tutorial_1_trains_as_its_own_lines_do(small: Load) -> None:
    """Its forward, backward and update in float64, batch by batch in the order of the file."""
    published = in_float64("tutorial-1")
    dataset = small(0)
    p = {name: array.copy() for name, array in first_network(published).parameters.items()}
    w1, b1, w2, b2 = (p[f"dense{k}.{part}"] for k in (1, 2) for part in ("weights", "bias"))
    x_train = dataset.train.images.reshape(-1, 784) / 255.0
    y_train = np.eye(10)[dataset.train.labels]
    losses = []
    for _ in range(2):
        losses.append(0.0)
        for i in range(0, len(x_train), 50):
            x, y = x_train[i : i + 50], y_train[i : i + 50]
            a1 = sigmoid(x @ w1 + b1)
            a2 = sigmoid(a1 @ w2 + b2)
            losses[-1] += np.sum((a2 - y) * (a2 - y)) / 2
            d2 = (a2 - y) * a2 * (1 - a2)
            d1 = (d2 @ w2.T) * a1 * (1 - a1)
            w2 -= 0.5 * (a1.T @ d2) / len(x)
            b2 -= 0.5 * d2.sum(axis=0) / len(x)
            w1 -= 0.5 * (x.T @ d1) / len(x)
            b1 -= 0.5 * d1.sum(axis=0) / len(x)
    result = run_published(dataset, published, seed=0)
    for name, expected in p.items():
        np.testing.assert_allclose(result.network.parameters[name], expected, rtol=1e-9)
    measured = np.array(result.history.column("train_loss")) * len(x_train)
    np.testing.assert_allclose(measured, losses, rtol=1e-9)


def test_tutorial_3_trains_as_its_own_lines_do(small: Load) -> None:
    """Its column vectors in float64, image by image, in the run's order, without the first row."""
    published = in_float64("tutorial-3")
    dataset = small(0)
    p = {name: array.copy() for name, array in first_network(published).parameters.items()}
    w1, w2 = p["dense1.weights"].T.copy(), p["dense2.weights"].T.copy()
    b1, b2 = p["dense1.bias"].reshape(-1, 1), p["dense2.bias"].reshape(-1, 1)
    x = dataset.train.images[1:].reshape(-1, 784) / 255.0
    y = np.eye(10)[dataset.train.labels[1:]]
    _, orders, _ = np.random.SeedSequence(0).spawn(3)
    shuffle = np.random.default_rng(orders)
    for _ in range(2):
        for i in shuffle.permutation(len(x)):
            a0 = x[i].reshape(-1, 1)
            a1 = sigmoid(w1 @ a0 + b1)
            z2 = w2 @ a1 + b2
            e = np.exp(z2 - z2.max())
            error = e / np.sum(e, axis=0) - y[i].reshape(-1, 1)
            hidden_error = (w2.T @ error) * a1 * (1 - a1)
            w1 = w1 - 0.1 * hidden_error @ a0.T
            b1 = b1 - 0.1 * hidden_error
            w2 = w2 - 0.1 * error @ a1.T
            b2 = b2 - 0.1 * error
    trained = run_published(dataset, published, seed=0).network.parameters
    np.testing.assert_allclose(trained["dense1.weights"], w1.T, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(trained["dense1.bias"], b1[:, 0], rtol=1e-8)
    np.testing.assert_allclose(trained["dense2.weights"], w2.T, rtol=1e-8)
    np.testing.assert_allclose(trained["dense2.bias"], b2[:, 0], rtol=1e-8)
