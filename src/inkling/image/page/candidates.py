"""Candidates for digits in one row: each mark whole, cut in every sensible way, or joined with the next.

    marks of a row → find_cuts → pieces from left to right → candidates of one or several pieces

Whole marks are offered first; only marks with a low confidence are cut, because most digits do not
touch others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import reduce

import numpy as np

from inkling._checks import complain
from inkling._types import BoolArray, ByteArray
from inkling.errors import ImageTooLargeError
from inkling.image.normalize import bounding_box
from inkling.image.page.components import Components
from inkling.image.page.cut_outs import Frame, own_ink, without_fragments
from inkling.image.page.ink import Strokes
from inkling.image.page.lattice import Candidate, Lattice
from inkling.image.page.rows import Mark
from inkling.image.page.touching import Cut, find_cuts
from inkling.image.page.writing import Writing

# All of these are in row heights, unless stated otherwise.
CUT_FROM = 0.7  # width from which on a mark is cut
WIDEST, LOWEST = 1.6, 0.35  # width of the widest, height of the lowest candidate from a cut
NEAR, WIDEST_JOINED = 0.08, 1.15  # gap between two marks, and width of both, if they are one digit
LONG, SHORTENED = 1.6, 1.3  # a longer digit's tail is cut off at 1.3, since MNIST has no such tails
TAIL = 1.8  # most ink of a tail, a single stroke that may be slanted, in pens per row of pixels
USUAL = 0.6  # usual width of a digit, if the row is too short to measure it
MOST, SEARCH = 6_000, 3  # tries per picture; what the search for the cuts of a mark counts
NARROW = 0.22  # width below which a mark is a 1 and does not indicate the other digits' width


class Effort:
    """What may still be tried in a picture; its rows share one, so that no picture takes too long."""

    def __init__(self) -> None:
        self.left: int = MOST

    def spend(self, tries: int) -> None:
        """Raises ImageTooLargeError if the picture has far more that may be digits than a page has."""
        self.left -= tries
        if self.left < 0:
            expected = f"at most {MOST:,} marks and parts of marks that may be digits"
            advice = "cut the picture into several"
            raise ImageTooLargeError(complain("picture", expected, "more", advice))


class Row:
    """A row of marks, which can be read in several ways."""

    def __init__(
        self,
        strokes: Strokes,
        writing: Writing,
        marks: list[Mark],
        frame: Frame,
        effort: Effort,
        in_cells: bool = False,
    ) -> None:
        self.ink: ByteArray = strokes.ink
        self.components: Components = strokes.components
        self.pen: float = writing.pen
        self.frame = frame
        self.effort: Effort = effort
        self.in_cells: bool = in_cells  # of a printed frame
        self._known: dict[tuple[int, ...], Candidate] = {}
        self.marks: list[Mark] = sorted(marks, key=lambda mark: mark.box[0] + mark.box[2])
        tall = [mark.height for mark in marks if mark.height > 0.5 * writing.height]
        self.height: float = float(np.median(tall)) if tall else writing.height
        # Parts of one digit, such as the stem of an open 4, are lower than it is.
        self.may_be_one: bool = _fits_one_digit(reduce(Mark.joined, marks), self.height)
        widths = [mark.width / self.height for mark in marks]
        # Two usual widths are included, so that a short row of wide marks does not define wide digits.
        self.usual: float = float(np.median([USUAL, USUAL, *(w for w in widths if w > NARROW)]))

    def lattice(self, cut: Collection[int] = ()) -> Lattice:
        """Offers every mark whole, neighbors that nearly touch as one, and the marks ``cut`` in pieces.

        Marks are numbered from left to right.
        """
        candidates: list[Candidate] = []
        pieces = 0
        before: tuple[Mark, int] | None = None
        for number, mark in enumerate(self.marks):
            wide = mark.width > CUT_FROM * self.height
            cuts = self._cuts(mark) if number in cut and wide else []
            stop = pieces + len(cuts) + 1
            candidates += self._pieces(mark, cuts, pieces)
            if before is not None:
                candidates += self._joined(*before, mark, stop)
            before, pieces = (mark, pieces), stop
        candidates.sort(key=lambda candidate: candidate.first)
        return Lattice(pieces, tuple(candidates))

    def _cuts(self, mark: Mark) -> list[Cut]:
        self.effort.spend(SEARCH)
        return find_cuts(self.components.mask(mark.parts, mark.box), self.height, self.pen)

    def _pieces(self, mark: Mark, cuts: list[Cut], start: int) -> Iterator[Candidate]:
        """Yields the whole mark, and every run of its adjacent pieces that may be a digit."""
        if not cuts:
            yield self._uncut(start, start + 1, mark)
            return
        mask = self.components.mask(mark.parts, mark.box)
        height, width = mask.shape
        ends = [np.zeros(height), *(cut.columns for cut in cuts), np.full(height, width)]
        sides = np.array(ends, dtype=np.int64)
        depths = [0.0, *(cut.depth for cut in cuts), 0.0]
        columns = np.arange(width)
        narrow = (sides - sides[:, None]).min(axis=2) <= WIDEST * self.height
        narrow[0, -1] = True  # the whole mark, however wide
        runs = np.argwhere(np.triu(narrow, 1)).tolist()
        self.effort.spend(len(runs))
        for first, stop in runs:
            if stop - first == len(cuts) + 1:
                yield self._uncut(start, start + stop, mark)
                continue
            left, right = sides[first][:, None], sides[stop][:, None]
            near = slice(int(left.min()), int(right.max()))
            here = columns[near]
            part = mask[:, near] & (here >= left) & (here < right)
            if not self._is_high(part):
                continue
            along = (here == left) & (first > 0)
            along |= (here == right - 1) & (stop <= len(cuts))
            part = without_fragments(part, along)
            if self._is_high(part) and self._is_narrow(part):
                cut = depths[first] + depths[stop]
                x = mark.box[0] + near.start
                yield self._candidate(start + first, start + stop, x, mark.box[1], part, cut)

    def _is_high(self, mask: BoolArray) -> bool:
        return int(mask.any(axis=1).sum()) >= LOWEST * self.height

    def _is_narrow(self, mask: BoolArray) -> bool:
        columns = np.flatnonzero(mask.any(axis=0))
        return int(np.ptp(columns)) + 1 <= WIDEST * self.height

    def _joined(self, before: Mark, first: int, mark: Mark, stop: int) -> Iterator[Candidate]:
        """Yields two neighboring marks as one digit if they are near enough."""
        both = before.joined(mark)
        gap = mark.box[0] - before.box[2]
        if gap < NEAR * self.height and _fits_one_digit(both, self.height):
            yield self._uncut(first, stop, both)

    def _uncut(self, first: int, stop: int, mark: Mark) -> Candidate:
        """Returns a mark whole, the same one each time the row is offered."""
        known = self._known.get(mark.parts)
        if known is None:
            self.effort.spend(1)
            mask = self.components.mask(mark.parts, mark.box)
            known = self._known[mark.parts] = self._candidate(
                first, stop, *mark.box[:2], mask, cut=0.0
            )
        return replace(known, first=first, stop=stop)

    def _candidate(
        self, first: int, stop: int, x: int, y: int, mask: BoolArray, cut: float
    ) -> Candidate:
        rows, columns = bounding_box(mask)
        mask = mask[rows, columns]
        left, top = x + int(columns.start), y + int(rows.start)
        tight = (left, top, left + mask.shape[1], top + mask.shape[0])
        height = max(self.height, mask.shape[0]) if self.may_be_one else self.height
        width = mask.shape[1] / (self.usual * height)
        ink = own_ink(self.ink, self._without_tail(mask), left, top)
        return Candidate(first, stop, self.frame.original(tight), ink, width, cut)

    def _without_tail(self, mask: BoolArray) -> BoolArray:
        """Shortens a digit with a long tail, whose head would be tiny in 28 × 28 pixels."""
        body = round(SHORTENED * self.height)
        tail = mask[body:]
        long = len(mask) > LONG * self.height and tail.sum() <= TAIL * self.pen * len(tail)
        return mask[:body] if long else mask


def _fits_one_digit(mark: Mark, height: float) -> bool:
    """Whether a mark is not too wide for one digit of its own height or that of its row."""
    return mark.width < WIDEST_JOINED * max(height, mark.height)
