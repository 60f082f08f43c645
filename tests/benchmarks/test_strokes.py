"""Pen strokes for the handwriting benchmark, and the writers that are kept for its final figures."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from writing.strokes import Writers, is_held_out, read_unipen


def test_the_division_of_the_writers_stays_the_same() -> None:
    """``printf NAME | sha256sum`` begins with 2e, 18, 3f, 25 and b9; odd ones are held out."""
    assert not is_held_out("c")
    assert not is_held_out("d")
    assert all(map(is_held_out, ("e", "f", "writer")))


def test_the_halves_share_no_writer(tmp_path: Path) -> None:
    """Together they are all digits, in the order of the file; every n-th is taken within a half."""
    rows = [
        {"label": n % 10, "site": "s", "file": f"s/{n // 3}", "strokes": [[[0, 0], [n, 1]]]}
        for n in range(60)
    ]
    path = tmp_path / "strokes.json.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        json.dump(rows, file)
    halves = [read_unipen(path, 1, half) for half in (Writers.DEVELOPMENT, Writers.HELD_OUT)]
    names = [{digit.writer for digit in half} for half in halves]
    assert not names[0] & names[1]
    assert sum(map(len, halves)) == len(read_unipen(path)) == 60
    fourth = read_unipen(path, 4, Writers.DEVELOPMENT)
    assert [digit.label for digit in fourth] == [digit.label for digit in halves[0][::4]]
