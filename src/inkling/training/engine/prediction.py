"""When predictions are worth machine code: the rule of ``inkling evaluate``, which depends on no clock.

weights, number of images, the processor's instructions  →  seconds saved  ≥  seconds to load?
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from inkling.compiled import jit
from inkling.model.model import Classifier
from inkling.training.engine.arithmetic import operations_per_second
from inkling.training.engine.threads import available_cores

LOADING = 0.7
"""Seconds to load Numba and the machine code; measured: 0.43 to 0.78."""
COMPILING = 1.5
"""Seconds to compile it, once per machine and dtype; measured: 1.2 to 1.5."""
SKIPPED = 0.5
"""The share of NumPy's time that is saved; measured: 0.42 to 0.55, for the model that ships."""


def is_worth_compiling(model: Classifier, images: int) -> bool:
    """Returns whether ``model.compiled()`` can be expected to save more time than it costs."""
    saved = seconds_saved(model, images)
    if saved <= LOADING or not jit.installed() or jit.reason_not_to_load():
        return False
    code = model.network.dtype.name + jit.PREDICTION
    return saved > LOADING + COMPILING or jit.is_cached(code)


def seconds_saved(model: Classifier, images: int) -> float:
    """Returns how much less time the images are expected to take: two operations per weight each."""
    arrays = [array for network in model.networks for array in network.parameters.values()]
    weights = sum(array.size for array in arrays if array.ndim > 1)
    rate = operations_per_second(model.network) * available_cores()
    return SKIPPED * 2 * weights * images / rate


@contextmanager
def compiling_predictions(dtype: str) -> Iterator[None]:
    """Compiles the code for predictions in a second process, side by side with the block."""
    program = f"from inkling.compiled.prediction import kernel; kernel({dtype!r})"
    nothing = subprocess.DEVNULL  # where it fails, the code is compiled on first use
    with subprocess.Popen([sys.executable, "-c", program], stdout=nothing, stderr=nothing):
        yield
