"""The table of allographs, and the form of its entries."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from inkling.data.synthetic.allographs import parse_stroke, read_allographs
from inkling.errors import DataError

ENTRY = '[[{}]]\nname = "x"\nwhere = "y"\n{}\n'


def test_the_table_is_complete() -> None:
    """At least eight ways to write each digit, each with a name of its own and a remark."""
    allographs = read_allographs()
    names = Counter((one.digit, one.name) for one in allographs)
    assert max(names.values()) == 1
    assert all(count >= 8 for count in Counter(one.digit for one in allographs).values())
    assert {one.digit for one in allographs} == set(range(10))
    assert all(one.where and one.weight > 0 for one in allographs)
    assert max(len(one.name) for one in allographs) <= 23  # what has room in a sheet


def test_points_are_on_the_grid() -> None:
    """From top to base each digit has 85 to 110 units, so that all vary by the same amounts."""
    for one in read_allographs():
        points = np.array([point for stroke in one.strokes for run in stroke for point in run])
        assert 85 <= np.ptp(points[:, 1]) <= 110, one.name
        assert points[:, 0].min() >= -10, one.name
        assert points[:, 0].max() <= 90, one.name


def test_runs_of_a_stroke() -> None:
    """A corner is the last point of one run and the first of the next."""
    assert parse_stroke("1,2 3,4.5 | -5,6") == (((1, 2), (3, 4.5)), ((3, 4.5), (-5, 6)))


@pytest.mark.parametrize(
    "text", ["", "1,2", "1,2 3", "1,2 3,4,5", "1,2 a,4", "| 1,2 3,4", "1,2 3,4 |", "1,2 1,2 3,4"]
)
def test_strokes_that_cannot_be_drawn(text: str) -> None:
    """The message has the allograph and the stroke."""
    with pytest.raises(DataError, match=r"^1, mine: expected different points x,y") as info:
        parse_stroke(text, "1, mine")
    assert repr(text) in str(info.value)


@pytest.mark.parametrize(
    ("digit", "rest"),
    [
        ("1", ""),
        ("10", 'strokes = ["0,0 1,1"]'),
        ("1", 'strokes = "0,0 1,1"'),
        ("1", "strokes = []"),
        ("1", "strokes = [1]"),
        ("1", 'strokes = ["0,0 1,1"]\nweight = "2"'),
        ("1", 'strokes = ["0,0 1,1"]\nweight = -1'),
        ("1", 'strokes = ["0,0 1,1"]\nwieght = 2'),
    ],
)
def test_entries_that_are_wrong(tmp_path: Path, digit: str, rest: str) -> None:
    """One message with the section, whatever is wrong."""
    path = tmp_path / "table.toml"
    path.write_text(ENTRY.format(digit, rest), encoding="utf-8")
    with pytest.raises(DataError, match=rf"allographs, \[\[{digit}\]\].*: expected "):
        read_allographs(path)


@pytest.mark.parametrize("text", ["[[1]", "1 = 2"])
def test_files_that_are_wrong(tmp_path: Path, text: str) -> None:
    """No TOML, and TOML without sections."""
    path = tmp_path / "table.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="expected"):
        read_allographs(path)


@pytest.mark.parametrize("page", ["docs/howto/pen.md", "docs/zh/howto/pen.md"])
def test_the_lines_that_a_contributor_copies(tmp_path: Path, page: str) -> None:
    """The entry that the page shows has five lines and can be read."""
    text = (Path(__file__).parents[3] / page).read_text(encoding="utf-8")
    (entry,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    path = tmp_path / "table.toml"
    path.write_text(entry, encoding="utf-8")
    (own,) = read_allographs(path)
    assert (own.digit, own.weight, len(own.strokes)) == (1, 2, 2)
    assert len(entry.splitlines()) == 5
