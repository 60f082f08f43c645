"""Reading order: parts join their digit, rows may slope, what the edge cuts off is dropped."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.image.page.rows import Mark, drop_cut_off, find_rows, join_parts

OTHERS = [(60, 20, 80, 60), (100, 20, 120, 60)]


def marks_of(boxes: list[tuple[int, int, int, int]]) -> list[Mark]:
    """Marks of one component each."""
    return [Mark((number,), box) for number, box in enumerate(boxes)]


def test_a_bar_joins_the_nearest_digit() -> None:
    """The bar of a 5 between two digits; a speck, and a bar between two rows, are dropped."""
    digits = [(10, 20, 30, 60), (36, 20, 60, 60), (100, 20, 120, 75), (100, 108, 120, 163)]
    marks = marks_of([*digits, (56, 16, 74, 20), (90, 90, 93, 93), (102, 85, 118, 88)])
    joined = join_parts(marks, 40)
    assert [mark.box for mark in joined] == [digits[0], (36, 16, 74, 60), *digits[2:]]
    assert joined[1].parts == (1, 4)


def test_two_halves_of_an_eight() -> None:
    """They are joined if one is above the other; two digits above each other are too tall."""
    joined = join_parts(marks_of([(10, 20, 30, 39), (11, 40, 31, 60), *OTHERS]), 40)
    assert sorted(mark.box for mark in joined) == [(10, 20, 31, 60), *OTHERS]
    assert len(join_parts(marks_of([(10, 20, 30, 39), (32, 40, 52, 60), *OTHERS]), 40)) == 4
    assert len(join_parts(marks_of([(10, 20, 30, 60), (10, 62, 30, 102), *OTHERS]), 40)) == 4


@pytest.mark.parametrize("slope", [-0.35, 0.0, 0.1, 0.35])
def test_rows_that_slope(slope: float) -> None:
    """Three rows of nine digits, from marks in any order."""
    rng = np.random.default_rng(4)
    boxes = []
    for row in range(3):
        for place in range(9):
            x = 40 + 44 * place + int(rng.integers(-4, 5))
            y = 200 + 75 * row + int(slope * x) + int(rng.integers(-5, 6))
            boxes.append((x, y, x + 26, y + int(rng.integers(34, 46))))
    marks = [Mark((int(number),), boxes[number]) for number in rng.permutation(27)]
    found = [[mark.parts[0] for mark in row] for row in find_rows(marks, 40)]
    assert found == np.arange(27).reshape(3, 9).tolist()


def test_a_long_tail_does_not_pull_its_row_down() -> None:
    """A 9 whose tail reaches the next row stays in its own, and so do all other digits."""
    first = [(20, 20, 40, 60), (60, 20, 80, 105), (100, 20, 120, 60)]
    second = [(20, 95, 40, 135), (100, 95, 120, 135), (140, 95, 160, 135)]
    rows = find_rows(marks_of(first + second), 40)
    assert [[mark.box for mark in row] for row in rows] == [first, second]


def test_a_wide_gap_does_not_end_a_row() -> None:
    """Two groups of digits at one height are one row; without marks there are no rows."""
    rows = find_rows(marks_of([(20, 20, 40, 60), (60, 22, 80, 62), (400, 18, 420, 58)]), 40)
    assert [len(row) for row in rows] == [3]
    assert find_rows(join_parts([], 40), 40) == []


def test_what_the_edge_cuts_off() -> None:
    """Alone it is dropped, beside a whole digit it stays; if all is cut off, all stays."""
    whole = Mark((0,), (60, 20, 80, 60))
    near = Mark((1,), (0, 20, 15, 60), at_edge=True)
    far = Mark((2,), (0, 220, 15, 260), at_edge=True)
    assert drop_cut_off([[near, whole], [far]], 40) == [[near, whole]]
    assert drop_cut_off([[near], [far]], 40) == [[near], [far]]
