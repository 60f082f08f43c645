"""Where the time of a training step goes in the NumPy engine.

    gather → forward, layer by layer → loss and δ → backward, layer by layer → update

The compiled engine interleaves these stages, so they cannot be timed there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from time import perf_counter
from typing import Any
from unittest.mock import patch

import numpy as np

from inkling.bench.ours import context_of, train_epoch
from inkling.bench.workloads import Workload
from inkling.data.scaling import PixelScaling
from inkling.model.model import NUMPY
from inkling.nn import network as network_module
from inkling.training.engine.choice import EngineChoice

STAGES = ("gather", "forward", "loss and δ", "backward", "update")
PYTHON = "Python between the parts"


def stages_of(workload: Workload, threads: int) -> dict[str, float]:
    """Returns the seconds of each of ``STAGES`` in an epoch."""
    seconds = dict.fromkeys(STAGES, 0.0)
    for part, time in parts_of(workload, threads).items():
        stage = part.partition(":")[0]
        if stage in seconds:
            seconds[stage] += time
    return seconds


def parts_of(workload: Workload, threads: int) -> dict[str, float]:
    """Trains an epoch and returns the seconds of each part: the stages, layer by layer.

    The last part, ``PYTHON``, is the rest of the epoch.
    """
    context = context_of(workload)
    watched: list[tuple[str, Any, str]] = [
        ("gather", PixelScaling, "__call__"),
        ("loss and δ", network_module, "loss_and_delta"),
        ("update", context.optimizer, "update"),
    ]
    for number, layer in enumerate(context.network.layers, 1):
        name = f"{layer.kind}, layer {number}"
        watched.append((f"forward: {name}", layer, "forward"))
        watched.append((f"backward: {name}", layer, "grad_parameters"))
        watched.append((f"backward: {name}", layer, "grad_inputs"))
    seconds: dict[str, float] = defaultdict(float)
    with ExitStack() as stack:
        for name, owner, method in watched:
            timed = _timed(getattr(owner, method), name, seconds)
            stack.enter_context(patch.object(owner, method, timed))
        started = perf_counter()
        engine = EngineChoice(NUMPY, threads)
        train_epoch(engine, context, workload.batch_size, np.arange(workload.samples))
        whole = perf_counter() - started
    return {**seconds, PYTHON: whole - sum(seconds.values())}


def _timed(call: Callable[..., Any], name: str, seconds: dict[str, float]) -> Callable[..., Any]:
    def timed(*arguments: Any, **options: Any) -> Any:
        started = perf_counter()
        result = call(*arguments, **options)
        seconds[name] += perf_counter() - started
        return result

    return timed
