"""Candidates of a row: always the whole marks, the right cut among the others, tails shortened."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

from inkling._types import ByteArray
from inkling.errors import ImageTooLargeError
from inkling.image.page import candidates
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


def test_a_row_that_is_offered_twice_has_the_same_whole_marks(page: Callable[..., Any]) -> None:
    """As a row of its own offers them, bit for bit."""
    gray = page(["83064"], gap=-0.2, height=60).gray
    row = only_row(gray)
    first, second = row.lattice().candidates, row.lattice(cut=range(len(row.marks))).candidates
    fresh = only_row(gray).lattice(cut=range(len(row.marks))).candidates
    assert len(second) > len(first)
    for candidate, other in zip(second, fresh, strict=True):
        assert (candidate.first, candidate.stop, candidate.box) == (
            other.first,
            other.stop,
            other.box,
        )
        np.testing.assert_array_equal(candidate.ink, other.ink)


def test_the_work_for_a_picture_is_bounded(
    page: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All rows of a picture together: whole marks, searches for cuts, and the pieces between them."""
    gray = page(["83064", "97135"], gap=-0.2, height=60).gray
    rows = segment(gray).rows
    whole = sum(len(row.lattice().candidates) for row in rows)
    most = rows[0].effort.left + whole
    for row in rows:
        row.lattice(cut=range(len(row.marks)))
    used = most - rows[0].effort.left
    assert used > 2 * whole
    for limit, fits in ((used, True), (used - 1, False)):
        monkeypatch.setattr(candidates, "MOST", limit)
        rows = segment(gray).rows
        with nullcontext() if fits else pytest.raises(ImageTooLargeError, match=f"most {limit} m"):
            for row in rows:
                row.lattice(cut=range(len(row.marks)))


def test_a_full_page_is_within_the_bound() -> None:
    """A thousand digits, a tenth of which are cut in every way."""
    gray = np.full((1550, 1550), 230, dtype=np.uint8)
    for left in range(20, 1520, 50):
        for top in range(20, 1520, 44):
            gray[top : top + 28, left : left + 3] = gray[top : top + 3, left : left + 21] = 40
    rows = segment(gray).rows
    assert sum(len(row.marks) for row in rows) > 1_000
    for row in rows:
        row.lattice(cut=range(0, len(row.marks), 10))
