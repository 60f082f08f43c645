"""The inner loop: the right steps on the right rows, checked against the same steps by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from inkling.data.scaling import PixelScaling
from inkling.nn.activations import Identity
from inkling.nn.dense import Dense
from inkling.nn.losses import CrossEntropy, SquaredError
from inkling.nn.mlp import build_mlp
from inkling.nn.network import Network
from inkling.optim.adaptive import Adam
from inkling.optim.descent import SGD
from inkling.optim.optimizers import build_optimizer
from inkling.training.engine.context import DIVERGENCE_THRESHOLD, TrainingContext
from inkling.training.engine.numpy_engine import train_batches

MakeTask = Callable[..., TrainingContext]
ByHand = Callable[[TrainingContext], Any]
N = 23


@pytest.mark.parametrize("batch_size", [1, 5, 7, 22, 23, 100])
def test_equal_to_the_steps_by_hand(make_task: MakeTask, by_hand: ByHand, batch_size: int) -> None:
    """Any batch size: the last batch is divided by its real size, every step has its own rate."""
    task = make_task()
    hand = by_hand(task)
    order = np.random.default_rng(1).permutation(N)
    rates = [0.5 / (1 + step) for step in range(math.ceil(N / batch_size))]
    totals = train_batches(task, order, batch_size, rates)
    hand.train(task.pixels / 255, task.targets, order, batch_size, rates)
    hand.assert_same(task.network.parameters)
    assert totals.loss / totals.weight == pytest.approx(hand.loss, rel=1e-12)
    assert totals.n_correct / totals.samples == hand.accuracy
    assert (totals.samples, totals.steps) == (N, len(rates))
    assert task.optimizer.steps == len(rates)
    assert totals.diverged is None


def test_only_the_rows_of_the_order(make_task: MakeTask, by_hand: ByHand) -> None:
    """Part of the rows, some of them twice, as a bootstrap or an augmented chunk has them."""
    task = make_task()
    hand = by_hand(task)
    order = np.array([3, 3, 17, 0, 22, 9, 3, 11])
    totals = train_batches(task, order, 5, [0.3, 0.2])
    hand.train(task.pixels / 255, task.targets, order, 5, [0.3, 0.2])
    hand.assert_same(task.network.parameters)
    assert totals.samples == 8


def test_sample_weights(make_task: MakeTask, by_hand: ByHand) -> None:
    """Each batch takes its weighted mean, and so does the loss of the whole; zero counts nothing."""
    weights = np.random.default_rng(2).uniform(0, 3, N)
    weights[[4, 8]] = 0
    task = make_task(sample_weights=weights)
    hand = by_hand(task)
    order, rates = np.arange(N), [0.4] * 5
    totals = train_batches(task, order, 5, rates)
    hand.train(task.pixels / 255, task.targets, order, 5, rates, sample_weights=weights)
    hand.assert_same(task.network.parameters)
    assert totals.loss / totals.weight == pytest.approx(hand.loss, rel=1e-12)
    assert totals.weight == pytest.approx(weights.sum())


def test_gradients_are_clipped_before_the_step(make_task: MakeTask, by_hand: ByHand) -> None:
    """The global norm of the gradient, over weights and biases together, is held at the limit."""
    task = make_task(clip_norm=0.2)
    hand = by_hand(task)
    order, rates = np.arange(N), [0.4] * 5
    train_batches(task, order, 5, rates)
    hand.train(task.pixels / 255, task.targets, order, 5, rates, clip_norm=0.2)
    hand.assert_same(task.network.parameters)
    assert max(hand.norms) > 0.2 * 1.5  # else the limit would not have been felt


def test_an_l2_term_is_divided_by_the_batch(make_task: MakeTask) -> None:
    """Batches of 5 with α = 0.35 are a weight decay of 0.07, and the last one of 3 has more."""
    decayed, penalized = make_task(optimizer=SGD(0.4, weight_decay=0.07)), make_task(l2=0.35)
    order = np.arange(20)
    for task in (decayed, penalized):
        task.network.parameters["dense1.bias"][...] = 1.0  # which counts nowhere
    weights = [array for array in penalized.network.parameters.values() if array.ndim == 2]
    squares = sum(float((array**2).sum()) for array in weights)
    first = train_batches(penalized, order[:5], 5, [0.4])
    assert first.penalty == pytest.approx(5 * 0.5 * 0.07 * squares, rel=1e-12)
    train_batches(penalized, order[5:], 5, [0.4] * 3)
    train_batches(decayed, order, 5, [0.4] * 4)
    for name, parameter in decayed.network.parameters.items():
        np.testing.assert_allclose(penalized.network.parameters[name], parameter, rtol=1e-12)
    decayed.optimizer.weight_decay = 0.35 / 3
    for task in (decayed, penalized):
        train_batches(task, np.arange(20, 23), 5, [0.4])
    for name, parameter in decayed.network.parameters.items():
        np.testing.assert_allclose(penalized.network.parameters[name], parameter, rtol=1e-12)


def test_an_l2_term_is_divided_by_the_batchs_weight(make_task: MakeTask) -> None:
    """All weights 2 halve it; in the sums by samples they count no more than 1 each."""
    weighted = make_task(sample_weights=np.full(N, 2.0), l2=0.6)
    plain = make_task(l2=0.3)
    one, other = (train_batches(task, np.arange(N), 5, [0.4] * 5) for task in (weighted, plain))
    assert one.penalty == pytest.approx(other.penalty, rel=1e-12)
    assert one.loss_by_samples == pytest.approx(other.loss_by_samples, rel=1e-12)
    assert other.loss_by_samples == other.loss
    assert one.loss == pytest.approx(2 * other.loss, rel=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_stays(make_task: MakeTask, dtype: str) -> None:
    """Parameters, what the optimizer remembers and the batch of inputs are of the network's dtype."""
    task = make_task(dtype, optimizer=Adam(0.01), sample_weights=np.ones(N), clip_norm=0.1)
    train_batches(task, np.arange(N), 5, [0.01] * 5)
    arrays = [*task.network.parameters.values(), *task.optimizer.state.values()]
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}
    assert len(task.optimizer.state) == 8


