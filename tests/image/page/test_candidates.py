"""Candidates of a row: always the whole marks, the right cut among the others, tails shortened."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from inkling._types import ByteArray
from inkling.image.page.candidates import Row
from inkling.image.page.segment import segment


def only_row(gray: ByteArray) -> Row:
    """The row of a page that has one."""
    (row,) = segment(gray).rows
    return row


@pytest.mark.parametrize(
    ("digits", "seed"), [("37", 0), ("62", 1), ("85", 2), ("65", 3), ("29", 4)]
)
def test_touching_digits_are_among_the_candidates(
    digits: str, seed: int, page: Callable[..., Any]
) -> None:
    """Two digits that overlap a little are one mark; cut, each of them is a candidate."""
    written = page([digits], seed, gap=-0.25, height=60)
    row = only_row(written.gray)
    assert len(row.marks) == 1
    lattice = row.lattice(cut=[0])
    pieces = [candidate.box for candidate in lattice.candidates if candidate.cut > 0]
    for box in written.boxes[0]:
        assert np.abs(np.subtract(pieces, box)).max(axis=1).min() <= 15  # a quarter of a digit


def test_any_choice_of_cuts_can_be_read(page: Callable[..., Any]) -> None:
    """From the first piece to the last, whichever marks are cut; no cut candidate is far too wide."""
    row = only_row(page(["83064"], gap=-0.2, height=60).gray)
    for cut in ([], [0], range(len(row.marks))):
        lattice = row.lattice(cut)
        chosen = [
            lattice.candidates[number] for number in lattice.choose([1.0] * len(lattice.candidates))
        ]
        assert chosen[0].first == 0
        assert chosen[-1].stop == lattice.pieces
        assert all(one.stop == other.first for one, other in itertools.pairwise(chosen))
        assert all(c.ink.max() == 255 for c in lattice.candidates)
        assert all(c.ink.shape[1] <= 1.7 * row.height for c in lattice.candidates if c.cut)


def test_a_long_tail_is_shortened() -> None:
    """The ink ends at 1.3 row heights; the box does not."""
    gray = np.full((220, 300), 230, dtype=np.uint8)
    for left in (40, 90, 140):
        gray[40:80, left : left + 24] = 40
        gray[44:76, left + 4 : left + 20] = 230
    gray[40:160, 210:214] = 40  # a stroke three times as long
    tail = only_row(gray).lattice().candidates[-1]
    assert tail.box == (210, 40, 214, 160)
    assert tail.ink.shape[0] == pytest.approx(1.3 * 40 + 4, abs=1)


def test_nearby_marks_are_offered_as_one() -> None:
    """Two halves that nearly touch, not two digits half a width apart."""
    gray = np.full((120, 260), 230, dtype=np.uint8)
    for left in (40, 58, 120, 150):
        gray[40:80, left : left + 4] = gray[40:44, left : left + 16] = 40
        gray[76:80, left : left + 16] = 40
    spans = {(c.first, c.stop) for c in only_row(gray).lattice().candidates}
    assert spans == {(0, 1), (1, 2), (2, 3), (3, 4), (0, 2)}
