"""Inkling's contenders: both engines, a network's predictions, the estimator."""

from __future__ import annotations

import numpy as np

from inkling.bench.case import Contest, distances, spread
from inkling.bench.workloads import (
    Work,
    first_network,
    first_weights,
    test_samples,
    training_samples,
)
from inkling.model.file import load_model
from inkling.model.locations import SHIPPED
from inkling.nn.losses import CrossEntropy
from inkling.optim.optimizers import build_optimizer
from inkling.training.engine.choice import COMPILED, NUMPY, Engine, compiled_threads_for
from inkling.training.engine.numpy_engine import TrainingContext, train_batches
from inkling.training.engine.threads import blas_threads, threads_for
from inkling.training.loop import CHUNK


def task_of(work: Work) -> TrainingContext:
    """Returns the work as a run has it: bytes that are gathered and scaled batch by batch."""
    pixels, labels = training_samples(work)
    optimizer = build_optimizer(
        work.optimizer, learning_rate=work.learning_rate, weight_decay=work.decay
    )
    return TrainingContext(first_network(work), CrossEntropy(), optimizer, pixels, labels)


def _engine(name: str, work: Work, threads: int) -> Contest:
    """An engine in chunks, as ``training/loop.py`` calls it, with as many threads as its rule allows."""
    task, batch = task_of(work), work.batch_size
    rule = threads_for(task.network, batch) if name == NUMPY else compiled_threads_for(task, batch)
    threads = min(rule, threads)
    train = Engine(name, threads).load(task) or train_batches
    order, chunk = np.arange(work.samples), max(CHUNK // batch, 1) * batch

    def epoch() -> None:
        with blas_threads(threads):
            for start in range(0, work.samples, chunk):
                rows = order[start : start + chunk]
                train(task, rows, batch, [work.learning_rate] * (len(rows) // batch))

    parameters = list(task.network.parameters.values())
    return Contest(epoch, lambda: distances(parameters, first_weights(work)))


def numpy_engine(work: Work, threads: int) -> Contest:
    """The NumPy engine."""
    return _engine(NUMPY, work, threads)


def compiled_engine(work: Work, threads: int) -> Contest:
    """The compiled engine."""
    return _engine(COMPILED, work, threads)


def predictions(work: Work, threads: int) -> Contest:  # noqa: ARG001 (they are the process's)
    """The model that ships, on images of bytes as it is given them."""
    model, pixels = load_model(SHIPPED), test_samples(work).pixels.reshape(-1, 28, 28)
    starts = range(0, work.samples, work.batch_size)

    def run() -> None:
        for start in starts:
            model.predict_proba(pixels[start : start + work.batch_size])

    return Contest(run, lambda: spread(model.predict_proba(pixels)))
