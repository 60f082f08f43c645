"""The fitting loop of sgd, adam and adamw: epochs of mini-batches until the loss stops improving.

    order → batches → engine (forward, backward, update) → loss of the epoch → stop or continue

The engines are those of ``inkling train``. The loop differs from its loop as scikit-learn does: the L2
term is divided by the weight of each batch and part of the reported loss, and the fit stops after
``n_iter_no_change`` epochs without an improvement.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import shuffle

from inkling.estimator.network import LOSSES, network_from_arrays
from inkling.estimator.parameters import PLAIN_SCHEDULES, FitParams
from inkling.estimator.samples import Samples, Unscaled, Validation, loss_and_outputs
from inkling.estimator.state import FitState
from inkling.estimator.stopping import end_epoch
from inkling.model.model import COMPILED, NUMPY
from inkling.optim.schedules import Schedule, build_schedule
from inkling.training.callbacks import Callback, watching
from inkling.training.engine.choice import (
    EngineChoice,
    choose_engine,
    has_many_zeros,
    recorded_engine,
)
from inkling.training.engine.context import EpochSums, TrainBatches, TrainingContext
from inkling.training.engine.numpy_engine import train_batches
from inkling.training.engine.threads import blas_threads, threads_given
from inkling.training.history import EpochRecord
from inkling.training.loop import CHUNK
from inkling.training.state import Progress, RunInfo, TrainingState

EXPECTED_EPOCHS = 200
"""Assumed for ``warm_start="exact"``, so that the engine does not depend on ``max_iter``."""


@dataclass(eq=False)
class FitProgress(TrainingState):
    """The progress of a fit, for callbacks; its mean loss is scikit-learn's."""

    loss: float = 0.0

    @property
    def progress(self) -> Progress:
        """The progress of the current epoch."""
        return replace(super().progress, loss=self.loss)


