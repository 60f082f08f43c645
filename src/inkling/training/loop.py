"""The training loop: epochs of mini-batches, and an evaluation on the validation set after each.

    order → chunks of batches → engine → sums → record → callbacks

Everything else happens in callbacks. The loop draws no random numbers: orders come from the sampler,
dropout's from the context's generator. Next: ``engine/numpy_engine.py``; ``engine/choice.py`` has the
rule that chooses another engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

import numpy as np

from inkling.data.samplers import Sampler
from inkling.errors import DivergenceError
from inkling.optim.schedules import Schedule
from inkling.training.callbacks import Callback
from inkling.training.engine.context import EpochSums, TrainBatches
from inkling.training.state import TrainingState

CHUNK = 10_000
"""The most samples per call of an engine, about."""
CHUNK_SECONDS = 0.06
"""Seconds of work per call, about, so that callbacks are called several times per second."""
CALL_SHARE = 0.05
"""The share of the time that the calls themselves may take."""


def train_epochs(
    state: TrainingState,
    sampler: Sampler,
    schedule: Schedule,
    engine: TrainBatches,
    batch_size: int,
    callbacks: Sequence[Callback] = (),
    chunk: int | None = None,
) -> None:
    """Trains epoch by epoch until the last one, or until a callback ends the run.

    Args:
        state: what is trained; a new run's, or one from a checkpoint. Changed in place.
        sampler: the order of the samples in each epoch.
        schedule: the learning rate of each step; steps are counted by the optimizer.
        engine: computes the steps.
        batch_size: samples per step; the last batch of an epoch has the rest.
        callbacks: called after each chunk and each epoch, in this order.
        chunk: samples per call of the engine, whole batches; about 10,000 by default.

    Raises:
        DivergenceError: the loss, a weight or an output is not finite, or the loss too large.
    """
    context, chunk = state.context, chunk or chunk_size(batch_size)
    while state.epoch < state.epochs and not state.ended:
        state.epoch, state.sums, state.seconds = state.epoch + 1, EpochSums(), 0.0
        order = state.order = sampler.next()
        for rows in (order[start : start + chunk] for start in range(0, len(order), chunk)):
            step, steps = context.optimizer.steps, -(-len(rows) // batch_size)
            rates = [schedule(number) for number in range(step, step + steps)]
            started = perf_counter()
            state.sums.add(engine(context, rows, batch_size, rates))
            state.seconds += perf_counter() - started  # callbacks do not count
            state.learning_rate = rates[-1]
            if state.sums.diverged is not None:
                rate = schedule(max(context.optimizer.steps - 1, 0))  # of the step before this loss
                raise divergence(f"the loss is {state.sums.diverged:.3g}", state, rate)
            state.ended = True in [callback.after_chunk(state) for callback in callbacks]
            if state.ended:
                break
        if not all(np.isfinite(array).all() for array in context.network.parameters.values()):
            raise divergence("weights are not finite", state, rates[-1])
        try:
            record = state.evaluate_and_record()
        except DivergenceError:
            raise divergence("outputs are not finite", state, rates[-1]) from None
        state.history.append(record)
        for callback in callbacks:
            state.ended |= bool(callback.after_epoch(state, record))


def chunk_size(
    batch_size: int, seconds_per_image: float = 0.0, seconds_per_call: float = 0.0
) -> int:
    """Returns how many samples an engine gets per call: whole batches, so that results do not change.

    The number depends neither on a clock nor on who watches the run.
    """
    seconds = max(CHUNK_SECONDS, seconds_per_call / CALL_SHARE)
    most = min(CHUNK, seconds / seconds_per_image) if seconds_per_image else CHUNK
    return max(int(most) // batch_size, 1) * batch_size


def divergence(what: str, state: TrainingState, learning_rate: float) -> DivergenceError:
    """Returns the error of a run that diverged after a step at this learning rate."""
    step = state.sums.steps + (state.sums.diverged is not None)
    return DivergenceError(
        f"training diverged: {what} in epoch {state.epoch}, step {step}, after a step at "
        f"learning_rate={learning_rate:.3g}; likely causes: a learning_rate that is too large (try a "
        "tenth of it, or clip_norm=1), or inputs that are not scaled."
    )
