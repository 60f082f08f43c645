"""All ways to read one row, and the choice of the best one.

    pieces 0 1 2 3 … → candidates 0–1, 0–2, 1–2, … each with a cost → choose

A candidate for a digit covers one or several adjacent pieces. ``candidates.py`` makes the candidates;
``recognize/`` computes their costs with the network.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from inkling._types import ByteArray
from inkling.image.page.components import Box


@dataclass(frozen=True)
class Candidate:
    """What may be one digit."""

    first: int  # the first piece of the row that it covers
    stop: int  # the piece after its last
    box: Box  # in pixels of the original image
    ink: ByteArray  # (h, w), paper 0, its own ink with paper around; ready for ``normalize``
    width: float  # in usual widths of a digit of this row
    cut: float  # how many strokes were cut through on both sides together; 0 if it was not cut


@dataclass(frozen=True)
class Lattice:
    """All ways to read a row; some candidates always cover all pieces without gap or overlap."""

    pieces: int  # how many, from left to right
    candidates: tuple[Candidate, ...]  # sorted by ``first``

    def choose(self, costs: Sequence[float]) -> list[int]:
        """Covers every piece exactly once with the candidates whose costs have the smallest sum.

            best[stop] = min over candidates ending at stop of best[first] + cost

        Returns the numbers of the candidates from left to right.
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
