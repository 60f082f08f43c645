"""What may be a digit in one row: each mark whole, cut in every sensible way, or joined with the next.

    marks of a row → find_cuts → pieces from left to right → candidates of one or several pieces

Whole marks are offered first; only where the network doubts them are they cut (``touching.py``), since
most digits stand alone. ``lattice.py`` holds the candidates, ``segment.py`` makes the rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from inkling._types import ByteArray
from inkling.image.page.components import Box, Components
from inkling.image.page.cut_outs import Frame, own_ink, without_crumbs
from inkling.image.page.ink import Strokes
from inkling.image.page.lattice import Candidate, Lattice
from inkling.image.page.light import BoolArray
from inkling.image.page.rows import Mark
from inkling.image.page.touching import Cut, find_cuts

CUT_FROM = 0.7
"""Width, in row heights, from which on cuts are offered."""
WIDEST = 1.6
"""Width, in row heights, of the widest candidate that comes from a cut."""
LOWEST = 0.35
"""Height, in row heights, of the lowest one."""
NEAR, WIDEST_JOINED = 0.08, 1.15
"""Gap between two marks, and width of both, in row heights, up to which they may be one digit."""
LONG, SHORTENED = 1.6, 1.3
"""From 1.6 row heights on, the tail of a digit is cut off at 1.3: MNIST has no such tails."""
TAIL = 1.8
"""A tail is a single stroke: its ink a row is at most so many pens, a slanted one's."""
USUAL = 0.6
"""Width of a digit in row heights, where a row is too short to tell."""
NARROW = 0.22
"""Width, in row heights, below which a mark is a 1 and says nothing about the other digits' width."""


class Row:
    """A row of marks, which can be read in several ways.

    Args:
        strokes: the writing of the picture.
        marks: what stands in the row.
        height: the digits' common height in the picture, in pixels.
        pen: the pen's width in pixels.
        frame: how the picture lies in the original one.
    """

    def __init__(
        self, strokes: Strokes, marks: list[Mark], height: float, pen: float, frame: Frame
    ) -> None:
        self.ink: ByteArray = strokes.ink
        self.components: Components = strokes.components
        self.pen = pen
        self.frame = frame
        self.marks: list[Mark] = sorted(marks, key=lambda mark: mark.box[0] + mark.box[2])
        tall = [mark.height for mark in marks if mark.height > 0.5 * height]
        self.height: float = float(np.median(tall)) if tall else height
        widths = [mark.width / self.height for mark in marks]
        # Two usual ones weigh in, so that a short row of wide marks is not taken for wide digits.
        self.usual: float = float(np.median([USUAL, USUAL, *(w for w in widths if w > NARROW)]))

    def lattice(self, cut: Collection[int] = ()) -> Lattice:
        """Offers every mark whole, neighbours that nearly touch as one, and some marks cut.

        Args:
            cut: the numbers of the marks to cut, from left to right; with none, each mark is one piece.

        Returns:
            The candidates.
        """
        candidates: list[Candidate] = []
        pieces = 0
        before: tuple[Mark, int] | None = None
        for number, mark in enumerate(self.marks):
            mask = self.components.mask(mark.parts, mark.box)
            wide = mark.width > CUT_FROM * self.height
            cuts = find_cuts(mask, self.height, self.pen) if number in cut and wide else []
            stop = pieces + len(cuts) + 1
            candidates += self._pieces(mark, mask, cuts, pieces)
            if before is not None:
                candidates += self._joined(*before, mark, stop)
            before, pieces = (mark, pieces), stop
        candidates.sort(key=lambda candidate: candidate.first)
        return Lattice(pieces, tuple(candidates))

    def _pieces(
        self, mark: Mark, mask: BoolArray, cuts: list[Cut], start: int
    ) -> Iterator[Candidate]:
        """Every run of neighbouring pieces of a mark that may be a digit, the whole one always."""
        height, width = mask.shape
        sides = [np.zeros(height), *(cut.columns for cut in cuts), np.full(height, width)]
        depths = [0.0, *(cut.depth for cut in cuts), 0.0]
        columns = np.arange(width)
        for first in range(len(cuts) + 1):
            for stop in range(first + 1, len(cuts) + 2):
                whole = stop - first == len(cuts) + 1
                if not whole and (sides[stop] - sides[first]).min() > WIDEST * self.height:
                    continue  # far too wide; a long scribble has thousands of these
                left, right = sides[first][:, None], sides[stop][:, None]
                part = mask & (columns >= left) & (columns < right)
                if not whole:
                    along = (columns == left) & (first > 0)
                    along |= (columns == right - 1) & (stop <= len(cuts))
                    part = without_crumbs(part, along)
                if whole or self._is_digit_sized(part):
                    cut = depths[first] + depths[stop]
                    yield self._candidate(start + first, start + stop, mark.box, part, cut)

    def _is_digit_sized(self, mask: BoolArray) -> bool:
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        return (
            len(rows) >= LOWEST * self.height and int(np.ptp(columns)) + 1 <= WIDEST * self.height
        )

    def _joined(self, before: Mark, first: int, mark: Mark, stop: int) -> Iterator[Candidate]:
        """Two neighbouring marks as one digit, where they are near enough."""
        both = before.joined(mark)
        gap = mark.box[0] - before.box[2]
        if gap < NEAR * self.height and both.width < WIDEST_JOINED * max(self.height, both.height):
            mask = self.components.mask(both.parts, both.box)
            yield self._candidate(first, stop, both.box, mask, cut=0.0)

    def _candidate(self, first: int, stop: int, box: Box, mask: BoolArray, cut: float) -> Candidate:
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        mask = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        left, top = box[0] + int(columns[0]), box[1] + int(rows[0])
        tight = (left, top, left + mask.shape[1], top + mask.shape[0])
        width = mask.shape[1] / (self.usual * self.height)
        ink = own_ink(self.ink, self._without_tail(mask), left, top)
        return Candidate(first, stop, self.frame.original(tight), ink, width, cut)

    def _without_tail(self, mask: BoolArray) -> BoolArray:
        """Shortens a digit with a long tail, whose head would be tiny in 28 × 28 pixels."""
        body = round(SHORTENED * self.height)
        tail = mask[body:]
        long = len(mask) > LONG * self.height and tail.sum() <= TAIL * self.pen * len(tail)
        return mask[:body] if long else mask
