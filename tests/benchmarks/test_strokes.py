"""Pen strokes for the handwriting benchmark: whose digits are read, and which are not legible."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from writing.strokes import Writers, is_held_out, read_illegible, read_unipen


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


def test_the_list_of_illegible_digits_is_well_formed() -> None:
    """Sorted, without repetition, each with a digit and one of four reasons; at most 1 in 100."""
    listed = read_illegible()
    assert listed.index.is_monotonic_increasing
    assert listed.index.is_unique
    assert list(listed.columns) == ["label", "reason"]
    assert listed["label"].isin(range(10)).all()
    assert listed["reason"].isin(["part", "label", "several", "scribble"]).all()
    assert len(listed) <= 0.01 * 7755


def test_illegible_digits_are_found_by_their_position(tmp_path: Path) -> None:
    """Positions count from 0 in the whole list, also where only some of the writers are read."""
    first = int(read_illegible().index[0])
    names = ["cdef"[n % 4] for n in range(first + 1)]
    rows = [
        {"label": 0, "site": "s", "file": name, "strokes": [[[0, 0], [1, 1]]]} for name in names
    ]
    path = tmp_path / "strokes.json.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        json.dump(rows, file)
    half = Writers.HELD_OUT if is_held_out(names[-1]) else Writers.DEVELOPMENT
    for writers in (Writers.ALL, half):
        legible = [digit.legible for digit in read_unipen(path, 1, writers)]
        assert legible == [True] * (len(legible) - 1) + [False]


def test_illegible_digits_have_the_labels_of_the_data() -> None:
    """The list belongs to this file of strokes: every position is in it, with the label of the list."""
    path = Path(os.environ.get("INKLING_HANDWRITING", ""), "unipen_strokes.json.gz")
    if not path.is_file():
        pytest.skip("INKLING_HANDWRITING does not name the folder with unipen_strokes.json.gz")
    digits = read_unipen(path)
    listed = read_illegible()
    assert [digits[index].label for index in listed.index] == list(listed["label"])
    assert sum(not digit.legible for digit in digits) == len(listed)
