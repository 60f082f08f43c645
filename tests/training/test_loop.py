"""The loop: epochs, records and validation, checked against the same epochs by hand."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from inkling._types import IntArray
from inkling.data.samplers import RandomSampler, SequentialSampler
from inkling.data.scaling import PixelScaling
from inkling.errors import DivergenceError
from inkling.nn.losses import SquaredError
from inkling.optim.adaptive import Adam
from inkling.optim.descent import SGD
from inkling.optim.schedules import Constant, Cosine
from inkling.training import loop
from inkling.training.callbacks import Progress
from inkling.training.engine.context import TrainingContext
from inkling.training.history import EpochRecord
from inkling.training.loop import train_epochs

MakeTask = Callable[..., TrainingContext]
ByHand = Callable[[TrainingContext], Any]
N, BATCH, STEPS = 23, 5, 5


class Given:
    """A source of sample orders that were fixed before."""

    def __init__(self, *orders: IntArray) -> None:
        self.orders = list(orders)

    def next(self) -> IntArray:
        """The next of them."""
        return self.orders.pop(0)

    def state(self) -> dict[str, Any]:
        """Not asked for here."""
        raise NotImplementedError

    def restore(self, state: dict[str, Any]) -> None:
        """Not asked for here."""
        raise NotImplementedError


def without_times(record: EpochRecord) -> EpochRecord:
    """The record without what depends on the clock."""
    return replace(record, seconds=0.0, images_per_second=0.0)


def test_three_epochs_equal_to_those_by_hand(make_task: MakeTask, by_hand: ByHand) -> None:
    """Weights, loss, accuracy, validation figures and learning rate of every epoch, in float64."""
    rng = np.random.default_rng(5)
    orders = [rng.permutation(N) for _ in range(3)]
    held_out = rng.integers(0, 256, (13, 7)).astype(np.uint8), rng.integers(0, 3, 13)
    task = make_task()
    hand = by_hand(task)
    epochs = train_epochs(
        task,
        Given(*orders),
        Cosine(0.5, 3 * STEPS),
        batch_size=BATCH,
        epochs=3,
        validation=held_out,
    )
    for number, record in enumerate(epochs, start=1):
        steps = range((number - 1) * STEPS, number * STEPS)
        rates = [0.5 * (1 + math.cos(math.pi * step / (3 * STEPS))) / 2 for step in steps]
        hand.train(task.pixels / 255, task.targets, orders[number - 1], BATCH, rates)
        hand.assert_same(task.network.parameters)
        said = hand.forward(held_out[0] / 255)[1]
        assert vars(record) == {
            "epoch": number,
            "train_loss": pytest.approx(hand.loss, rel=1e-12),
            "train_accuracy": hand.accuracy,
            "validation_loss": pytest.approx(-np.log(said[np.arange(13), held_out[1]]).mean()),
            "validation_accuracy": (said.argmax(axis=1) == held_out[1]).mean(),
            "learning_rate": pytest.approx(rates[-1]),
            "seconds": record.seconds,
            "images_per_second": pytest.approx(N / record.seconds),
            "test_loss": None,
            "test_accuracy": None,
        }
        assert record.seconds > 0
    assert number == 3


@pytest.mark.parametrize("chunk", [1, 5, 7, 10, 22, 10**6])
def test_looks_at_the_progress_change_nothing(
    make_task: MakeTask, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    """An epoch in one piece or in five: the same weights bit for bit, and the same record."""

    def run() -> tuple[TrainingContext, list[EpochRecord], list[Progress]]:
        task = make_task(
            "float32", optimizer=Adam(0.01), dropout=0.3, dropout_rng=np.random.default_rng(8)
        )
        seen: list[Progress] = []
        orders = RandomSampler(N, rng=np.random.default_rng(9))
        schedule = Cosine(0.01, 2 * STEPS)
        records = train_epochs(
            task, orders, schedule, batch_size=BATCH, epochs=2, on_progress=seen.append
        )
        return task, [without_times(record) for record in records], seen

    whole, whole_records, _ = run()
    monkeypatch.setattr(loop, "CHUNK", chunk)
    cut, cut_records, seen = run()
    for name, parameter in whole.network.parameters.items():
        np.testing.assert_array_equal(parameter, cut.network.parameters[name])
    for one, other in zip(whole_records, cut_records, strict=True):
        assert other.train_loss == pytest.approx(one.train_loss, rel=1e-14)
        assert replace(other, train_loss=one.train_loss) == one
    per_look = max(chunk // BATCH, 1) * BATCH
    wanted = [min(count, N) for count in range(per_look, N + per_look, per_look)]
    assert [look.images for look in seen] == wanted * 2
    assert [look.epoch for look in seen] == [1] * len(wanted) + [2] * len(wanted)
    last = seen[-1]
    assert (last.loss, last.accuracy) == (cut_records[1].train_loss, cut_records[1].train_accuracy)


def test_draws_no_random_numbers(make_task: MakeTask, monkeypatch: pytest.MonkeyPatch) -> None:
    """NumPy's global state stays where it was, no generator is made, and the given ones are used."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the loop made a generator of its own")

    dropout, order = np.random.default_rng(1), np.random.default_rng(2)
    task = make_task(dropout=0.5, dropout_rng=dropout)
    before = np.random.get_state(legacy=False)  # noqa: NPY002 (to see that nobody touches it)
    states = [rng.bit_generator.state for rng in (dropout, order)]
    for name in ("default_rng", "Generator", "RandomState", "seed", "SeedSequence"):
        monkeypatch.setattr(np.random, name, refuse)
    for _ in train_epochs(
        task, RandomSampler(N, rng=order), Constant(0.1, 10), batch_size=BATCH, epochs=2
    ):
        pass
    np.testing.assert_equal(np.random.get_state(legacy=False), before)  # noqa: NPY002
    for rng, state in zip((dropout, order), states, strict=True):
        assert rng.bit_generator.state != state


