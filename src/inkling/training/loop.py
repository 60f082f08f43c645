"""The training loop: epochs of mini-batches, and a look at the validation set after each.

    order → chunks of batches → engine → totals → record → whoever asked for it

It is a generator: it yields one record an epoch and waits, so that whoever consumes it can save a
checkpoint, draw a bar or stop, while the loop stays this short. It draws no random numbers: orders
come from a source, dropout's from the task's generator. Next: ``engine_numpy.py``; ``engines.py`` says
when another one takes its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import NoReturn

import numpy as np

from inkling._types import AnyArray
from inkling.data.samplers import Sampler
from inkling.errors import DivergenceError
from inkling.model.evaluate import evaluate
from inkling.nn.losses import Loss
from inkling.optim.schedules import Schedule
from inkling.training.augmenting import Augmenter
from inkling.training.callbacks import Progress
from inkling.training.engine.context import EpochSums, TrainBatches, TrainingContext
from inkling.training.engine.numpy_engine import train_batches
from inkling.training.history import EpochRecord

CHUNK = 10_000
"""Samples, about, between two looks at the progress; whole batches, so it changes no result. Each run of
batches costs the compiled engine about 2 ms; with 4000 samples in each, epochs took 6 % longer."""


def train_epochs(
    task: TrainingContext,
    orders: Sampler,
    schedule: Schedule,
    *,
    batch_size: int,
    epochs: int,
    first_epoch: int = 1,
    validation: tuple[AnyArray, AnyArray] | None = None,
    test: tuple[AnyArray, AnyArray] | None = None,
    reported_loss: Loss | None = None,
    augmenter: Augmenter | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    engine: TrainBatches | None = None,
) -> Iterator[EpochRecord]:
    """Trains epoch by epoch and yields a record after each.

    Args:
        task: the network, its optimizer and the data; changed in place.
        orders: the source of sample orders.
        schedule: learning rate by step; steps count on from the optimizer's.
        batch_size: samples a step; the last batch takes what is left.
        epochs: the number of the last epoch.
        first_epoch: the number of the first one, above 1 for a resumed run.
        validation: pixels (N, …) and targets to evaluate after each epoch.
        test: the same of the test set, for those who repeat a run that watched it; nobody else should.
        reported_loss: the loss that is computed on the two; the task's own by default.
        augmenter: changes the images of each chunk before they are trained on; None to leave them.
        on_progress: is told every few thousand samples.
        engine: takes the steps; the NumPy engine by default.

    Yields:
        One record an epoch.

    Raises:
        DivergenceError: the loss or a weight is not finite any more, or the loss hopeless.
    """
    for epoch in range(first_epoch, epochs + 1):
        started = perf_counter()
        totals = EpochSums()
        order = orders.next()
        chunk = max(CHUNK // batch_size, 1) * batch_size
        for start in range(0, len(order), chunk):
            rows = order[start : start + chunk]
            first_step = task.optimizer.steps
            n_steps = -(-len(rows) // batch_size)
            rates = [schedule(step) for step in range(first_step, first_step + n_steps)]
            seen = task
            if augmenter is not None:
                seen, rows = augmenter.change(task, rows)
            totals.add((engine or train_batches)(seen, rows, batch_size, rates))
            if totals.diverged is not None:
                # The step before this loss is the one that did it.
                step, rate = totals.steps + 1, schedule(max(task.optimizer.steps - 1, 0))
                _complain_about_divergence(f"the loss is {totals.diverged:.3g}", epoch, step, rate)
            if on_progress is not None:
                on_progress(_progress(epoch, task, totals, perf_counter() - started))
        seconds = perf_counter() - started
        progress = _progress(epoch, task, totals, seconds)
        if not all(np.isfinite(array).all() for array in task.network.parameters.values()):
            _complain_about_divergence("weights are not finite", epoch, totals.steps, rates[-1])
        loss = reported_loss or task.loss
        try:
            judged, watched = (
                evaluate(task.network, *held_out, loss, task.scaling) if held_out else None
                for held_out in (validation, test)
            )
        except DivergenceError:
            _complain_about_divergence("outputs are not finite", epoch, totals.steps, rates[-1])
        yield EpochRecord(
            epoch=epoch,
            train_loss=progress.loss,
            train_accuracy=progress.accuracy,
            validation_loss=judged.loss if judged else None,
            validation_accuracy=judged.accuracy if judged else None,
            learning_rate=rates[-1],
            seconds=seconds,
            images_per_second=progress.images_per_second,
            test_loss=watched.loss if watched else None,
            test_accuracy=watched.accuracy if watched else None,
        )


def _progress(epoch: int, task: TrainingContext, totals: EpochSums, seconds: float) -> Progress:
    has_labels = task.targets.ndim == 1
    return Progress(
        epoch=epoch,
        images=totals.samples,
        loss=totals.loss / totals.weight if totals.weight else 0.0,
        accuracy=totals.n_correct / totals.samples if has_labels else None,
        images_per_second=totals.samples / seconds,
    )


def _complain_about_divergence(what: str, epoch: int, step: int, learning_rate: float) -> NoReturn:
    raise DivergenceError(
        f"training diverged: {what} in epoch {epoch}, step {step}, after a step at learning rate "
        f"{learning_rate:.3g}; the likely causes are a learning rate that is too large (try a tenth "
        "of it, or --clip-norm 1) or inputs that are not scaled."
    )
