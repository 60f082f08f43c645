"""Inkling: both engines, and the predictions of a model and of a network."""

from __future__ import annotations

import numpy as np

from inkling._types import IntArray
from inkling.bench.case import Case, distances, in_batches, statistics_of
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
from inkling.nn.losses import CrossEntropy
from inkling.optim.optimizers import build_optimizer
from inkling.training.engine.choice import COMPILED, NUMPY, Engine, choose_engine
from inkling.training.engine.context import TrainingContext
from inkling.training.engine.threads import blas_threads
from inkling.training.loop import CHUNK


def context_of(workload: Workload, samples: Samples | None = None) -> TrainingContext:
    """Returns the workload as a run has it: bytes that are gathered and scaled batch by batch.

    Args:
        workload: the workload.
        samples: the images; by default those of the workload, in its order.
    """
    pixels, labels = samples or training_samples(workload)
    optimizer = build_optimizer(
        workload.optimizer,
        learning_rate=workload.learning_rate,
        weight_decay=workload.weight_decay,
    )
    return TrainingContext(first_network(workload), CrossEntropy(), optimizer, pixels, labels)


def train_epoch(engine: Engine, context: TrainingContext, batch_size: int, order: IntArray) -> None:
    """Trains in chunks, as ``training/loop.py`` does.

    Raises:
        BenchError: the loss diverged; the run ended early, and its time means nothing.
    """
    train = engine.load(context)
    chunk = max(CHUNK // batch_size, 1) * batch_size
    with blas_threads(engine.threads):
        for start in range(0, len(order), chunk):
            rows = order[start : start + chunk]
            rates = [context.optimizer.learning_rate] * -(-len(rows) // batch_size)
            sums = train(context, rows, batch_size, rates)
            if sums.diverged is not None:
                raise BenchError(f"The loss diverged to {sums.diverged:.3g}.")


def _case(engine: Engine, context: TrainingContext, workload: Workload) -> Case:
    parameters = list(context.network.parameters.values())
    order = np.arange(workload.samples)
    return Case(
        lambda: train_epoch(engine, context, workload.batch_size, order),
        lambda: distances(parameters, first_weights(workload)),
    )


def _by_rule(name: str, workload: Workload, threads: int) -> Case:
    """An engine with the number of threads that it chooses for itself, but at most ``threads``."""
    context = context_of(workload)
    steps = workload.samples // workload.batch_size
    chosen = choose_engine(name, context, workload.batch_size, steps)
    return _case(Engine(name, min(chosen.threads, threads)), context, workload)


def numpy_engine(workload: Workload, threads: int) -> Case:
    """The NumPy engine."""
    return _by_rule(NUMPY, workload, threads)


def compiled_engine(workload: Workload, threads: int) -> Case:
    """The compiled engine."""
    return _by_rule(COMPILED, workload, threads)


def numpy_on_all(workload: Workload, threads: int) -> Case:
    """The NumPy engine with exactly ``threads`` threads."""
    return _case(Engine(NUMPY, threads), context_of(workload), workload)


def compiled_on_all(workload: Workload, threads: int) -> Case:
    """The compiled engine with exactly ``threads`` threads."""
    return _case(Engine(COMPILED, threads), context_of(workload), workload)


def predictions(workload: Workload, threads: int) -> Case:  # noqa: ARG001 (the process is limited)
    """The model that ships, on bytes."""
    model, pixels = load_model(SHIPPED), test_samples(workload).pixels.reshape(-1, 28, 28)
    run = in_batches(workload, model.predict_proba, pixels)
    return Case(run, lambda: statistics_of(model.predict_proba(pixels)))


def outputs(workload: Workload, threads: int) -> Case:  # noqa: ARG001
    """The first network, on floats that are scaled already."""
    inputs = test_samples(workload).inputs()
    return Case(in_batches(workload, first_network(workload).predict, inputs))
