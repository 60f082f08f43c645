"""The ways to read one row, and the likeliest of them.

    pieces 0 1 2 3 … → candidates 0–1, 0–2, 1–2, … each with a cost → choose

A row is made of pieces from left to right; a candidate for a digit covers one or several neighbouring
ones. All candidates are offered and none is preferred here: what each costs, the network says.
``candidates.py`` makes them, ``recognize.py`` chooses.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from inkling._types import ByteArray
from inkling.image.page.components import Box


@dataclass(frozen=True)
class Candidate:
    """What may be one digit.

    Attributes:
        first: the first piece of the row that it covers.
        stop: the piece after its last.
        box: (left, top, right, bottom), in pixels of the picture given.
        ink: (h, w), uint8, paper 0, its own ink alone with paper around; ready for ``normalize``.
        width: its width, in widths that digits of this row usually have.
        cut: what was cut through on both sides together, in strokes; 0 where nothing was cut.
    """

    first: int
    stop: int
    box: Box
    ink: ByteArray
    width: float
    cut: float


@dataclass(frozen=True)
class Lattice:
    """The ways to read a row.

    Attributes:
        pieces: how many pieces the row has, from left to right.
        candidates: what may be digits, sorted by ``first``; some of them always cover all pieces
            without gap or overlap.
    """

    pieces: int
    candidates: tuple[Candidate, ...]

    def choose(self, costs: Sequence[float]) -> list[int]:
        """Covers every piece exactly once, with the candidates whose costs have the smallest sum.

            best[stop] = min over candidates ending at stop of best[first] + cost

        Args:
            costs: what each candidate costs, finite.

        Returns:
            The numbers of the candidates from left to right.

        Example:
            >>> import numpy as np
            >>> ink = np.zeros((1, 1), dtype=np.uint8)
            >>> spans = [(0, 1), (0, 2), (1, 2)]  # two halves, and both as one
            >>> ways = Lattice(2, tuple(Candidate(*s, (0, 0, 1, 1), ink, 1, 0) for s in spans))
            >>> ways.choose([0.2, 0.9, 0.3]), ways.choose([0.2, 0.4, 0.3])
            ([0, 2], [1])
        """
        best = [0.0] + [math.inf] * self.pieces
        last = [0] * (self.pieces + 1)
        for number, candidate in enumerate(self.candidates):
            total = best[candidate.first] + costs[number]
            if total < best[candidate.stop]:
                best[candidate.stop], last[candidate.stop] = total, number
        chosen: list[int] = []
        place = self.pieces
        while place > 0:
            chosen.append(last[place])
            place = self.candidates[last[place]].first
        return chosen[::-1]
