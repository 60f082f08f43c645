"""The data set "pen": digits drawn by a program (``synthetic/pen.py``), without network or files.

They are drawn when they are first used, always the same ones, and kept in memory only. An accuracy on
them shows how well a network has learned these drawings. It says nothing about handwriting on paper.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from inkling.data.split import Source, Split
from inkling.data.synthetic.allographs import TABLE
from inkling.data.synthetic.pen import draw_digits

TRAIN, TEST = 20_000, 5_000
"""The numbers of training images, a tenth of them for validation, and of test images."""
SEED = 2026
"""Of everything in the drawings; training and test images have generators of their own."""
VERSION = 1
"""To be raised when other digits are drawn for the same seed and table."""


def read_pen() -> Source:
    """Draws the digits, once in a process."""
    train, test = draw_all()
    table = TABLE.read_text(encoding="utf-8")
    recipe = f"pen {VERSION}, {TRAIN} and {TEST} of seed {SEED}\n{table}"
    note = f"pen: {TRAIN + TEST:,} digits drawn by a program, not written by people."
    return Source(
        tuple("0123456789"),
        Split(train.images.copy(), train.labels.copy()),
        Split(test.images.copy(), test.labels.copy()),
        notes=(note,),
        recipe=recipe,
    )


@lru_cache(maxsize=1)
def draw_all() -> tuple[Split, Split]:
    """Draws the training and the test images."""
    seeds = np.random.SeedSequence(SEED).spawn(2)
    train, test = (
        draw_digits(count, rng=np.random.default_rng(seed))
        for count, seed in zip((TRAIN, TEST), seeds, strict=True)
    )
    return train, test