class StochasticFit:
    """One fit with mini-batches, which changes ``state`` in place.

    ``samples`` include those held out for early stopping.
    """

    def __init__(
        self,
        params: FitParams,
        state: FitState,
        samples: Samples,
        validation: Validation | None,
        callbacks: Sequence[Callback],
    ) -> None:
        assert state.optimizer is not None
        self.params: FitParams = params
        self.state: FitState = state
        self.validation: Validation | None = validation
        self.callbacks = callbacks
        softmax = state.out_activation == "softmax"
        activations = [*params.activations, state.out_activation]
        self.context: TrainingContext = TrainingContext(
            network=network_from_arrays(state.coefs, state.intercepts, activations, params.dropout),
            loss=LOSSES[state.out_activation](),
            optimizer=state.optimizer,
            pixels=samples.inputs,
            targets=samples.targets.argmax(axis=1) if softmax else samples.targets,
            scaling=Unscaled(1.0),
            sample_weights=samples.weights,
            l2=0.0 if params.solver == "adamw" else params.alpha,
            divergence_threshold=math.inf,  # with unscaled inputs the first losses may be huge
            dropout_rng=state.dropout_rng,
        )
        self.progress: FitProgress = FitProgress(self.context, params.max_iter)
        self.batch_size: int = _batch_size(params.batch_size, len(state.order))
        self.steps_per_epoch: int = -(-len(state.order) // self.batch_size)
        self.schedule: Schedule | None = None
        if params.learning_rate not in PLAIN_SCHEDULES:
            steps = self.steps_per_epoch * params.max_iter
            self.schedule = build_schedule(params.learning_rate, params.learning_rate_init, steps)
        self._train_batches: TrainBatches = train_batches

    def run(self, *, incremental: bool) -> None:
        """Trains until nothing improves, ``max_iter`` is reached, or Ctrl-C is pressed.

        ``incremental`` is a single epoch, for ``partial_fit``. Raises RunError if the fit was started
        with machine code, which is not available here.
        """
        self.state.engine = engine = self._choose_engine(incremental)
        pixels, scaling = self.context.pixels, self.context.scaling
        self.state.skips_zeros = engine.name == COMPILED and has_many_zeros(pixels, scaling)
        epochs, first, images = self.params.max_iter, self.state.n_iter + 1, len(self.state.order)
        info = RunInfo(epochs, first, images, repr(self.context.network), engine.note)
        with blas_threads(engine.threads), watching(self.callbacks, info):
            try:
                self._train_batches = engine.load(self.context)
                self._train_epochs(incremental)
            except KeyboardInterrupt:
                warnings.warn("Training interrupted by user.", stacklevel=5)
        if self.params.early_stopping:
            self.state.restore_best_weights()

    def _choose_engine(self, incremental: bool) -> EngineChoice:
        """Returns the engine of the fit, by the rule of ``inkling train``; a resumed fit keeps its own.

        The rule expects ``max_iter`` epochs, and in ``partial_fit`` as many further steps as there have
        been. There is no parameter for the engine: both compute the same weights up to rounding.
        """
        params, state, context = self.params, self.state, self.context
        if state.engine is not None:
            recorded = state.engine
            return recorded_engine(params.estimator, recorded.name, recorded.threads, context)
        epochs = EXPECTED_EPOCHS if params.warm_start == "exact" else params.max_iter
        epochs = 1 if incremental else epochs
        steps = context.optimizer.steps + epochs * self.steps_per_epoch
        name = "auto" if isinstance(context.pixels, np.ndarray) else NUMPY
        engine = choose_engine(name, context, self.batch_size, steps)
        return replace(engine, threads=min(engine.threads, threads_given()))

    def _train_epochs(self, incremental: bool) -> None:
        params, state = self.params, self.state
        while True:
            if params.warm_start == "exact":
                state.keep()  # before the first epoch too, because it may be interrupted
            if state.finished or state.n_iter >= params.max_iter:
                return
            started = perf_counter()
            sums = self._train_epoch()
            self._end_epoch(sums, perf_counter() - started)
            state.finished = end_epoch(params, state)
            if incremental or self.progress.ended:
                return
            if state.n_iter == params.max_iter and not state.finished:
                warnings.warn(
                    f"Stochastic Optimizer: Maximum iterations ({params.max_iter}) reached and the "
                    "optimization hasn't converged yet.",
                    ConvergenceWarning,
                    stacklevel=6,
                )

    def _train_epoch(self) -> EpochSums:
        """Trains on every sample once; stops at the first loss that is not finite."""
        state, sums, started = self.state, EpochSums(), perf_counter()
        if self.params.shuffle:
            state.order = shuffle(state.order, random_state=state.random_state)
        chunk = -(-CHUNK // self.batch_size) * self.batch_size
        for start in range(0, len(state.order), chunk):
            rows = state.order[start : start + chunk]
            first, n_steps = self.context.optimizer.steps, -(-len(rows) // self.batch_size)
            rates = [self._rate(step) for step in range(first, first + n_steps)]
            sums.add(self._train_batches(self.context, rows, self.batch_size, rates))
            if sums.diverged is not None:
                break
            progress = self._progress(state.n_iter + 1, sums, perf_counter() - started)
            if True in [callback.after_chunk(progress) for callback in self.callbacks]:
                progress.ended = True
                break
        return sums

    def _end_epoch(self, sums: EpochSums, seconds: float) -> None:
        """Writes the losses and scores of an epoch into the state, and calls the callbacks."""
        params, state = self.params, self.state
        state.n_iter += 1
        state.t += len(state.order)
        state.loss = self._mean_objective(sums)
        state.loss_curve.append(state.loss)
        params.report(f"Iteration {state.n_iter}, loss = {state.loss:.8f}")
        validation_loss = accuracy = None
        if self.validation is not None:
            validation_loss, score = self._evaluate(self.validation)
            state.validation_loss_curve = [*(state.validation_loss_curve or ()), validation_loss]
            state.validation_scores = [*(state.validation_scores or ()), score]
            params.report(f"Validation score: {score:f}")
            accuracy = score if self.validation.is_accuracy else None
        record = EpochRecord(
            epoch=state.n_iter,
            train_loss=self._mean_loss(sums),
            train_accuracy=self._accuracy(sums),
            validation_loss=validation_loss,
            validation_accuracy=accuracy,
            learning_rate=self._rate(max(self.context.optimizer.steps - 1, 0)),
            seconds=seconds,
            images_per_second=sums.samples / seconds,
        )
        progress = self._progress(state.n_iter, sums, seconds)
        progress.history.append(record)
        for callback in self.callbacks:
            progress.ended |= bool(callback.after_epoch(progress, record))

    def _progress(self, epoch: int, sums: EpochSums, seconds: float) -> FitProgress:
        """Returns the progress of the fit, as callbacks receive it."""
        self.progress.epoch, self.progress.sums, self.progress.seconds = epoch, sums, seconds
        self.progress.loss = self._mean_loss(sums)
        return self.progress

    def _evaluate(self, validation: Validation) -> tuple[float, float]:
        """Returns loss and score on held-out samples; NaN if the network has diverged."""
        network, loss_function = self.context.network, self.context.loss
        with np.errstate(over="ignore", invalid="ignore"):  # the loss shows it
            loss, outputs = loss_and_outputs(network, loss_function, validation.samples)
            if not (math.isfinite(self.state.loss) and np.isfinite(outputs).all()):
                return math.nan, math.nan
            loss = self.state.sklearn_loss(loss)
            return loss, -loss if validation.score is None else validation.score(outputs)

    def _mean_loss(self, sums: EpochSums) -> float:
        """Returns the mean loss per sample, without the L2 term."""
        if sums.diverged is not None:
            return sums.diverged
        return self.state.sklearn_loss(sums.loss / sums.weight if sums.weight else 0.0)

    def _mean_objective(self, sums: EpochSums) -> float:
        """Returns the value for ``loss_curve_``: the mean over samples of the losses with L2 terms.

        As in scikit-learn, sample weights count within a batch only.
        """
        if sums.diverged is not None:
            return sums.diverged
        return (self.state.sklearn_loss(sums.loss_by_samples) + sums.penalty) / sums.samples

    def _accuracy(self, sums: EpochSums) -> float | None:
        has_labels = self.context.targets.ndim == 1
        return sums.n_correct / max(sums.samples, 1) if has_labels else None

    def _rate(self, step: int) -> float:
        constant: float = self.context.optimizer.learning_rate
        return constant if self.schedule is None else self.schedule(step)


def _batch_size(given: int | str, n_samples: int) -> int:
    if isinstance(given, str):  # "auto"
        return min(200, n_samples)
    if given > n_samples:
        warnings.warn(
            "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped",
            stacklevel=6,
        )
    return min(int(given), n_samples)
