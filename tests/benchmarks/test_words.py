"""Digits next to words: what is counted, by hand, and that a character's box has its ink."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.recognize.reading import Digit
from words import count, is_on
from writing.strokes import Written
from writing.words import Character, write_pages

Box = tuple[int, int, int, int]


def found(box: Box, digit: int | None) -> Digit:
    """Returns a digit as it was read, or a rejected one."""
    if digit is None:
        return Digit(None, "not_a_digit", 0.4, (), box)
    return Digit(digit, None, 0.9, (), box, label=str(digit))


def test_what_is_read_as_a_digit_by_hand() -> None:
    """Of "7a14b": 7 right, a read as 4, 1 rejected, 4 read as two digits, b rejected."""
    characters = [Character(text, (100 * n, 0, 100 * n + 60, 90)) for n, text in enumerate("7a14b")]
    digits = [
        found((5, 3, 58, 88), 7),
        found((100, 30, 150, 90), 4),
        found((200, 0, 260, 90), None),
        found((300, 0, 325, 90), 1),
        found((330, 0, 360, 90), 1),
        found((400, 0, 460, 90), None),
    ]
    right, wrong, mistaken = count(digits, characters)
    assert right == [True, False, False]
    assert wrong == [True, False]
    assert mistaken == {"a → 4": 1}


@pytest.mark.parametrize(("left", "expected"), [(0, True), (30, True), (31, False), (90, False)])
def test_half_of_a_box_lies_on_the_other(left: int, expected: bool) -> None:
    """Of 60 columns that a digit has, 30 must lie on the character."""
    character = Character("7", (0, 0, 60, 90))
    assert is_on(found((left, 0, left + 60, 90), 7), character) == expected


def test_the_box_of_a_character_has_its_ink() -> None:
    """Every dark pixel of a page is in the box of a character, and every box has some."""
    pytest.importorskip("matplotlib", minversion="3.11")  # older ones lack a font
    stroke = np.array([[0.0, 0.0], [3.0, 10.0]])
    digits = [Written(label, "", "", (stroke,), legible=True) for label in range(10)]
    for gray, characters in write_pages(digits, count=6, seed=1):
        ink = gray < 90
        for character in characters:
            left, top, right, bottom = character.box
            near = slice(int(top) - 2, int(bottom) + 3), slice(int(left) - 2, int(right) + 3)
            assert (gray[near] < 90).any(), character
            ink[near] = False
        assert not ink.any()
