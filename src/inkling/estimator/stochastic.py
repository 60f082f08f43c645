"""The fitting loop of sgd, adam and adamw: epochs of mini-batches until nothing improves any more.

    order → batch → engine (forward, backward, update) → loss of the epoch → go on, or stop

The engine is the one of ``inkling train``; here is what scikit-learn does around it: an L2 term that is
divided by the size of each batch, a loss that contains it, and stopping after ``n_iter_no_change``
epochs without an improvement by ``tol``. Next: ``validation.py``.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from inkling._types import AnyArray, IntArray
from inkling.data.scaling import PixelScaling
from inkling.estimator.random_state import shuffled
from inkling.estimator.rates import schedule_of
from inkling.estimator.run import Run, keep_for_later
from inkling.estimator.samples import Samples, dense_rows
from inkling.estimator.stopping import is_over
from inkling.estimator.translate import LOSSES, in_its_count
from inkling.estimator.validation import Validation
from inkling.nn.losses import Loss
from inkling.nn.network import Network
from inkling.optim.schedules import Schedule
from inkling.training.callbacks import Callback, Plan, Progress
from inkling.training.engine_numpy import Task, Totals, train_batches
from inkling.training.history import EpochRecord
from inkling.training.threads import blas_threads, threads_for

if TYPE_CHECKING:
    from inkling.estimator.base import BaseMLP

PROGRESS = 4000
"""Samples, about, between two looks at the progress."""
AS_THEY_ARE = PixelScaling(1.0)
"""Inputs come scaled; scaling is the user's, in a pipeline."""


@dataclass
class EpochLoss:
    """The loss of an epoch, as it adds up.

    Attributes:
        with_penalty: Σ over batches of (loss + L2 term) · samples, which ``loss_curve_`` shows.
        alone: the same without the L2 term.
        right: how many samples were answered rightly; counted for three classes and more.
        samples: how many were seen.
    """

    with_penalty: float = 0.0
    alone: float = 0.0
    right: int = 0
    samples: int = 0

    def add(self, loss: float, penalty: float, right: int, samples: int) -> None:
        """Adds a batch."""
        self.with_penalty += (loss + penalty) * samples
        self.alone += loss * samples
        self.right += right
        self.samples += samples


