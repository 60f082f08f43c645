"""The loop: epochs, records and validation, compared with the same epochs by hand."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from inkling._types import AnyArray
from inkling.data.samplers import RandomSampler, Sampler, SequentialSampler
from inkling.data.scaling import PixelScaling
from inkling.errors import DivergenceError
from inkling.optim.adaptive import Adam
from inkling.optim.descent import SGD
from inkling.optim.schedules import Constant, Cosine, Schedule
from inkling.training import loop
from inkling.training.callbacks import Callback
from inkling.training.engine.context import TrainingContext
from inkling.training.engine.numpy_engine import train_batches
from inkling.training.history import EpochRecord, History
from inkling.training.loop import chunk_size, train_epochs
from inkling.training.state import Progress, TrainingState

MakeTask = Callable[..., TrainingContext]
ByHand = Callable[[TrainingContext], Any]
N, BATCH, STEPS = 23, 5, 5


def run(
    task: TrainingContext,
    epochs: int = 1,
    *,
    sampler: Sampler | None = None,
    schedule: Schedule | None = None,
    validation: tuple[AnyArray, AnyArray] | None = None,
    callbacks: Sequence[Callback] = (),
) -> History:
    """Trains with the NumPy engine; returns the history."""
    state = TrainingState(task, epochs, validation)
    sampler, schedule = sampler or SequentialSampler(N), schedule or Constant(0.3, 99)
    train_epochs(state, sampler, schedule, train_batches, BATCH, callbacks)
    return state.history


class Watch(Callback):
    """Keeps the progress, and calls a function after each epoch."""

    def __init__(self, call: Callable[[EpochRecord], None] = lambda _: None) -> None:
        self.call = call
        self.progress: list[Progress] = []

    def after_chunk(self, state: TrainingState) -> None:
        """Keeps the progress."""
        self.progress.append(state.progress)

    def after_epoch(self, state: TrainingState, record: EpochRecord) -> None:  # noqa: ARG002
        """Calls the function."""
        self.call(record)


def test_three_epochs_equal_those_by_hand(make_task: MakeTask, by_hand: ByHand) -> None:
    """Weights, loss, accuracy, validation and learning rate of every epoch, in float64."""
    rng = np.random.default_rng(5)
    sampler, orders = (RandomSampler(N, rng=np.random.default_rng(6)) for _ in range(2))
    held_out = rng.integers(0, 256, (13, 7)).astype(np.uint8), rng.integers(0, 3, 13)
    task = make_task()
    hand = by_hand(task)

    def compare(record: EpochRecord) -> None:
        steps = range((record.epoch - 1) * STEPS, record.epoch * STEPS)
        rates = [0.5 * (1 + math.cos(math.pi * step / (3 * STEPS))) / 2 for step in steps]
        hand.train(task.pixels / 255, task.targets, orders.next(), BATCH, rates)
        hand.assert_same(task.network.parameters)
        said = hand.forward(held_out[0] / 255)[1]
        assert vars(record) == {
            "epoch": record.epoch,
            "train_loss": pytest.approx(hand.loss, rel=1e-12),
            "train_accuracy": hand.accuracy,
            "validation_loss": pytest.approx(-np.log(said[np.arange(13), held_out[1]]).mean()),
            "validation_accuracy": (said.argmax(axis=1) == held_out[1]).mean(),
            "learning_rate": pytest.approx(rates[-1]),
            "seconds": record.seconds,
            "images_per_second": pytest.approx(N / record.seconds),
        }
        assert record.seconds > 0

    watch = Watch(compare)
    schedule = Cosine(0.5, 3 * STEPS)
    history = run(
        task, 3, sampler=sampler, schedule=schedule, validation=held_out, callbacks=[watch]
    )
    assert [record.epoch for record in history] == [1, 2, 3]


@pytest.mark.parametrize("chunk", [1, 7, 22, 10**6])
def test_chunks_change_nothing(
    make_task: MakeTask, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    """An epoch in one piece or in five: the same weights bit for bit, and the same record."""

    def once() -> tuple[TrainingContext, History, list[Progress]]:
        dropout = np.random.default_rng(8)
        task = make_task("float32", optimizer=Adam(0.01), dropout=0.3, dropout_rng=dropout)
        watch = Watch()
        sampler = RandomSampler(N, rng=np.random.default_rng(9))
        history = run(task, 2, sampler=sampler, schedule=Cosine(0.01, 2 * STEPS), callbacks=[watch])
        return task, history, watch.progress

    whole, whole_records, _ = once()
    monkeypatch.setattr(loop, "CHUNK", chunk)
    cut, cut_records, seen = once()
    for name, parameter in whole.network.parameters.items():
        np.testing.assert_array_equal(parameter, cut.network.parameters[name])
    for one, other in zip(whole_records, cut_records, strict=True):
        assert other.train_loss == pytest.approx(one.train_loss, rel=1e-14)
        assert (other.epoch, other.train_accuracy) == (one.epoch, one.train_accuracy)
    per_call = max(chunk // BATCH, 1) * BATCH
    expected = [min(count, N) for count in range(per_call, N + per_call, per_call)]
    assert [progress.images for progress in seen] == expected * 2
    assert (seen[-1].epoch, seen[-1].loss) == (2, cut_records[1].train_loss)


def test_continues_from_a_later_epoch(make_task: MakeTask) -> None:
    """Epochs 3 and 4 of four, with the optimizer at step 10: numbers and rates follow on."""
    task = make_task()
    task.optimizer.load_state({}, 2 * STEPS)
    schedule = Cosine(0.5, 4 * STEPS)
    state = TrainingState(task, 4, epoch=2)
    train_epochs(state, SequentialSampler(N), schedule, train_batches, BATCH)
    assert [record.epoch for record in state.history] == [3, 4]
    assert [record.learning_rate for record in state.history] == [schedule(14), schedule(19)]


@pytest.mark.parametrize("chunk", [5, 4000])
def test_divergence_names_epoch_step_rate_and_causes(
    make_task: MakeTask, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    """NaN in row 12 appears in step 3 of the epoch, whatever the chunks; no warning is shown."""
    monkeypatch.setattr(loop, "CHUNK", chunk)
    floats = make_task().pixels / 255
    task = make_task(pixels=floats, scaling=PixelScaling(1.0, 0.0))

    def spoil(_: EpochRecord) -> None:
        floats[12, 0] = np.nan

    message = (
        r"^training diverged: the loss is nan in epoch 2, step 3, after a step at learning_rate=0\.25"
        r"; .*clip_norm=1.*scaled\.$"
    )
    with pytest.raises(DivergenceError, match=message):
        run(task, 3, schedule=Constant(0.25, 10), callbacks=[Watch(spoil)])


@pytest.mark.parametrize(
    ("rate", "held_out", "what"),
    [(1e300, False, "weights"), (1e300, True, "weights"), (1e30, True, "outputs")],
)
def test_the_last_step_of_an_epoch_may_diverge_too(
    make_task: MakeTask, rate: float, held_out: bool, what: str
) -> None:
    """After the only step of an epoch no loss shows it, but weights or outputs do."""
    task = make_task("float32", optimizer=SGD(rate))
    validation = (task.pixels[:7], task.targets[:7]) if held_out else None
    state = TrainingState(task, 1, validation)
    message = f"^training diverged: {what} are not finite in epoch 1, step 1, "
    with pytest.raises(DivergenceError, match=message):
        train_epochs(state, SequentialSampler(N), Constant(rate, 1), train_batches, N)


def test_progress_without_labels_has_no_accuracy(make_task: MakeTask) -> None:
    """Targets of several numbers are never counted as correct."""
    task = make_task()
    watch = Watch()
    (record,) = run(replace(task, targets=np.eye(3)[task.targets]), callbacks=[watch])
    assert watch.progress[-1].accuracy is record.train_accuracy is None


def test_seconds_are_those_of_the_engine(make_task: MakeTask) -> None:
    """What callbacks do, such as to wait, is no training time."""

    class Slow(Callback):
        def after_chunk(self, state: TrainingState) -> None:  # noqa: ARG002
            time.sleep(0.1)

    (record,) = run(make_task(), callbacks=[Slow()])
    assert 0 < record.seconds < 0.1


def test_the_size_of_chunks() -> None:
    """Whole batches of about 0.06 s, longer if calls take long; at least one batch."""
    assert chunk_size(128) == chunk_size(128, 1e-9) == 78 * 128
    assert chunk_size(128, seconds_per_image=1e-4) == 4 * 128  # 600
    assert chunk_size(128, seconds_per_image=1e-4, seconds_per_call=0.01) == 15 * 128  # 2,000
    assert chunk_size(50_000) == chunk_size(50_000, 1.0) == 50_000
