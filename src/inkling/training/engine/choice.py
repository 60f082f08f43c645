"""Which engine trains: the rule behind ``engine="auto"``, which never depends on timing.

    context, batch size, steps, what is installed and cached → numpy or compiled, threads

Both engines take the same steps. The compiled one is faster at each step; loading it costs 0.7 seconds,
and compiling it, once per machine, much more: ``inkling compile`` does that ahead of time. The rule
compares the two from the arithmetic of a step, the processor's instructions and constants that were
measured once, so that its result is always the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from inkling._checks import complain, how_to_install
from inkling._types import AnyArray
from inkling.compiled import jit
from inkling.compiled.engine import machine_code
from inkling.compiled.supported import reason_against
from inkling.data.scaling import PixelScaling
from inkling.errors import RunError, SettingError
from inkling.model.model import COMPILED, NUMPY
from inkling.nn.activations import ReLU
from inkling.nn.dense import Dense
from inkling.training.engine.arithmetic import (
    CALLS,
    PER_STATE,
    operations_per_second,
    operations_per_step,
    seconds_per_image,
)
from inkling.training.engine.compiled_engine import CompiledEngine
from inkling.training.engine.context import TrainBatches, TrainingContext
from inkling.training.engine.numpy_engine import train_batches
from inkling.training.engine.prediction import LOADING, compiling_predictions
from inkling.training.engine.threads import available_cores, threads_for

COMPILING = 11.0
"""Seconds to compile, once per machine and dtype; measured: 9.3 to 10.9 of processor time."""
SKIPPED = 0.5
"""The share of a layer's time that is saved if most of its inputs are 0."""
DENSE_COST = 2.0
"""The share by which a layer's time grows if hardly any input is 0."""
DENSE = 0.4
"""Share of nonzero pixels above which BLAS is faster than skipping the zeros."""
PROBED_SAMPLES = 100
"""Samples from which that share is estimated."""
LARGEST_BATCH = 1024
"""Images in a batch above which their lists outgrow the caches (``benchmarks/growth.py``)."""
PER_THREAD = 8e6
"""Multiplications and additions in a step that justify one more thread of the compiled engine: 40 µs.
The threads wait for each other twice per step, which takes much less."""
PER_COPY = 1.5e-9
"""Seconds per call of the compiled engine for each weight, velocity or mean: copied there and back."""
INSTALL = how_to_install("fast")
OTHERS = "repair it, or choose numpy or auto"


@dataclass(frozen=True)
class EngineChoice:
    """The engine of a run."""

    name: str  # NUMPY or COMPILED
    threads: int  # how many work on a step
    note: str = ""  # about the choice, for the user

    def load(self, context: TrainingContext) -> TrainBatches:
        """Returns the engine, ready to train.

        Machine code is loaded or compiled here, so that it is not part of any epoch's time.
        """
        if self.name == NUMPY:
            return train_batches
        machine_code(context.network.dtype.name)
        return CompiledEngine(self.threads)

    def seconds_per_image(self, context: TrainingContext, batch_size: int) -> float:
        """Returns how long an image takes about, on one core."""
        states, compiled = len(context.optimizer.slots), self.name == COMPILED
        return seconds_per_image(context.network, batch_size, states, compiled=compiled)

    def seconds_per_call(self, context: TrainingContext) -> float:
        """Returns about how long a call of the engine takes in addition to its steps."""
        if self.name == NUMPY:
            return 0.0
        weights = sum(array.size for array in context.network.parameters.values())
        return PER_COPY * weights * (1 + len(context.optimizer.slots))


def choose_engine(name: str, context: TrainingContext, batch_size: int, steps: int) -> EngineChoice:
    """Chooses the engine for a run of ``steps`` steps: "auto", "numpy" or "compiled".

    "auto" selects the compiled engine if it supports the context, is installed, and is expected to save
    more time than loading it takes, and compiling it if that has not been done yet. Raises SettingError
    if the compiled engine is named but not installed, or cannot be loaded.
    """
    numpy = EngineChoice(NUMPY, threads_for(context.network, batch_size))
    if name == NUMPY:
        return numpy
    named = name == COMPILED
    if named and not jit.installed():
        expected = "Numba for compiled"
        raise SettingError(complain("engine", expected, "no Numba", INSTALL))
    reason = _reason_against(context)
    if reason:
        note = f"using NumPy: the compiled engine does not support {reason}"
        return replace(numpy, note=note if named else "")
    if not named and not is_worth_it(context, batch_size, steps):
        return numpy
    problem = jit.reason_not_to_load()
    if problem and named:
        raise SettingError(complain("engine", "a working Numba for compiled", problem, OTHERS))
    if problem:
        return replace(numpy, note=f"using NumPy: the compiled engine cannot be loaded: {problem}")
    return EngineChoice(COMPILED, compiled_threads_for(context, batch_size), _note(context))


