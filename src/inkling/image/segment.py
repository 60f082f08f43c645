"""From a photograph to candidates for digits, in reading order.

    grey → shrink → find_ink → join_parts → find_rows → cut what is wide → rows of candidates

Pixels alone cannot tell a 4 that touches a 5 from an odd kind of 9. So a row is given as pieces, and as
candidates that cover one or several neighbouring pieces; to read the row is to choose candidates that
cover each piece once. ``recognize.py`` makes that choice with the network; this file knows pixels only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from inkling._checks import check_shape, complain
from inkling._types import ByteArray
from inkling.errors import ShapeError
from inkling.image.components import Box
from inkling.image.filters import dilate, resample
from inkling.image.ink import Strokes, find_ink
from inkling.image.light import BoolArray
from inkling.image.rows import Mark, drop_cut_off, find_marks, find_rows, join_parts
from inkling.image.touching import Cut, find_cuts

LONGEST = 1600
"""Longer side, in pixels, to which a picture is shrunk: digits of 5 mm on a sheet of A4 keep 27."""
SMALLEST_PICTURE = 8
"""Shorter side below which no digit fits in."""
CUT_FROM = 0.7
"""Width, in row heights, from which on cuts are offered."""
WIDEST = 1.6
"""Width, in row heights, of the widest candidate that comes from a cut."""
LOWEST = 0.35
"""Height, in row heights, of the lowest one."""
NEAR, WIDEST_JOINED = 0.08, 1.15
"""Gap between two marks, and width of both, in row heights, up to which they may be one digit."""


@dataclass(frozen=True)
class Candidate:
    """What may be one digit.

    Attributes:
        first: the first piece of the row that it covers.
        stop: the piece after its last.
        box: (left, top, right, bottom), in pixels of the picture given.
        ink: (h, w), uint8, paper 0, its own ink alone with paper around; ready for ``normalize``.
        width: its width in row heights.
        cut: ink that was cut through on both sides together, in pens; 0 where nothing was cut.
        joined: whether it joins marks that do not touch.
    """

    first: int
    stop: int
    box: Box
    ink: ByteArray
    width: float
    cut: float = 0.0
    joined: bool = False


@dataclass(frozen=True)
class Row:
    """A row of writing.

    Attributes:
        pieces: how many pieces it has, from left to right.
        height: the height of its digits, in pixels of the picture given.
        candidates: what may be digits, sorted by ``first``; some of them always cover all pieces
            without gap or overlap.
    """

    pieces: int
    height: float
    candidates: tuple[Candidate, ...]


def segment(grey: ByteArray) -> list[Row]:
    """Finds what may be digits in a picture.

    Args:
        grey: (H, W), uint8, upright; dark on light or light on dark, in any light.

    Returns:
        Rows from top to bottom, each from left to right; none where there is no writing.

    Raises:
        ShapeError: the image is not a (H, W) array of uint8 with at least one pixel.

    Example:
        >>> page = np.full((100, 160), 230, dtype=np.uint8)
        >>> page[30:70, 40:44] = page[30:70, 100:104] = 40  # two upright strokes
        >>> [[candidate.box for candidate in row.candidates] for row in segment(page)]
        [[(40, 30, 44, 70), (100, 30, 104, 70)]]
    """
    _check_image(grey)
    if min(grey.shape) < SMALLEST_PICTURE:
        return []
    small = _shrink(grey)
    strokes = find_ink(small)
    if strokes.writing is None:
        return []
    writing = strokes.writing
    marks = find_marks(strokes.components, writing.kept, writing.at_edge)
    marks = join_parts(marks, writing.height)
    rows = drop_cut_off(find_rows(marks, writing.height), writing.height)
    scale = (grey.shape[1] / small.shape[1], grey.shape[0] / small.shape[0])
    return [_RowBuilder(strokes, row, scale).build() for row in rows]


def _shrink(grey: ByteArray) -> ByteArray:
    factor = LONGEST / max(grey.shape)
    if factor >= 1:
        return grey
    height, width = (max(SMALLEST_PICTURE, round(side * factor)) for side in grey.shape)
    return resample(grey, (height, width))


class _RowBuilder:
    """Collects the candidates of one row."""

    def __init__(self, strokes: Strokes, marks: list[Mark], scale: tuple[float, float]) -> None:
        assert strokes.writing is not None
        self.ink, self.components = strokes.ink, strokes.components
        self.pen, self.scale = strokes.writing.pen, scale
        self.marks = sorted(marks, key=lambda mark: mark.box[0] + mark.box[2])
        tall = [m.height for m in marks if m.height > 0.5 * strokes.writing.height]
        self.height = float(np.median(tall)) if tall else strokes.writing.height
        self.candidates: list[Candidate] = []

    def build(self) -> Row:
        """Makes the candidates of every mark, and of neighbours that may belong together."""
        pieces = 0
        before: tuple[Mark, int] | None = None
        for mark in self.marks:
            mask = self.components.mask(mark.parts, mark.box)
            cuts = []
            if mark.width > CUT_FROM * self.height:
                cuts = find_cuts(mask, self.height, self.pen)
            self._add_pieces(mark, mask, cuts, pieces)
            stop = pieces + len(cuts) + 1
            if before is not None:
                self._add_joined(*before, mark, stop)
            before, pieces = (mark, pieces), stop
        self.candidates.sort(key=lambda candidate: candidate.first)
        return Row(pieces, self.height * self.scale[1], tuple(self.candidates))

    def _add_pieces(self, mark: Mark, mask: BoolArray, cuts: list[Cut], start: int) -> None:
        """Adds every run of neighbouring pieces of a mark that may be a digit."""
        height, width = mask.shape
        sides = [np.zeros(height), *(cut.columns for cut in cuts), np.full(height, width)]
        depths = [0.0, *(cut.depth for cut in cuts), 0.0]
        columns = np.arange(width)
        for first in range(len(cuts) + 1):
            for stop in range(first + 1, len(cuts) + 2):
                within = (columns >= sides[first][:, None]) & (columns < sides[stop][:, None])
                whole = stop - first == len(cuts) + 1
                if whole or self._is_digit_sized(mask & within):
                    depth = depths[first] + depths[stop]
                    self._add(start + first, start + stop, mark.box, mask & within, depth)

    def _is_digit_sized(self, mask: BoolArray) -> bool:
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        return (
            len(rows) >= LOWEST * self.height and int(np.ptp(columns)) + 1 <= WIDEST * self.height
        )

    def _add_joined(self, before: Mark, first: int, mark: Mark, stop: int) -> None:
        """Adds two neighbouring marks as one digit, where they are near enough."""
        both = before.joined(mark)
        gap = mark.box[0] - before.box[2]
        if gap < NEAR * self.height and both.width < WIDEST_JOINED * self.height:
            mask = self.components.mask(both.parts, both.box)
            self._add(first, stop, both.box, mask, joined=True)

    def _add(
        self,
        first: int,
        stop: int,
        box: Box,
        mask: BoolArray,
        cut: float = 0.0,
        joined: bool = False,
    ) -> None:
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if not len(rows):
            return
        mask = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        left, top = box[0] + int(columns[0]), box[1] + int(rows[0])
        tight = (left, top, left + mask.shape[1], top + mask.shape[0])
        ink = own_ink(self.ink, mask, left, top)
        width = mask.shape[1] / self.height
        self.candidates.append(
            Candidate(first, stop, self._enlarged(tight), ink, width, cut, joined)
        )

    def _enlarged(self, box: Box) -> Box:
        """The box in pixels of the picture before it was shrunk."""
        x, y = self.scale
        left, top, right, bottom = box
        return (
            int(left * x),
            int(top * y),
            math.ceil(right * x - 1e-6),
            math.ceil(bottom * y - 1e-6),
        )


def own_ink(ink: ByteArray, mask: BoolArray, left: int, top: int) -> ByteArray:
    """Cuts the ink of one candidate out of a picture, without that of its neighbours.

    Args:
        ink: (H, W), uint8, the picture's ink.
        mask: (h, w), bool, the candidate's strokes.
        left: column of the mask's left side in the picture.
        top: row of its top.

    Returns:
        (h + 4, w + 4), uint8: the strokes and their soft edge, one pixel wide, with two pixels of paper
        around; the ink that three quarters of the strokes do not reach becomes 255.
    """
    height, width = mask.shape
    framed = np.zeros((height + 4, width + 4), dtype=np.uint8)
    framed[2:-2, 2:-2] = mask
    around = np.zeros_like(framed)
    above, before = max(2 - top, 0), max(2 - left, 0)
    seen = ink[max(top - 2, 0) : top + height + 2, max(left - 2, 0) : left + width + 2]
    around[above : above + seen.shape[0], before : before + seen.shape[1]] = seen
    strongest = np.percentile(around[framed > 0], 75)
    level = np.minimum(around * np.float32(255 / strongest), 255)
    return (level * (dilate(framed, 1) > 0)).astype(np.uint8)


def _check_image(grey: ByteArray) -> None:
    if not isinstance(grey, np.ndarray) or grey.dtype != np.uint8:
        got = grey.dtype if isinstance(grey, np.ndarray) else type(grey).__name__
        advice = "open_image turns any picture into one"
        raise ShapeError(complain("segment", "an image as an array of uint8", got, advice))
    check_shape("segment", "an image", grey, ("H", "W"), "open_image turns colours into grey")
    if grey.size == 0:
        raise ShapeError(complain("segment", "an image of at least one pixel", grey.shape))