def test_without_dropout_the_orders_are_the_only_chance(make_task: MakeTask) -> None:
    """Two runs over the same orders are the same, bit for bit."""
    tasks = [make_task("float32"), make_task("float32")]
    for task in tasks:
        list(
            train_epochs(task, SequentialSampler(N), Constant(0.3, 10), batch_size=BATCH, epochs=2)
        )
    for name, parameter in tasks[0].network.parameters.items():
        np.testing.assert_array_equal(parameter, tasks[1].network.parameters[name])


def test_waits_between_epochs(make_task: MakeTask) -> None:
    """After a record nothing moves until the next one is asked for; leaving early is allowed."""
    task = make_task()
    epochs = train_epochs(task, SequentialSampler(N), Constant(0.3, 15), batch_size=BATCH, epochs=3)
    for epoch in (1, 2):
        next(epochs)
        assert task.optimizer.steps == epoch * STEPS
    del epochs
    assert task.optimizer.steps == 2 * STEPS


def test_goes_on_from_a_later_epoch(make_task: MakeTask) -> None:
    """Epochs 3 and 4 of a run of four, with the optimizer at step 10: numbers and rates follow on."""
    task = make_task()
    task.optimizer.load_state({}, 2 * STEPS)
    schedule = Cosine(0.5, 4 * STEPS)
    records = list(
        train_epochs(
            task, SequentialSampler(N), schedule, batch_size=BATCH, epochs=4, first_epoch=3
        )
    )
    assert [record.epoch for record in records] == [3, 4]
    assert [record.learning_rate for record in records] == [schedule(14), schedule(19)]


def test_validation_does_not_touch_training(make_task: MakeTask) -> None:
    """With another validation set, or none, the weights and the training figures are the same."""
    rng = np.random.default_rng(4)
    pixels = rng.integers(0, 256, (13, 7)).astype(np.uint8)
    sets = [None, (pixels, np.zeros(13, np.int64)), (255 - pixels, np.full(13, 2))]
    outcomes = []
    for held_out in sets:
        task = make_task(dropout=0.5, dropout_rng=np.random.default_rng(0))
        (record,) = train_epochs(
            task,
            SequentialSampler(N),
            Constant(0.3, 5),
            batch_size=BATCH,
            epochs=1,
            validation=held_out,
        )
        outcomes.append((task.network.parameters["dense2.bias"].copy(), record))
    (plain, without), (one, first), (other, second) = outcomes
    np.testing.assert_array_equal(plain, one)
    np.testing.assert_array_equal(plain, other)
    assert without.validation_loss is without.validation_accuracy is None
    assert first.validation_loss != second.validation_loss
    assert first.train_loss == second.train_loss == without.train_loss


