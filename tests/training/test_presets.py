"""The presets of ``inkling train --preset``."""

from __future__ import annotations

import itertools

from inkling.training.presets import PRESETS

FLOAT16_BYTES = 2
LARGEST_FILE = 4_000_000


def test_the_shipped_network_fits_its_file() -> None:
    """Its weights and biases take at most 4 MB as float16, with a twentieth left for the rest."""
    sizes = (784, *PRESETS["shipped"].hidden, 10)
    parameters = sum((i + 1) * o for i, o in itertools.pairwise(sizes))
    assert parameters * FLOAT16_BYTES < 0.95 * LARGEST_FILE
