"""Text from files and command lines in messages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from inkling._checks import complain, is_in
from inkling._text import escape_controls, printable

CONTROLS = {
    "escape sequence": "\x1b]0;owned\x07",
    "eight-bit control": "\x9b31m",
    "line break": "one\r\ntwo",
    "line separator": "one\u2028two",
    "reversed text": "exe\u202egnp.\u2066",
    "zero byte": "a\0b",
    "undecodable byte": "a\udcffb",
}


@pytest.mark.parametrize("text", CONTROLS.values(), ids=CONTROLS.keys())
def test_a_message_is_one_line_without_control_characters(text: str) -> None:
    """Wherever the text is in the message; a reader can undo the escapes."""
    message = complain(text, text, text, text)
    assert message.isprintable()
    assert message.encode()
    assert printable(text).encode().decode("unicode_escape") == text


def test_a_message_is_short() -> None:
    """Its parts keep their beginnings and ends, so that the end of a path stays."""
    message = complain("/folder" * 1_000_000 + "/file", "x" * 10**6, "y" * 10**6, "z" * 10**6)
    assert len(message) < 4_000
    assert "/file: expected x" in message
    assert len(printable("\x00" * 10**6)) < 5_000
    assert complain("a", "b", "y" * 10**6).count("y") == 200


@pytest.mark.parametrize("text", ["98.5 %", "数字　漢", "naïve → 👍 \\n", "a" * 1_000])
def test_ordinary_text_is_unchanged(text: str) -> None:
    """Every script, wide and no-break spaces, and backslashes."""
    assert printable(text) == escape_controls(text) == text


@pytest.mark.parametrize(
    ("number", "inside"),
    [
        (10**308, True),
        (10**400, False),
        (np.float32(3e38), True),
        (np.float16(np.inf), False),
        (np.float32(np.nan), False),
        (np.int64(2**62), True),
        (True, False),
        ("1", False),
    ],
)
def test_numbers_of_any_size_and_dtype(number: Any, inside: bool) -> None:
    """A whole number of 400 digits is larger than any float, and as good as infinite."""
    assert is_in(number, low=0) is inside
