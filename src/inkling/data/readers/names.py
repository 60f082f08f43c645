"""The names of files and folders: the splits, and what operating systems and programs leave behind."""

from __future__ import annotations

import re
from pathlib import Path

PARTS: dict[str, tuple[str, ...]] = {
    "train": ("train", "training"),
    "test": ("test", "testing"),
    "validation": ("val", "valid", "validation"),
}
"""The splits, and the words for them in names, in any case."""
_WORD = "train(ing)?|test(ing)?|valid(ation)?|val"
_THING = "set|split|data|images?|imgs?|pictures?|pics?|photos?|samples?|digits|letters|folder"
LIKE_A_PART = re.compile(rf"({_WORD})[ _.-]?({_THING})|({_THING})[ _.-]?({_WORD})", re.IGNORECASE)
"""The name of a folder that is meant for a split, in words that are not read."""
LEFT_BEHIND = {"__macosx", "__pycache__", "@eadir", "$recycle.bin", "system volume information"}


def part_of(name: str) -> str | None:
    """Returns the split that a name is the word for, or None."""
    return next((part for part, words in PARTS.items() if name.lower() in words), None)


def visible(folder: Path) -> list[Path]:
    """Lists a folder in natural order, without hidden files and folders and without leftovers."""
    entries = [
        entry
        for entry in folder.iterdir()
        if not entry.name.startswith(".") and entry.name.lower() not in LEFT_BEHIND
    ]
    return sorted(entries, key=lambda entry: natural(entry.name))


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """Returns a key that sorts the numbers in names by their value: page9 before page10."""
    pieces = re.split(r"([0-9]+)", name)
    return tuple((int(piece), "") if piece.isdecimal() else (-1, piece) for piece in pieces)
