"""Reading order: bars and halves join their digit, rows climb and fall, the cut off is dropped."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.image.page.rows import Mark, drop_cut_off, find_rows, join_parts


def marks_of(boxes: list[tuple[int, int, int, int]], *, at_edge: bool = False) -> list[Mark]:
    """Marks of one component each."""
    return [Mark((number,), box, at_edge) for number, box in enumerate(boxes)]


def test_a_bar_joins_the_nearest_digit() -> None:
    """The bar of a 5 between two digits; a speck and a bar far away go."""
    digits = [(10, 20, 30, 60), (36, 20, 60, 60)]
    marks = marks_of([*digits, (56, 16, 74, 20), (90, 90, 93, 93), (200, 20, 220, 24)])
    joined = join_parts(marks, 40)
    assert [mark.box for mark in joined] == [(10, 20, 30, 60), (36, 16, 74, 60)]
    assert joined[1].parts == (1, 2)


def test_a_bar_that_belongs_to_no_digit() -> None:
    """A line between two rows that would make a digit far too tall is dropped."""
    marks = marks_of([(10, 20, 30, 75), (10, 108, 30, 163), (12, 85, 28, 88)])
    assert [mark.parts for mark in join_parts(marks, 40)] == [(0,), (1,)]


def test_two_halves_of_an_eight() -> None:
    """One upon the other; two rows are too tall together."""
    upper, lower = (10, 20, 30, 39), (11, 40, 31, 60)
    others = [(60, 20, 80, 60), (100, 20, 120, 60)]
    joined = join_parts(marks_of([upper, lower, *others]), 40)
    assert sorted(mark.box for mark in joined) == [(10, 20, 31, 60), *others]
    beside = marks_of([(10, 20, 30, 39), (32, 40, 52, 60), *others])
    assert len(join_parts(beside, 40)) == 4
    rows = marks_of([(10, 20, 30, 60), (10, 62, 30, 102), *others])
    assert len(join_parts(rows, 40)) == 4


@pytest.mark.parametrize("slope", [-0.35, -0.1, 0.0, 0.1, 0.35])
def test_rows_that_slope(slope: float) -> None:
    """Three rows of nine digits in any order of the marks; each row keeps to itself."""
    rng = np.random.default_rng(4)
    boxes, truth = [], []
    for row in range(3):
        for place in range(9):
            x = 40 + 44 * place + int(rng.integers(-4, 5))
            y = 200 + 75 * row + int(slope * x) + int(rng.integers(-5, 6))
            boxes.append((x, y, x + 26, y + int(rng.integers(34, 46))))
            truth.append((row, place))
    order = rng.permutation(len(boxes))
    marks = [Mark((int(number),), boxes[number]) for number in order]
    found = find_rows(marks, 40)
    assert [[truth[mark.parts[0]] for mark in row] for row in found] == [
        [(row, place) for place in range(9)] for row in range(3)
    ]


def test_a_long_tail_does_not_draw_its_row_down() -> None:
    """A 9 whose tail reaches to the next row stays in its own, and so do all the others."""
    first = [(20, 20, 40, 60), (60, 20, 80, 105), (100, 20, 120, 60)]
    second = [(20, 95, 40, 135), (100, 95, 120, 135), (140, 95, 160, 135)]
    rows = find_rows(marks_of(first + second), 40)
    assert [[mark.box for mark in row] for row in rows] == [first, second]


def test_a_wide_gap_stays_one_row() -> None:
    """Two groups of digits at one height are read on."""
    rows = find_rows(marks_of([(20, 20, 40, 60), (60, 22, 80, 62), (400, 18, 420, 58)]), 40)
    assert [len(row) for row in rows] == [3]


def test_no_marks() -> None:
    """No rows."""
    assert find_rows([], 40) == []
    assert join_parts([], 40) == []


def test_what_the_edge_cuts_off() -> None:
    """Alone it goes, beside a whole digit it stays, and where all is cut off all stays."""
    whole, near, far = (
        Mark((0,), (60, 20, 80, 60)),
        Mark((1,), (0, 20, 15, 60), at_edge=True),
        Mark((2,), (0, 220, 15, 260), at_edge=True),
    )
    assert drop_cut_off([[near, whole], [far]], 40) == [[near, whole]]
    assert drop_cut_off([[near], [far]], 40) == [[near], [far]]