def compile_ahead(dtype: str) -> str:
    """Compiles the engine for later runs, unless that was done; returns what prevents it, or "".

    Raises MissingExtraError if Numba cannot compile it.
    """
    if not jit.installed():
        return "Numba is not installed"
    problem = jit.reason_not_to_load()
    if problem:
        return f"the compiled engine cannot be loaded: {problem}"
    with compiling_predictions(dtype):
        machine_code(dtype)
    return "" if is_compiled(dtype) else f"cannot store machine code in {jit.code_folder(dtype)}"


def is_compiled(dtype: str) -> bool:
    """Returns whether the machine code is on disk, for training and for predictions."""
    return jit.is_cached(dtype) and jit.is_cached(dtype + jit.PREDICTION)


def recorded_engine(who: str, name: str, threads: int, context: TrainingContext) -> EngineChoice:
    """Returns the engine that a run was started with; raises RunError if it is not available here."""
    if name == NUMPY:
        return EngineChoice(NUMPY, threads)
    installed = jit.installed()
    problem = jit.reason_not_to_load() if installed else "no Numba here"
    if problem:
        advice = "repair it, or start a new run" if installed else INSTALL
        raise RunError(complain(who, "the compiled engine it was started with", problem, advice))
    reason = _reason_against(context)
    if reason:
        expected = "what the compiled engine supports, which it was started with"
        raise RunError(complain(who, expected, reason, "start a new run for that"))
    return EngineChoice(name, threads, _note(context))


def has_many_zeros(pixels: AnyArray, scaling: PixelScaling) -> bool:
    """Returns whether skipping inputs of 0 is faster, estimated from samples spread over the data."""
    if scaling.offset != 0:
        return False
    probed = pixels[:: -(-len(pixels) // PROBED_SAMPLES)]
    return bool(np.count_nonzero(probed) < DENSE * probed.size)


def _reason_against(context: TrainingContext) -> str:
    return reason_against(context.network, context.loss, context.optimizer)


def is_worth_it(context: TrainingContext, batch_size: int, steps: int) -> bool:
    """Returns whether the compiled engine is installed and expected to save more time than it costs."""
    saved = seconds_saved(context, batch_size) * steps
    if saved <= LOADING or not jit.installed():  # the disk is read only if that matters
        return False
    return saved > LOADING + COMPILING or jit.is_cached(context.network.dtype.name)


def _note(context: TrainingContext) -> str:
    if jit.is_cached(context.network.dtype.name):
        return ""
    return f"compiling the engine, once on this machine: about {COMPILING:.0f} s"


def seconds_saved(context: TrainingContext, batch_size: int) -> float:
    """Returns how much less time a step is expected to take compiled than in NumPy."""
    network = context.network
    rate = operations_per_second(network) * threads_for(network, batch_size)
    skips = batch_size <= LARGEST_BATCH and has_many_zeros(context.pixels, context.scaling)
    often_zero, products = skips, 0.0
    for layer in network.layers:
        if isinstance(layer, Dense):
            products += (SKIPPED if often_zero else -DENSE_COST) * layer.weights.size
        else:
            often_zero = isinstance(layer, ReLU)
    weights = sum(array.size for array in network.parameters.values())
    states = PER_STATE / 2 * weights * len(context.optimizer.slots)
    return CALLS + 4 * batch_size * products / rate + states


def compiled_threads_for(context: TrainingContext, batch_size: int) -> int:
    """Returns how many threads the compiled engine uses, one for each ``PER_THREAD`` of work."""
    justified = math.ceil(operations_per_step(context.network, batch_size) / PER_THREAD)
    return max(1, min(available_cores(), justified, batch_size))
