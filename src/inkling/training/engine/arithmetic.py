"""How long the arithmetic of a training step takes, by the instructions of the processor.

    network, batch size → operations  ÷  operations per second of one core → seconds

Three rules follow from it: how many threads (``threads.py``), which engine (``choice.py``), and how many
images per call of an engine (``../loop.py``). It depends
on no clock, so the same command on the same machine has the same result every time.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from inkling.nn.network import Network


class InstructionSet(NamedTuple):
    """What a processor can compute with one instruction, and how fast training steps are with it."""

    name: str
    features: frozenset[str]  # any of NumPy's names for it; none for what every processor has
    rate: float  # multiplications and additions per second, one core, float32
    measured: bool  # otherwise estimated


INSTRUCTION_SETS = (
    InstructionSet("AVX-512", frozenset({"X86_V4", "AVX512_SKX"}), 10e10, measured=True),
    InstructionSet("AVX2", frozenset({"X86_V3", "AVX2"}), 5e10, measured=True),
    InstructionSet("NEON", frozenset({"NEON", "ASIMD"}), 5e10, measured=False),
    InstructionSet("baseline", frozenset(), 1.3e10, measured=True),
)
"""The fastest first. The rates are those of the products of a step, which are smaller than those of a
benchmark of BLAS. They were measured on one processor with AVX-512 (Xeon, Sapphire Rapids), whose BLAS
was limited to the other instructions by ``OPENBLAS_CORETYPE`` (Haswell, Nehalem). Older processors are
slower with the same instructions; an estimate that is too high selects the NumPy engine too often."""

CALLS = 1e-4
"""Seconds of a NumPy step that are not arithmetic: about forty calls, which machine code avoids."""
PER_STATE = 2e-9
"""Seconds to update one weight's velocity or mean in NumPy; the compiled engine needs half."""


@cache
def instruction_set() -> InstructionSet:
    """Returns the fastest instruction set that NumPy reports for this processor."""
    reported = np.show_config(mode="dicts").get("SIMD Extensions", {})
    features = {*reported.get("baseline", ()), *reported.get("found", ())}
    return fastest(features)


def fastest(features: set[str]) -> InstructionSet:
    """Returns the fastest instruction set among NumPy's names of processor features.

    Example:
        >>> fastest({"X86_V2", "X86_V3"}).name, fastest({"SSE", "SSE2"}).name
        ('AVX2', 'baseline')
    """
    known = (one for one in INSTRUCTION_SETS if one.features & features)
    return next(known, INSTRUCTION_SETS[-1])


def operations_per_step(network: Network, batch_size: int) -> int:
    """Returns the multiplications and additions of a step.

    About 6 per weight and sample: 2 forward, 2 for ∂L/∂W, 2 for ∂L/∂x.
    """
    weights = sum(array.size for array in network.parameters.values() if array.ndim > 1)
    return 6 * weights * batch_size


def seconds_per_image(
    network: Network, batch_size: int, states: int, *, compiled: bool = False
) -> float:
    """Returns how long an image takes about on one core, with an optimizer of some states per weight."""
    weights = sum(array.size for array in network.parameters.values())
    seconds = operations_per_step(network, batch_size) / operations_per_second(network)
    seconds += PER_STATE * weights * states * (0.5 if compiled else 1)
    return (seconds if compiled else seconds + CALLS) / batch_size


def operations_per_second(network: Network) -> float:
    """Returns the rate of one core for a network's dtype; float64 takes twice as long as float32."""
    return instruction_set().rate * 4 / network.dtype.itemsize