def test_targets_of_several_numbers(make_task: MakeTask) -> None:
    """(N, O) targets: one step of linear regression by hand, and nothing is counted as right."""
    rng = np.random.default_rng(3)
    network = Network([Dense(7, 3, rng=rng, dtype=np.float64), Identity()])
    wanted = rng.normal(size=(N, 3))
    task = make_task(network=network, loss=SquaredError(), targets=wanted)
    x, weights = task.pixels / 255, network.parameters["dense1.weights"].copy()
    residual = x @ weights - wanted
    totals = train_batches(task, np.arange(N), N, [0.1])
    after = weights - 0.1 * x.T @ residual / N
    np.testing.assert_allclose(network.parameters["dense1.weights"], after, rtol=1e-12)
    assert totals.loss / totals.weight == pytest.approx(0.5 * (residual**2).sum() / N, rel=1e-12)
    assert totals.n_correct == 0


@pytest.mark.parametrize("where", [0, 12, 22])
def test_stops_at_the_first_loss_that_is_not_finite(make_task: MakeTask, where: int) -> None:
    """A NaN in row k stops in the batch of row k, and that batch changes nothing; no warning."""
    task = make_task()
    floats = task.pixels / 255
    floats[where, 3] = np.nan
    task = make_task(pixels=floats, scaling=PixelScaling(1.0, 0.0))
    healthy = make_task(pixels=floats, scaling=PixelScaling(1.0, 0.0))
    totals = train_batches(task, np.arange(N), 5, [0.4] * 5)
    assert totals.diverged is not None
    assert math.isnan(totals.diverged)
    assert (totals.steps, totals.samples) == (where // 5, where // 5 * 5)
    train_batches(healthy, np.arange(where // 5 * 5), 5, [0.4] * (where // 5))
    for name, parameter in task.network.parameters.items():
        np.testing.assert_array_equal(parameter, healthy.network.parameters[name])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_loss_beyond_hope_is_divergence_too(make_task: MakeTask, dtype: str) -> None:
    """The stable cross-entropy grows to 1e20 without ever being infinite; a million is enough."""
    task = make_task(dtype, optimizer=SGD(1e6))
    totals = train_batches(task, np.arange(N), 5, [1e6] * 5)
    assert totals.diverged is not None
    assert math.isfinite(totals.diverged)
    assert totals.diverged >= DIVERGENCE_THRESHOLD
    assert totals.steps < 5


def test_a_large_loss_of_regression_is_no_divergence(make_task: MakeTask) -> None:
    """House prices have losses of 1e12; only labels have a scale that is known."""
    network = Network([Dense(7, 3, rng=np.random.default_rng(3), dtype=np.float64), Identity()])
    prices = np.full((N, 3), 1e6)
    task = make_task(network=network, loss=SquaredError(), targets=prices)
    totals = train_batches(task, np.arange(N), N, [0.1])
    assert totals.loss / totals.weight > 1e12
    assert totals.diverged is None


def test_a_batch_that_weighs_nothing_is_passed_over() -> None:
    """Sample weights may leave a whole batch at 0: it teaches nothing, and the run goes on."""
    rng = np.random.default_rng(4)
    pixels, labels = rng.random((6, 7)), np.array([0, 1, 2, 0, 1, 2])
    weights = np.array([1.0, 2.0, 0.0, 0.0, 3.0, 0.5])
    networks = [build_mlp((7, 3), rng=np.random.default_rng(1), dtype=np.float64) for _ in range(2)]
    heavy = np.array([0, 1, 4, 5])
    for network, rows in zip(networks, (np.arange(6), heavy), strict=True):
        optimizer = build_optimizer("sgd", learning_rate=0.1)
        scaling = PixelScaling(1.0)
        task = TrainingContext(
            network, CrossEntropy(), optimizer, pixels, labels, scaling, sample_weights=weights
        )
        totals = train_batches(task, rows, 2, [0.1] * (len(rows) // 2))
        assert (totals.steps, totals.weight) == (2, 6.5)
    for name, parameter in networks[0].parameters.items():
        assert_array_equal(parameter, networks[1].parameters[name])
