"""Data sets of digits drawn by a program (``synthetic/pen.py``): "pen", and "mnist+pen" with MNIST's.

"pen" needs neither network nor files. An accuracy on it shows how well a network has learned these
drawings; it says nothing about handwriting on paper. In "mnist+pen" drawn digits are added to MNIST's
training and validation images, for the styles that MNIST lacks; its test images are MNIST's alone.

The digits are drawn when they are first used, always the same ones, and kept in memory only.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from inkling.data.parts import check_own_validation, make_parts
from inkling.data.split import Source, Split, identify, join
from inkling.data.synthetic.allographs import TABLE
from inkling.data.synthetic.pen import draw_digits

TRAIN, TEST = 20_000, 5_000
"""The numbers of images in "pen": for training, a tenth of them for validation, and for testing."""
ADDED_TRAIN, ADDED_VALIDATION = 60_000, 10_000
"""The numbers of drawn images in "mnist+pen"."""
SEED = 2026
"""Of everything in the drawings; each set of images has a generator of its own."""
VERSION = 1
"""To be raised when other digits are drawn for the same seed and table."""


def read_pen() -> Source:
    """Draws the digits of "pen"."""
    note = f"pen: {TRAIN + TEST:,} digits drawn by a program, not written by people."
    train, test = _copy(_drawn(TRAIN, 0)), _copy(_drawn(TEST, 1))
    recipe = _recipe(TRAIN, TEST)
    return Source(tuple("0123456789"), train, test, notes=(note,), recipe=recipe)


def add_pen(mnist: Source, validation: int | None = None) -> Source:
    """Returns MNIST with drawn digits among the images for training and for validation.

    Raises SettingError, before anything is drawn, unless ``validation`` is None or their number.
    """
    (train, held_out, test), _ = make_parts(mnist)
    check_own_validation(len(held_out) + ADDED_VALIDATION, validation)
    drawn = f"{ADDED_TRAIN:,} training and {ADDED_VALIDATION:,} validation images"
    note = f"mnist+pen: {drawn} are drawn by a program; the test images are MNIST's."
    return Source(
        mnist.classes,
        join(train, _drawn(ADDED_TRAIN, 2)),
        test,
        join(held_out, _drawn(ADDED_VALIDATION, 3)),
        notes=(*mnist.notes, note),
        recipe=f"{identify(mnist)}\n{_recipe(ADDED_TRAIN, ADDED_VALIDATION)}",
    )


def _recipe(*counts: int) -> str:
    table = TABLE.read_text(encoding="utf-8")
    return f"pen {VERSION}, {' and '.join(map(str, counts))} of seed {SEED}\n{table}"


def _copy(split: Split) -> Split:
    """Returns images that the caller may change."""
    return Split(split.images.copy(), split.labels.copy())


@lru_cache(maxsize=4)
def _drawn(count: int, number: int) -> Split:
    """Draws the images of one set, once in a process."""
    seed = np.random.SeedSequence(SEED, spawn_key=(number,))
    return draw_digits(count, rng=np.random.default_rng(seed))
