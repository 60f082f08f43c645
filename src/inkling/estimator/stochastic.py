"""The fitting loop of sgd, adam and adamw: epochs of mini-batches until nothing improves any more.

    order → batch → engine (forward, backward, update) → loss of the epoch → go on, or stop

The engines are those of ``inkling train``, which get a few thousand samples at a time; here is what
scikit-learn does around them: an L2 term that the size of each batch divides, a loss that contains it,
and stopping after ``n_iter_no_change`` epochs without an improvement by ``tol``. Next:
``validation.py``.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from inkling._types import AnyArray, IntArray
from inkling.data.scaling import PixelScaling
from inkling.estimator.engine import engine_for
from inkling.estimator.random_state import shuffled
from inkling.estimator.rates import schedule_of
from inkling.estimator.run import Run, snapshot
from inkling.estimator.samples import Samples, dense_rows, without_weightless
from inkling.estimator.stopping import is_over
from inkling.estimator.translate import LOSSES, sklearn_loss_scale
from inkling.estimator.validation import Validation
from inkling.nn.losses import Loss
from inkling.nn.network import Network
from inkling.optim.schedules import Schedule
from inkling.training.callbacks import Callback, Progress, RunInfo
from inkling.training.engine.numpy_engine import (
    EpochSums,
    TrainBatches,
    TrainingContext,
    train_batches,
)
from inkling.training.engine.threads import blas_threads, threads_for
from inkling.training.history import EpochRecord
from inkling.training.loop import CHUNK

if TYPE_CHECKING:
    from inkling.estimator.base import BaseMLP

AS_THEY_ARE = PixelScaling(1.0)
"""Inputs come scaled; scaling is the user's, in a pipeline."""


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
        self.task: TrainingContext = TrainingContext(
            network=self.network,
            loss=self.loss,
            optimizer=run.optimizer,
            pixels=samples.inputs,
            targets=_labels_or(samples.targets, mlp.out_activation_),
            scaling=AS_THEY_ARE,
            sample_weights=samples.weights,
            l2=0.0 if mlp.solver == "adamw" else mlp.alpha,
            divergence_threshold=math.inf,  # unscaled inputs do start beyond what is hopeless elsewhere
            dropout_rng=run.dropout_rng,
        )
        self._dense_batch = replace(self.task)  # its samples are those of one batch of sparse rows
        self.batch_size: int = _batch_size(mlp, len(run.order))
        self.schedule: Schedule | None = schedule_of(mlp, -(-len(run.order) // self.batch_size))
        self._train_batches: TrainBatches = train_batches
        self.watchers: Sequence[Callback] = mlp._watchers()

    def fit(self, *, incremental: bool) -> bool:
        """Trains until nothing improves, ``max_iter`` is reached, or someone presses Ctrl-C.

        Args:
            incremental: a single epoch, for ``partial_fit``.

        Returns:
            Whether the loss ended up being no finite number.
        """
        self.run.engine = engine = engine_for(
            self.mlp, self.run, self.task, self.batch_size, incremental=incremental
        )
        with self._watched(engine.remark), self._threads():
            try:
                self._train_batches = engine.load(self.task) or train_batches
                self._epochs(incremental)
            except KeyboardInterrupt:
                warnings.warn("Training interrupted by user.", stacklevel=5)
        return bool(self.mlp.loss_curve_) and not math.isfinite(self.mlp.loss_curve_[-1])

    def _epochs(self, incremental: bool) -> None:
        mlp = self.mlp
        snapshot(mlp, self.run)  # whoever stops in the first epoch can go on as well
        while mlp.n_iter_ < mlp.max_iter and not self.run.finished:
            started = perf_counter()
            totals = self._train_epoch()
            self._write_down(totals, perf_counter() - started)
            self.run.finished = is_over(mlp, self.run.optimizer)
            snapshot(mlp, self.run)
            if incremental:
                return
            if mlp.n_iter_ == mlp.max_iter and not self.run.finished:
                warnings.warn(
                    f"Stochastic Optimizer: Maximum iterations ({mlp.max_iter}) reached and the "
                    "optimization hasn't converged yet.",
                    ConvergenceWarning,
                    stacklevel=6,
                )

    def _train_epoch(self) -> EpochSums:
        """Sees every sample once; stops at the first loss that is not finite."""
        run, totals, told, started = self.run, EpochSums(), 0, perf_counter()
        if self.mlp.shuffle:
            run.order = shuffled(run.order, run.random_state)
        order = without_weightless(run.order, self.batch_size, self.task.sample_weights)
        batches = -(-CHUNK // self.batch_size) if isinstance(self.task.pixels, np.ndarray) else 1
        chunk = batches * self.batch_size
        for start in range(0, len(order), chunk):
            totals.add(self._train_rows(order[start : start + chunk]))
            if totals.diverged is not None:
                break
            if self.watchers and totals.samples - told >= CHUNK:
                told = totals.samples
                mean, speed = self._mean_loss(totals), told / (perf_counter() - started)
                for watcher in self.watchers:
                    watcher.on_progress(
                        Progress(self.mlp.n_iter_ + 1, told, mean, self._share_right(totals), speed)
                    )
        return totals

    def _train_rows(self, rows: IntArray) -> EpochSums:
        """Hands consecutive batches to the engine; of sparse samples it is a single one."""
        task, optimizer = self.task, self.run.optimizer
        steps = range(optimizer.steps, optimizer.steps - (-len(rows) // self.batch_size))
        rates = [self._rate(step) for step in steps]
        if not isinstance(task.pixels, np.ndarray):
            task, rows = self._filled_out(rows)
        return self._train_batches(task, rows, self.batch_size, rates)

    def _filled_out(self, rows: IntArray) -> tuple[TrainingContext, IntArray]:
        """Returns a task whose samples are a batch of sparse rows, filled out with zeros."""
        task, seen = self.task, self._dense_batch
        seen.pixels, seen.targets = dense_rows(task.pixels, rows), task.targets[rows]
        if task.sample_weights is not None:
            seen.sample_weights = task.sample_weights[rows]
        return seen, np.arange(len(rows))

    def _mean_loss(self, totals: EpochSums) -> float:
        """Returns the mean loss of a sample, without the L2 term."""
        if totals.diverged is not None:
            return totals.diverged
        mlp, mean = self.mlp, totals.loss / totals.weight if totals.weight else 0.0
        return sklearn_loss_scale(mean, mlp.out_activation_, mlp.n_outputs_)

    def _mean_objective(self, totals: EpochSums) -> float:
        """Returns what ``loss_curve_`` shows: the batches' losses, L2 terms included, by their samples.

        Weights of samples count within a batch only, as in scikit-learn.
        """
        if totals.diverged is not None:
            return totals.diverged
        mlp = self.mlp
        loss = sklearn_loss_scale(totals.loss_by_samples, mlp.out_activation_, mlp.n_outputs_)
        return (loss + totals.penalty) / max(totals.samples, 1)

    def _write_down(self, totals: EpochSums, seconds: float) -> None:
        """Adds the epoch to the public attributes, and tells those who watch."""
        mlp, validation_loss, score = self.mlp, None, None
        mlp.n_iter_ += 1
        mlp.loss_ = self._mean_objective(totals)
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
            train_loss=self._mean_loss(totals),
            train_accuracy=self._share_right(totals),
            validation_loss=validation_loss,
            validation_accuracy=score if mlp._scores_are_accuracies() else None,
            learning_rate=self._rate(max(self.run.optimizer.steps - 1, 0)),
            seconds=seconds,
            images_per_second=totals.samples / seconds,
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

    def _rate(self, step: int) -> float:
        return self.run.optimizer.learning_rate if self.schedule is None else self.schedule(step)

    def _share_right(self, totals: EpochSums) -> float | None:
        return totals.right / max(totals.samples, 1) if self.task.targets.ndim == 1 else None

    def _threads(self) -> AbstractContextManager[None]:
        """One BLAS thread for small steps; else as many as this process has been given."""
        small = threads_for(self.network, self.batch_size) == 1
        return blas_threads(1) if small else nullcontext()

    @contextmanager
    def _watched(self, remark: str) -> Iterator[None]:
        mlp, images = self.mlp, len(self.run.order)
        plan = RunInfo(mlp.max_iter, mlp.n_iter_ + 1, images, repr(self.network), remark)
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
