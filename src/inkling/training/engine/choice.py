"""Which engine trains: the rule behind ``engine="auto"``, written down and never timed.

    task, batch, steps to make, what is installed, what lies on disk → numpy or compiled, threads

Both engines take the same steps. The compiled one saves time at every step; loading it costs two thirds
of a second, and compiling it, once on a machine, a quarter of a minute. The rule adds both up from the
arithmetic, with figures that were measured once (below), so that it answers the same every time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial

from inkling._checks import complain
from inkling.compiled import jit
from inkling.errors import RunError, SettingError
from inkling.training.engine import compiled_engine
from inkling.training.engine.numpy_engine import TrainBatches, TrainingContext
from inkling.training.engine.threads import available_cores, threads_for

NUMPY, COMPILED = "numpy", "compiled"

LOADING = 0.7
"""Seconds to load Numba, SciPy's BLAS and the machine code."""
COMPILING = 15.0
"""Seconds to compile, once on a machine for each dtype."""
CALLS = 1e-4
"""Seconds of a NumPy step that are no arithmetic: some forty calls. Machine code has none of them."""
RATE = 1e11
"""Multiplications and additions a second, on one core in float32; half as many in float64."""
SKIPPED = 0.5
"""The share of the first layer's time that is saved where most inputs are 0."""
PER_STATE = 1e-9
"""Seconds to update one weight's velocity or mean in NumPy; the compiled engine needs half."""
PER_THREAD = 8e6
"""Multiplications and additions in a step that are worth a thread to the compiled engine: 40 µs, beside
which the meeting of the threads, twice a step, is little."""


@dataclass(frozen=True)
class Engine:
    """The engine of a run.

    Attributes:
        name: "numpy" or "compiled".
        threads: how many work on a step.
        remark: what one should know about the choice; empty where there is nothing.
    """

    name: str
    threads: int
    remark: str = ""

    def load(self, task: TrainingContext) -> TrainBatches | None:
        """Returns what trains; None for the loop's own, which is NumPy's.

        Machine code is loaded or made now, so that no epoch pays for it.
        """
        if self.name == NUMPY:
            return None
        compiled_engine.machine_code(task.network.dtype.name)
        return partial(compiled_engine.train_batches, threads=self.threads)


def choose_engine(name: str, task: TrainingContext, batch_size: int, steps: int) -> Engine:
    """Chooses the engine of a run.

    "auto" takes the compiled engine where it covers the task, is installed, and is expected to save
    more seconds than it costs to load it, and to compile it if that has to be done first.

    Args:
        name: "auto", "numpy" or "compiled".
        task: what is trained on what.
        batch_size: B.
        steps: how many will be made.

    Raises:
        SettingError: the compiled engine is asked for and not installed.
    """
    numpy = Engine(NUMPY, threads_for(task.network, batch_size))
    if name == NUMPY:
        return numpy
    asked_for = name == COMPILED
    if asked_for and not jit.installed():
        advice = "type: pip install '.[fast]'"
        raise SettingError(complain("engine", "Numba and SciPy for compiled", "neither", advice))
    against = compiled_engine.reason_against(task)
    if against:
        remark = f"NumPy trains, as the compiled engine does not cover {against}"
        return replace(numpy, remark=remark if asked_for else "")
    if not asked_for and not is_worth_it(task, batch_size, steps):
        return numpy
    problem = jit.reason_not_to_load()
    if problem:
        return replace(numpy, remark=f"NumPy trains, as the compiled engine cannot: {problem}")
    return Engine(COMPILED, compiled_threads_for(task, batch_size), _remark(task))


def recorded_engine(who: str, name: str, threads: int, task: TrainingContext) -> Engine:
    """Returns the engine that a run was started with, which it goes on with.

    Raises:
        RunError: it cannot be had here.
    """
    if name == NUMPY:
        return Engine(NUMPY, threads)
    problem = jit.reason_not_to_load() if jit.installed() else "no Numba or SciPy here"
    if problem:
        expected, advice = "the compiled engine it was started with", "type: pip install '.[fast]'"
        raise RunError(complain(who, expected, problem, advice))
    against = compiled_engine.reason_against(task)
    if against:
        expected = "what the compiled engine covers, which it was started with"
        raise RunError(complain(who, expected, against, "start anew for that"))
    return Engine(name, threads, _remark(task))


def is_worth_it(task: TrainingContext, batch_size: int, steps: int) -> bool:
    """Returns whether the compiled engine can be had and is expected to save more than that costs."""
    saved = seconds_saved(task, batch_size) * steps
    if saved <= LOADING or not jit.installed():  # the disk is asked only where it matters
        return False
    return saved > LOADING + COMPILING or jit.is_cached(task.network.dtype.name)


def _remark(task: TrainingContext) -> str:
    if jit.is_cached(task.network.dtype.name):
        return ""
    return f"compiling the engine, once on this machine: about {COMPILING:.0f} s"


def seconds_saved(task: TrainingContext, batch_size: int) -> float:
    """Returns how much less time a step is expected to take compiled than in NumPy.

    Example:
        >>> import numpy as np
        >>> from inkling.nn.losses import CrossEntropy
        >>> from inkling.nn.mlp import build_mlp
        >>> from inkling.optim.descent import SGD
        >>> network = build_mlp((784, 100, 10), rng=np.random.default_rng(0))
        >>> blank = np.zeros((100, 784), np.uint8)
        >>> task = TrainingContext(network, CrossEntropy(), SGD(), blank, np.zeros(100, int))
        >>> round(seconds_saved(task, 100) * 1e6)  # of 490 µs
        257
    """
    network, rate = task.network, RATE * 4 / task.network.dtype.itemsize
    first = network.parameters["dense1.weights"].size
    sparse = compiled_engine.has_many_zeros(task)
    skipped = SKIPPED * 4 * batch_size * first / rate if sparse else 0.0
    weights = sum(array.size for array in network.parameters.values())
    return CALLS + skipped + PER_STATE / 2 * weights * len(task.optimizer.slots)


def compiled_threads_for(task: TrainingContext, batch_size: int) -> int:
    """Returns how many threads the compiled engine takes, one for each ``PER_THREAD`` of work."""
    weights = sum(array.size for array in task.network.parameters.values() if array.ndim > 1)
    worth = math.ceil(6 * weights * batch_size / PER_THREAD)
    return max(1, min(available_cores(), worth, batch_size))