def test_another_loss_and_the_test_set_may_be_reported(make_task: MakeTask) -> None:
    """Both sets are judged by the reported loss, after the epoch; training keeps its own."""
    rng = np.random.default_rng(4)
    held_out = rng.integers(0, 256, (13, 7)).astype(np.uint8), rng.integers(0, 3, 13)
    test = rng.integers(0, 256, (17, 7)).astype(np.uint8), rng.integers(0, 3, 17)
    task, plain = make_task(), make_task()
    (record,) = train_epochs(
        task,
        SequentialSampler(N),
        Constant(0.3, 5),
        batch_size=BATCH,
        epochs=1,
        validation=held_out,
        test=test,
        reported_loss=SquaredError(),
    )
    (other,) = train_epochs(
        plain, SequentialSampler(N), Constant(0.3, 5), batch_size=BATCH, epochs=1
    )
    assert record.train_loss == other.train_loss
    assert other.test_loss is other.test_accuracy is None
    for (pixels, labels), loss, accuracy in (
        (held_out, record.validation_loss, record.validation_accuracy),
        (test, record.test_loss, record.test_accuracy),
    ):
        said = task.network.predict(pixels / 255)
        assert loss == pytest.approx(0.5 * ((said - np.eye(3)[labels]) ** 2).sum(axis=1).mean())
        assert accuracy == (said.argmax(axis=1) == labels).mean()


ADVICE = (
    "; the likely causes are a learning rate that is too large (try a tenth of it, or --clip-norm 1) "
    "or inputs that are not scaled."
)


@pytest.mark.parametrize("chunk", [5, 10, 4000])
def test_divergence_names_epoch_step_rate_and_causes(
    make_task: MakeTask, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    """NaN in row 12 comes in step 3 of the epoch, whatever the chunks; no warning is shown."""
    monkeypatch.setattr(loop, "CHUNK", chunk)
    floats = make_task().pixels / 255
    task = make_task(pixels=floats, scaling=PixelScaling(1.0, 0.0))
    schedule = Constant(0.25, 10)
    message = (
        "training diverged: the loss is nan in epoch 2, step 3, after a step at learning rate 0.25"
        f"{ADVICE}"
    )
    epochs = train_epochs(task, SequentialSampler(N), schedule, batch_size=BATCH, epochs=3)
    next(epochs)
    floats[12, 0] = np.nan
    with pytest.raises(DivergenceError, match=f"^{re.escape(message)}$"):
        next(epochs)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "gelu", "identity"])
def test_a_mad_learning_rate_stops_within_an_epoch(make_task: MakeTask, activation: str) -> None:
    """A saturated network is no excuse: its losses are finite and beyond all hope."""
    from inkling.nn.mlp import build_mlp

    network = build_mlp((7, 11, 3), rng=np.random.default_rng(0), activation=activation)
    task = make_task(network=network, optimizer=SGD(1e9))
    with pytest.raises(
        DivergenceError, match=r"^training diverged: the loss is \S+ in epoch [12],"
    ):
        list(
            train_epochs(task, SequentialSampler(N), Constant(1e9, 50), batch_size=BATCH, epochs=10)
        )


@pytest.mark.parametrize(
    ("rate", "held_out", "what"),
    [(1e300, False, "weights"), (1e300, True, "weights"), (1e30, True, "outputs")],
)
def test_the_last_step_of_an_epoch_may_diverge_too(
    make_task: MakeTask, rate: float, held_out: bool, what: str
) -> None:
    """One step an epoch: its loss was fine, what it left behind is not, and no loss will tell."""
    task = make_task("float32", optimizer=SGD(rate))
    validation = (task.pixels[:7], task.targets[:7]) if held_out else None
    message = (
        f"training diverged: {what} are not finite in epoch 1, step 1, after a step at learning rate "
        f"{rate:.3g}{ADVICE}"
    )
    epochs = train_epochs(
        task, SequentialSampler(N), Constant(rate, 1), batch_size=N, epochs=1, validation=validation
    )
    with pytest.raises(DivergenceError, match=f"^{re.escape(message)}$"):
        next(epochs)