class Fitting:
    """One fit of the weights that the estimator has by now.

    Args:
        mlp: the estimator; its weights and public attributes change as the fit goes on.
        samples: all samples, those held out for early stopping included.
        validation: what to judge after every epoch; None for nothing.
        run: what is taken over from an earlier fit.
    """

    def __init__(
        self, mlp: BaseMLP, samples: Samples, validation: Validation | None, run: Run
    ) -> None:
        self.mlp = mlp
        self.validation = validation
        self.run = run
        self.network: Network = mlp._build_network(training=True)
        self.loss: Loss = LOSSES[mlp.out_activation_]()
        self.task: Task = Task(
            network=self.network,
            loss=self.loss,
            optimizer=run.optimizer,
            pixels=samples.inputs,
            targets=_labels_or(samples.targets, mlp.out_activation_),
            scaling=AS_THEY_ARE,
            sample_weights=samples.weights,
            dropout_rng=run.dropout_rng,
        )
        self._targets = samples.targets
        self._dense_batch = replace(self.task)  # its samples are those of one batch of sparse rows
        self.batch_size: int = _batch_size(mlp, len(run.order))
        self.schedule: Schedule | None = schedule_of(mlp, -(-len(run.order) // self.batch_size))
        self.watchers: Sequence[Callback] = mlp._watchers()

    def fit(self, *, incremental: bool) -> bool:
        """Trains until nothing improves, ``max_iter`` is reached, or someone presses Ctrl-C.

        Args:
            incremental: a single epoch, for ``partial_fit``.

        Returns:
            Whether the loss ended up being no finite number.
        """
        with self._watched(), self._threads():
            try:
                self._epochs(incremental)
            except KeyboardInterrupt:
                warnings.warn("Training interrupted by user.", stacklevel=5)
        return bool(self.mlp.loss_curve_) and not math.isfinite(self.mlp.loss_curve_[-1])

    def _epochs(self, incremental: bool) -> None:
        mlp = self.mlp
        keep_for_later(mlp, self.run)  # whoever stops in the first epoch can go on as well
        while mlp.n_iter_ < mlp.max_iter and not self.run.finished:
            started = perf_counter()
            loss = self._train_epoch()
            self._write_down(loss, perf_counter() - started)
            self.run.finished = is_over(mlp, self.run.optimizer)
            keep_for_later(mlp, self.run)
            if incremental:
                return
            if mlp.n_iter_ == mlp.max_iter and not self.run.finished:
                warnings.warn(
                    f"Stochastic Optimizer: Maximum iterations ({mlp.max_iter}) reached and the "
                    "optimization hasn't converged yet.",
                    ConvergenceWarning,
                    stacklevel=6,
                )

    def _train_epoch(self) -> EpochLoss:
        """Sees every sample once; stops at the first loss that is not finite, and returns it."""
        run, epoch, told, started = self.run, EpochLoss(), 0, perf_counter()
        if self.mlp.shuffle:
            run.order = shuffled(run.order, run.random_state)
        for start in range(0, len(run.order), self.batch_size):
            self._train_batch(run.order[start : start + self.batch_size], epoch)
            if not math.isfinite(epoch.alone):
                break
            if self.watchers and epoch.samples - told >= PROGRESS:
                told = epoch.samples
                mean, speed = epoch.alone / told, told / (perf_counter() - started)
                for watcher in self.watchers:
                    watcher.on_progress(
                        Progress(self.mlp.n_iter_ + 1, told, mean, self._share_right(epoch), speed)
                    )
        return epoch

    def _train_batch(self, rows: IntArray, epoch: EpochLoss) -> None:
        """Takes a step; the L2 term is ½ α ‖W‖² over the batch's size, or its sum of weights."""
        task, mlp, optimizer = self.task, self.mlp, self.run.optimizer
        share = float(len(rows) if task.sample_weights is None else task.sample_weights[rows].sum())
        penalty = 0.0
        if mlp.solver != "adamw" and share:
            optimizer.weight_decay = mlp.alpha / share
            squares = sum(float(np.vdot(weights, weights)) for weights in mlp.coefs_)
            penalty = 0.5 * optimizer.weight_decay * squares
        totals = self._take_step(rows)
        if totals.diverged is not None and math.isfinite(totals.diverged):
            # With labels the engine calls a loss of a million hopeless. scikit-learn does not, and
            # unscaled inputs do start there; with targets in columns the engine goes on.
            task.targets = self._targets
            totals = self._take_step(rows)
        if totals.diverged is not None:
            epoch.add(totals.diverged, penalty, 0, len(rows))
        elif totals.weight:
            loss = in_its_count(totals.loss / totals.weight, mlp.out_activation_, mlp.n_outputs_)
            epoch.add(loss, penalty, totals.right, len(rows))

    def _take_step(self, rows: IntArray) -> Totals:
        """Hands a batch to the engine."""
        task, optimizer = self.task, self.run.optimizer
        rate = optimizer.learning_rate if self.schedule is None else self.schedule(optimizer.steps)
        if not isinstance(task.pixels, np.ndarray):
            task, rows = self._filled_out(rows)
        return train_batches(task, rows, len(rows), [rate])

    def _filled_out(self, rows: IntArray) -> tuple[Task, IntArray]:
        """Returns a task whose samples are a batch of sparse rows, filled out with zeros."""
        task, seen = self.task, self._dense_batch
        seen.pixels, seen.targets = dense_rows(task.pixels, rows), task.targets[rows]
        if task.sample_weights is not None:
            seen.sample_weights = task.sample_weights[rows]
        return seen, np.arange(len(rows))

    def _write_down(self, loss: EpochLoss, seconds: float) -> None:
        """Adds the epoch to the public attributes, and tells those who watch."""
        mlp, validation_loss, score = self.mlp, None, None
        mlp.n_iter_ += 1
        mlp.loss_ = loss.with_penalty / max(loss.samples, 1)
        mlp.t_ += len(self.run.order)
        mlp.loss_curve_.append(mlp.loss_)
        mlp._say(f"Iteration {mlp.n_iter_}, loss = {mlp.loss_:.8f}")
        if self.validation is not None:
            if math.isfinite(mlp.loss_):
                validation_loss, score = self.validation.judge(mlp, self.network, self.loss)
            else:
                validation_loss = score = float("nan")
            self._note(validation_loss, score)
        record = EpochRecord(
            epoch=mlp.n_iter_,
            train_loss=loss.alone / max(loss.samples, 1),
            train_accuracy=self._share_right(loss),
            validation_loss=validation_loss,
            validation_accuracy=score if mlp._scores_are_accuracies() else None,
            learning_rate=self._last_rate(),
            seconds=seconds,
            images_per_second=loss.samples / seconds,
        )
        for watcher in self.watchers:
            watcher.on_epoch(record)

    def _note(self, validation_loss: float, score: float) -> None:
        mlp = self.mlp
        assert mlp.validation_loss_curve_ is not None
        assert mlp.validation_scores_ is not None
        mlp.validation_loss_curve_.append(validation_loss)
        mlp.validation_scores_.append(score)
        mlp._say(f"Validation score: {score:f}")

    def _last_rate(self) -> float:
        optimizer = self.run.optimizer
        if self.schedule is None:
            return optimizer.learning_rate
        return self.schedule(max(optimizer.steps - 1, 0))

    def _share_right(self, epoch: EpochLoss) -> float | None:
        return epoch.right / max(epoch.samples, 1) if self.task.targets.ndim == 1 else None

    def _threads(self) -> AbstractContextManager[None]:
        """One BLAS thread for small steps; else as many as this process has been given."""
        small = threads_for(self.network, self.batch_size) == 1
        return blas_threads(1) if small else nullcontext()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        mlp = self.mlp
        plan = Plan(mlp.max_iter, mlp.n_iter_ + 1, len(self.run.order), repr(self.network))
        with ExitStack() as stack:
            for watcher in self.watchers:
                watcher.on_start(plan)
                stack.callback(watcher.on_end)
            yield


def _labels_or(targets: AnyArray, out_activation: str) -> AnyArray:
    """Returns labels (N,) where each row of targets has a single 1; they are the shorter way."""
    return targets.argmax(axis=1) if out_activation == "softmax" else targets


def _batch_size(mlp: BaseMLP, n_samples: int) -> int:
    if isinstance(mlp.batch_size, str):  # "auto"
        return min(200, n_samples)
    if mlp.batch_size > n_samples:
        warnings.warn(
            "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped",
            stacklevel=6,
        )
    return min(int(mlp.batch_size), n_samples)
