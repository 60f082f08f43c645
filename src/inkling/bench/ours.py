"""Inkling: both engines, and the predictions of a model and of a network."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from inkling._types import IntArray
from inkling.bench.case import Case, Prepare, distances, in_batches, statistics_of
from inkling.bench.workloads import (
    Samples,
    Workload,
    first_network,
    first_weights,
    test_samples,
    training_samples,
)
from inkling.errors import BenchError
from inkling.model.file import load_model
from inkling.model.locations import SHIPPED
from inkling.model.model import COMPILED, NUMPY
from inkling.nn.losses import CrossEntropy
from inkling.optim.optimizers import build_optimizer
from inkling.training.engine.choice import EngineChoice, choose_engine
from inkling.training.engine.context import TrainingContext
from inkling.training.engine.threads import blas_threads
from inkling.training.loop import chunk_size


def context_of(workload: Workload, samples: Samples | None = None) -> TrainingContext:
    """Returns the workload in the form of a run: bytes, gathered and scaled batch by batch.

    The images are those of the workload, in its order, unless others are given.
    """
    pixels, labels = samples or training_samples(workload)
    optimizer = build_optimizer(
        workload.optimizer, learning_rate=workload.learning_rate, weight_decay=workload.weight_decay
    )
    return TrainingContext(first_network(workload), CrossEntropy(), optimizer, pixels, labels)


def train_epoch(
    engine: EngineChoice, context: TrainingContext, batch_size: int, order: IntArray
) -> None:
    """Trains in chunks, as ``training/loop.py`` does; raises BenchError if the loss diverges."""
    train = engine.load(context)
    seconds = engine.seconds_per_image(context, batch_size), engine.seconds_per_call(context)
    chunk = chunk_size(batch_size, *seconds)
    with blas_threads(engine.threads):
        for start in range(0, len(order), chunk):
            rows = order[start : start + chunk]
            rates = [context.optimizer.learning_rate] * -(-len(rows) // batch_size)
            sums = train(context, rows, batch_size, rates)
            if sums.diverged is not None:
                raise BenchError(f"The loss diverged to {sums.diverged:.3g}.")


def engine_case(
    engine: EngineChoice, context: TrainingContext, workload: Workload, order: IntArray
) -> Case:
    """Prepares an epoch of an engine over the rows in ``order``."""
    parameters = list(context.network.parameters.values())
    return Case(
        lambda: train_epoch(engine, context, workload.batch_size, order),
        lambda: distances(parameters, first_weights(workload)),
    )


def by_rule(name: str, workload: Workload, threads: int) -> Case:
    """An engine with the number of threads that its rule gives, but at most ``threads``."""
    context, order = context_of(workload), np.arange(workload.samples)
    chosen = choose_engine(
        name, context, workload.batch_size, workload.samples // workload.batch_size
    )
    return engine_case(EngineChoice(name, min(chosen.threads, threads)), context, workload, order)


def on_all_threads(name: str, workload: Workload, threads: int) -> Case:
    """An engine with exactly ``threads`` threads."""
    order = np.arange(workload.samples)
    return engine_case(EngineChoice(name, threads), context_of(workload), workload, order)


numpy_engine: Prepare = partial(by_rule, NUMPY)
compiled_engine: Prepare = partial(by_rule, COMPILED)
numpy_on_all: Prepare = partial(on_all_threads, NUMPY)
compiled_on_all: Prepare = partial(on_all_threads, COMPILED)


def predictions(engine: str, workload: Workload, threads: int) -> Case:
    """The model that ships, on bytes, without its calibration, which the others do not have."""
    shipped = load_model(SHIPPED, engine=engine).require_single("bench")
    model = replace(shipped, temperature=1.0, rejector=None)
    pixels = test_samples(workload).pixels.reshape(-1, 28, 28)
    run = in_batches(workload, model.predict_proba, pixels)
    return Case(run, lambda: statistics_of(model.predict_proba(pixels)))


numpy_predictions: Prepare = partial(predictions, NUMPY)
compiled_predictions: Prepare = partial(predictions, COMPILED)


def outputs(workload: Workload, threads: int) -> Case:
    """The first network, on floats that are already scaled."""
    inputs = test_samples(workload).inputs()
    return Case(in_batches(workload, first_network(workload).predict, inputs))
