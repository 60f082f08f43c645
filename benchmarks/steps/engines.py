"""The last rungs: Inkling's two engines on the very same arrays.

The arguments are those of ``textbook.py``; the images are bytes.
"""

from __future__ import annotations

from functools import partial
from unittest.mock import patch

from benchmarks.steps.material import Weights
from benchmarks.steps.textbook import BATCH, RATE

from inkling._types import ByteArray, IntArray
from inkling.nn.activations import ReLU, Softmax
from inkling.nn.dense import Dense
from inkling.nn.losses import CrossEntropy
from inkling.nn.network import Network
from inkling.optim.descent import SGD
from inkling.training.engine import compiled_engine as compiled_module
from inkling.training.engine import numpy_engine as numpy_module
from inkling.training.engine.numpy_engine import TrainBatches, TrainingContext
from inkling.training.engine.threads import available_cores
from inkling.training.loop import CHUNK


def task_on(weights: Weights, images: ByteArray, labels: IntArray) -> TrainingContext:
    """Returns what the rungs train as Inkling describes it; the network is made of these arrays."""
    w1, b1, w2, b2 = weights
    network = Network([Dense.from_arrays(w1, b1), ReLU(), Dense.from_arrays(w2, b2), Softmax()])
    return TrainingContext(network, CrossEntropy(), SGD(RATE), images, labels)


def numpy_engine(weights: Weights, images: ByteArray, labels: IntArray, order: IntArray) -> None:
    """``numpy_engine.py``: any layers, loss and optimizer; it sums losses and sees divergence."""
    _run(numpy_module.train_batches, task_on(weights, images, labels), order)


def compiled_dense(weights: Weights, images: ByteArray, labels: IntArray, order: IntArray) -> None:
    """``compiled_engine.py``, one thread, told that there are no zeros worth skipping."""
    with patch.object(compiled_module, "has_many_zeros", _sees_none):
        _run(compiled_module.train_batches, task_on(weights, images, labels), order)


def skipping_zeros(weights: Weights, images: ByteArray, labels: IntArray, order: IntArray) -> None:
    """``compiled_engine.py`` as it is, one thread."""
    _run(compiled_module.train_batches, task_on(weights, images, labels), order)


def on_all_cores(weights: Weights, images: ByteArray, labels: IntArray, order: IntArray) -> None:
    """``compiled_engine.py`` with a thread for each core."""
    engine = partial(compiled_module.train_batches, threads=available_cores())
    _run(engine, task_on(weights, images, labels), order)


def _run(engine: TrainBatches, task: TrainingContext, order: IntArray) -> None:
    """Hands the batches over in chunks, as the training loop does."""
    for start in range(0, len(order), CHUNK):
        rows = order[start : start + CHUNK]
        engine(task, rows, BATCH, [RATE] * (len(rows) // BATCH))


def _sees_none(task: TrainingContext) -> bool:  # noqa: ARG001 (it stands in for a question about the task)
    return False
