"""Choosing among the ways to read a row: always the cheapest of all of them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.image.page.lattice import Candidate, Lattice

INK = np.zeros((3, 3), dtype=np.uint8)


@st.composite
def lattices(draw: st.DrawFn) -> tuple[Lattice, list[float]]:
    """Up to five pieces, each of which can be read alone, and any longer candidates."""
    pieces = draw(st.integers(1, 5))
    spans = [(piece, piece + 1) for piece in range(pieces)]
    longer = [(first, stop) for first in range(pieces) for stop in range(first + 2, pieces + 1)]
    spans += draw(st.lists(st.sampled_from(longer), max_size=9)) if longer else []
    candidates = tuple(Candidate(*span, (0, 0, 3, 3), INK, 1.0, 0.0) for span in sorted(spans))
    costs = draw(st.lists(st.floats(0, 9), min_size=len(candidates), max_size=len(candidates)))
    return Lattice(pieces, candidates), costs


@settings(deadline=None)
@given(drawn=lattices())
def test_no_other_choice_is_cheaper(drawn: tuple[Lattice, list[float]]) -> None:
    """All ways to cover the pieces are tried one by one."""
    lattice, costs = drawn
    chosen = lattice.choose(costs)

    def covers(numbers: tuple[int, ...]) -> bool:
        way = [lattice.candidates[number] for number in numbers]
        return [0, *(c.stop for c in way)] == [*(c.first for c in way), lattice.pieces]

    lengths = range(1, lattice.pieces + 1)
    everyone = range(len(lattice.candidates))
    ways = [way for n in lengths for way in itertools.combinations(everyone, n) if covers(way)]
    cheapest = min(sum(costs[number] for number in way) for way in ways)
    assert tuple(chosen) in ways
    assert sum(costs[number] for number in chosen) == pytest.approx(cheapest)
