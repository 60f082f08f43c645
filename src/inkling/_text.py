"""Text from files and command lines, made harmless for a terminal, and short enough for a message."""

from __future__ import annotations

import unicodedata

LONGEST = 1_000
"""The most characters of a path, and of any other text, that a message shows."""


def printable(text: object, longest: int = LONGEST) -> str:
    r"""Returns text for one line of a terminal: control characters escaped, a long text shortened.

    Names in files and on command lines may contain anything: line breaks, escape sequences that move the
    cursor or rename the window, marks that reverse the direction of writing, a million characters.

    Example:
        >>> printable("two\nlines and \x1b[31mred")
        'two\\nlines and \\x1b[31mred'
    """
    shown = str(text)
    if len(shown) > longest:
        shown = f"{shown[: longest * 2 // 3]} … {shown[-longest // 3 :]}"
    return escape_controls(shown).replace("\n", "\\n")


def letter_name(char: str) -> str | None:
    """Returns the name of a letter in Latin letters, for a font that lacks it; None if it has none.

    Example:
        >>> letter_name("お"), letter_name("一")
        ('o', None)
    """
    _, letter, name = unicodedata.name(char, "").partition(" LETTER ")
    return name.lower() if letter and " " not in name else None


def escape_controls(text: str) -> str:
    """Returns text in which every character that does not print is escaped, except line breaks."""
    if text.isprintable():
        return text
    return "".join(char if _is_harmless(char) else _escape(char) for char in text)


def _is_harmless(char: str) -> bool:
    return char == "\n" or char.isprintable() or unicodedata.category(char) == "Zs"  # wide spaces


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode()
