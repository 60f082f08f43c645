"""The last rungs: Inkling's two engines on the very same arrays.

The arguments are those of ``textbook.py``; the images are bytes.
"""

from __future__ import annotations

from functools import partial
from unittest.mock import patch

from benchmarks.rungs.material import Weights
from benchmarks.rungs.textbook import BATCH, RATE

from inkling._types import ByteArray, IntArray
from inkling.nn.activations import ReLU, Softmax
from inkling.nn.dense import Dense
from inkling.nn.losses import CrossEntropy
from inkling.nn.network import Network
from inkling.optim.descent import SGD
from inkling.training import engine_compiled, engine_numpy
from inkling.training.engine_numpy import Task, TrainBatches
from inkling.training.loop import CHUNK
from inkling.training.threads import available_cores


def task_on(weights: Weights, images: ByteArray, labels: IntArray) -> Task:
    """Returns what the rungs train as Inkling describes it; the network is made of these arrays."""
    w1, b1, w2, b2 = weights
    network = Network([Dense.around(w1, b1), ReLU(), Dense.around(w2, b2), Softmax()])
    return Task(network, CrossEntropy(), SGD(RATE), images, labels)


def numpy_engine(weights: Weights, images: ByteArray, labels: IntArray, order: IntArray) -> None:
    """``engine_numpy.py``: any layers, loss and optimizer; it sums losses and sees divergence."""
    _run(engine_numpy.train_batches, task_on(weights, images, labels), order)


def compiled_dense(weights: Weights, images: ByteArray, labels: IntArray, order: IntArray) -> None:
    """``engine_compiled.py``, one thread, told that there are no zeros worth skipping."""
    with patch.object(engine_compiled, "has_many_zeros", _sees_none):
        _run(engine_compiled.train_batches, task_on(weights, images, labels), order)


def skipping_zeros(weights: Weights, images: ByteArray, labels: IntArray, order: IntArray) -> None:
    """``engine_compiled.py`` as it is, one thread."""
    _run(engine_compiled.train_batches, task_on(weights, images, labels), order)


def on_all_cores(weights: Weights, images: ByteArray, labels: IntArray, order: IntArray) -> None:
    """``engine_compiled.py`` with a thread for each core."""
    engine = partial(engine_compiled.train_batches, threads=available_cores())
    _run(engine, task_on(weights, images, labels), order)


def _run(engine: TrainBatches, task: Task, order: IntArray) -> None:
    """Hands the batches over in chunks, as the training loop does."""
    for start in range(0, len(order), CHUNK):
        rows = order[start : start + CHUNK]
        engine(task, rows, BATCH, [RATE] * (len(rows) // BATCH))


def _sees_none(task: Task) -> bool:  # noqa: ARG001 (it stands in for a question about the task)
    return False
