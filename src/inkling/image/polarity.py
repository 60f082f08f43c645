"""Polarity: is the writing darker than what it stands on, or brighter?

Neither the picture's edge nor its mean can say so: a dark table surrounds white paper, a shadow covers
half of it, and one stroke is hardly any ink. Two signs are weighed instead. Strokes are narrower than
the gaps between them, which decides on pages full of writing; and ink differs from the paper around it
to one side, which decides on large single digits. ``light.py`` then takes all writing for dark.
"""

from __future__ import annotations

import numpy as np

from inkling._types import ByteArray
from inkling.image.page.filters import close, shrink

STROKE_SIDE = 800
"""Longer side, in pixels, of the copy on which strokes are looked at; thin pens still show there."""
SURROUNDINGS_SIDE = 400
"""Longer side of the copy on which surroundings are looked at."""
BLOCKS = 8
"""Surroundings are three of eight such parts of the longer side: wider than a large digit's strokes."""
SURROUNDINGS_WEIGHT = 0.08
"""Weight of the second sign against the first. On 240 drawn-up pages and 1,800 single digits the two
together erred 7 times, all of them crops without any margin; alone they erred 36 and 38 times."""


def is_light_on_dark(grey: ByteArray) -> bool:
    """Says whether the writing is brighter than what it stands on.

    Args:
        grey: (H, W), uint8.

    Returns:
        True for chalk on a blackboard, False for ink on paper and for an empty picture.

    Example:
        >>> board = np.full((60, 60), 40, dtype=np.uint8)
        >>> board[10:50, 20:23] = 220
        >>> is_light_on_dark(board), is_light_on_dark(255 - board)
        (True, False)
    """
    return _narrower(grey) + SURROUNDINGS_WEIGHT * _beside_paper(grey) > 0


def _narrower(grey: ByteArray) -> float:
    """Positive where bright structures are narrower than dark ones.

    Windows are tried from narrow to wide; each fills what is narrower than itself. The narrower a
    window, the more it counts which polarity it fills more.
    """
    grey = shrink(grey, max(1, round(max(grey.shape) / STROKE_SIDE)))
    faintest = _faintest(grey)
    filled = []
    half = 1
    while half <= max(1, min(grey.shape) // 6):
        both = (close(grey, half) - grey, close(255 - grey, half) - (255 - grey))
        filled.append([float(ink[ink > faintest].sum(dtype=np.int64)) for ink in both])
        half *= 2
    dark, light = np.array(filled).T
    # A window too narrow for any stroke fills corners only, and should not decide.
    negligible = 0.1 * max(dark[-1], light[-1]) + 1e-9
    weights = 0.5 ** np.arange(len(dark))
    return float(weights @ ((light - dark) / (light + dark + negligible)))


def _beside_paper(grey: ByteArray) -> float:
    """From −1, where all that differs from its surroundings is darker, to 1, where all is brighter."""
    grey = shrink(grey, max(1, round(max(grey.shape) / SURROUNDINGS_SIDE)))
    faintest = _faintest(grey)
    block = max(4, max(grey.shape) // BLOCKS)
    dark = light = 0.0
    for top in range(0, grey.shape[0], block):
        for left in range(0, grey.shape[1], block):
            around = grey[
                max(top - block, 0) : top + 2 * block, max(left - block, 0) : left + 2 * block
            ]
            inside = grey[top : top + block, left : left + block]
            away = inside - np.float32(np.median(around))
            light += float(away[away > faintest].sum())
            dark -= float(away[away < -faintest].sum())
    return (light - dark) / (light + dark + 1e-9)


def _faintest(grey: ByteArray) -> float:
    """The contrast that counts: above the picture's grain."""
    steps = np.abs(np.diff(grey[::2].astype(np.int16), axis=1))
    return max(10.0, 5 * float(np.median(steps))) if steps.size else 10.0
