"""Rejection by context: kinds along a row, sizes learned from the page, brackets in pairs."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inkling._types import ByteArray
from inkling.image.normalize import normalize
from inkling.model.model import Model
from inkling.model.rejection import Rejector, hidden_units
from inkling.recognize.context import (
    Seen,
    along_row,
    find_brackets,
    find_non_digits,
    stroke_width,
)
from inkling.recognize.recognizer import Recognizer

BLANK = np.zeros((28, 28), np.uint8)


def row_of(heights: Sequence[float], margins: Sequence[float], gap: float = 12) -> list[Seen]:
    """Marks on one line, a space of half a height after every four."""
    marks, left = [], 0.0
    for number, (height, margin) in enumerate(zip(heights, margins, strict=True)):
        right = left + 0.6 * height
        box = (round(left), round(100 - height), round(right), 100)
        marks.append(Seen(box, 6.0, margin, 0.99, cut=False, in_cell=False, best=0, pixels=BLANK))
        left = right + gap + (50 if number % 4 == 3 else 0)
    return marks


def test_along_a_row_is_the_sum_over_all_kinds() -> None:
    """The log-odds are those that enumerating all combinations of kinds gives."""
    rng = np.random.default_rng(0)
    odds, stays = rng.normal(0, 2, 6), rng.uniform(0, 3, 5)
    weights = np.zeros((6, 2))
    for kinds in itertools.product((0, 1), repeat=6):
        agree = [
            stay for stay, one, other in zip(stays, kinds, kinds[1:], strict=False) if one == other
        ]
        weight = np.exp(sum(agree) + sum(odds[np.array(kinds) == 1]))
        for place, kind in enumerate(kinds):
            weights[place, kind] += weight
    assert along_row(odds, stays) == pytest.approx(np.log(weights[:, 1] / weights[:, 0]))


def test_small_marks_in_a_word_next_to_digits() -> None:
    """Four that the rejector hardly accepts, at x-height: no digits, but the four next to them are."""
    (found,) = find_non_digits([row_of([100] * 4 + [60] * 4, [-0.9] * 4 + [-0.3] * 4)])
    assert found == [False] * 4 + [True] * 4


def test_small_digits_among_digits() -> None:
    """A small 0 stays a digit, also where the digits differ as much as in quick handwriting."""
    (found,) = find_non_digits([row_of([100, 60, 95, 105], [-0.8] * 4)])
    assert not any(found)
    heights = [60, 100, 140, 55, 90, 150, 70, 60, 120]
    (found,) = find_non_digits([row_of(heights, [-0.6] * 9)])
    assert not any(found)


def test_a_rejected_neighbor_counts_more_when_it_is_near() -> None:
    """The same doubtful mark between two letters is rejected in a word, and not across spaces."""
    margins = [1.2, -0.3, 1.2]
    assert find_non_digits([row_of([100] * 3, margins)])[0][1]
    assert not find_non_digits([row_of([100] * 3, margins, gap=90)])[0][1]


def test_a_doubtful_mark_is_a_digit_in_a_cell() -> None:
    """What is rejected as in a word is not rejected in a form, but letters in cells still are."""
    row = row_of([100] * 3, [0.8] * 3)
    cells = [mark._replace(in_cell=True) for mark in row]
    letters = [mark._replace(margin=1.6) for mark in cells]
    assert find_non_digits([row]) == [[True] * 3]
    assert find_non_digits([cells]) == [[False] * 3]
    assert find_non_digits([letters]) == [[True] * 3]


def test_a_mark_alone_has_no_context() -> None:
    """Nothing but its own score decides, which the model has done."""
    assert find_non_digits([row_of([100], [-0.01])]) == [[False]]
    assert find_non_digits([]) == []


def drawn(kind: str) -> ByteArray:
    """One of the characters ( ) [ ] | 6 9, of strokes, normalized."""
    image = Image.new("L", (100, 140), 255)
    pencil = ImageDraw.Draw(image)
    if kind in "()":
        begin = 90 if kind == "(" else 270
        pencil.arc((20, 20, 80, 120), begin, begin + 180, 0, 8)
    elif kind in "[]":
        stem, end = (40, 60) if kind == "[" else (60, 40)
        pencil.line(((end, 20), (stem, 20), (stem, 120), (end, 120)), 0, 8)
    elif kind == "|":
        pencil.line(((54, 20), (46, 120)), 0, 8)
    else:
        pencil.ellipse((30, 70, 70, 120), outline=0, width=8)
        pencil.arc((30, 20, 100, 160), 180, 270, 0, 8)
    pixels = np.asarray(image)
    return normalize(pixels[::-1, ::-1] if kind == "9" else pixels)


@pytest.mark.parametrize(
    ("text", "brackets"),
    [("(|)", "101"), ("[||]", "1001"), ("|||", "000"), ("(|", "00"), ("()", "00"), ("6|9", "000")],
)
def test_brackets_come_in_pairs(text: str, brackets: str) -> None:
    """With something between them; a 6 and a 9 are turned too, but read as different digits."""
    row = [
        Seen(
            (30 * i, 0, 30 * i + 20, 100),
            8.0,
            -1.0,
            0.99,
            cut=False,
            in_cell=False,
            best=best,
            pixels=drawn(kind),
        )
        for i, kind in enumerate(text)
        for best in [int(kind) if kind.isdigit() else 1]
    ]
    found = find_brackets(row)
    assert "".join(str(int(one)) for one in found) == brackets


def test_stroke_width() -> None:
    """Of a straight stroke, upright or level, whatever its length."""
    for shape in ((200, 8), (8, 200), (100, 8)):
        ink = np.pad(np.full(shape, 255, np.uint8), 3)
        assert stroke_width(ink) == pytest.approx(8 / 0.8, rel=0.1)


def test_the_recognizer_rejects_them(strokes_model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the reason "not_a_digit", a question mark in the text, and half the confidence."""
    rejector = Rejector(np.zeros(hidden_units(strokes_model.network), np.float32), 0.0, 1.0)
    model = replace(strokes_model, rejector=rejector)
    page = np.full((160, 300), 230, np.uint8)
    for left in (60, 140, 220):
        page[40:120, left : left + 8] = 30
    before = Recognizer(model).read(page)
    monkeypatch.setattr(
        "inkling.recognize.recognizer.find_non_digits", lambda _: [[False, True, False]]
    )
    after = Recognizer(model).read(page)
    assert after.digits[0] == before.digits[0]
    one, other = before.digits[1], after.digits[1]
    assert (other.digit, other.label, other.reason) == (None, None, "not_a_digit")
    assert other.confidence == pytest.approx(one.confidence / 2)
    assert other.confidence == max(other.probabilities)
    assert after.text == (before.text[0][0] + "?" + before.text[0][2],)
