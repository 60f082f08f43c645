"""Where a step's time goes in the NumPy engine: gather, forward, loss, backward, update.

The compiled engine mixes these, which is why it is fast, and so cannot be asked.
"""

from __future__ import annotations

from collections import defaultdict
from time import perf_counter

import numpy as np

from inkling.bench.ours import task_of
from inkling.bench.workloads import Work
from inkling.nn.output import loss_and_delta
from inkling.training.engine.threads import blas_threads, threads_for

STAGES = ("gather", "forward", "loss and δ", "backward", "update")


def stages_of(work: Work, threads: int) -> dict[str, float]:
    """Times an epoch, step by step as ``engine_numpy.train_batches`` takes them.

    Args:
        work: the work.
        threads: how many may be used.

    Returns:
        Seconds by stage.
    """
    task = task_of(work)
    network = task.network
    inputs = np.empty((work.batch_size, network.inputs), network.dtype)
    seconds: dict[str, float] = defaultdict(float)
    with blas_threads(min(threads_for(network, work.batch_size), threads)):
        for start in range(0, work.samples, work.batch_size):
            rows = np.arange(start, start + work.batch_size)
            times = [perf_counter()]
            task.scaling.gather(task.pixels, rows, out=inputs)
            targets = task.targets[rows]
            times.append(perf_counter())
            logits, outputs, saved = network.forward(inputs)
            times.append(perf_counter())
            _, delta = loss_and_delta(network.output, task.loss, logits, outputs, targets, None)
            times.append(perf_counter())
            gradients = network.backward(delta, saved)
            times.append(perf_counter())
            task.optimizer.update(network.parameters, gradients, work.learning_rate)
            times.append(perf_counter())
            for stage, before, after in zip(STAGES, times, times[1:], strict=False):
                seconds[stage] += after - before
    return dict(seconds)
