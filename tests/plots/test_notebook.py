"""HTML for notebooks: well-formed, with escaped text, and complete."""

from __future__ import annotations

import base64
import sys
from xml.etree import ElementTree

import pytest

from inkling.plots.notebook import html_table
from inkling.training.history import EpochRecord, History


def parse(html: str) -> ElementTree.Element:
    """Parses HTML as strictly as XML: every tag closed, every attribute quoted, all text escaped."""
    return ElementTree.fromstring(f"<div>{html}</div>")


def cells(html: str) -> list[list[str]]:
    """The text of a table, row by row."""
    return [["".join(cell.itertext()) for cell in row] for row in parse(html).iter("tr")]


def history(epochs: int, validation: float | None = None) -> History:
    """A history whose training loss is 1 / epoch."""
    return History(
        [
            EpochRecord(epoch, 1 / epoch, 0.9, validation, None, 0.1, 2.0, 3e4)
            for epoch in range(1, epochs + 1)
        ]
    )


def test_a_table_has_a_caption_and_headings() -> None:
    """Every column and every row has a heading, and the cells keep their order."""
    html = html_table("Sizes", ("a", "b", "c"), [("r", "1", "2"), ("s", "3", "4")], "xyz")
    table = parse(html)
    assert [e.text for e in table.iter("caption")] == ["Sizes"]
    assert [e.text for e in table.iter("th") if e.get("scope") == "col"] == ["a", "b", "c"]
    assert [e.text for e in table.iter("th") if e.get("scope") == "row"] == ["r", "s", "x"]
    assert [e.text for e in table.iter("td")] == ["1", "2", "3", "4", "y", "z"]
    assert len(list(table.iter("tfoot"))) == 1
    assert "<tfoot>" not in html_table("", ("a",), [("b",)])


def test_no_text_becomes_markup() -> None:
    """A class or a layer may have any name."""
    name = "<script>alert(1)</script>\"'&"
    table = parse(html_table(name, (name,), [(name, name)], (name, name)))
    assert not list(table.iter("script"))
    assert "".join(table.itertext()) == 6 * name


def test_a_history_shows_its_first_and_last_epochs() -> None:
    """Only columns with a value are shown; a value that is missing is a dash."""
    rows = cells(history(30, 0.5)._repr_html_())
    assert rows[0][1:3] == ["train loss", "train accuracy"]
    assert rows[0][3:] == ["validation loss", "validation accuracy"]
    assert rows[1] == ["1", "1.0000", "90.00 %", "0.5000", "–"]
    assert [row[0] for row in rows[1:]] == [*"123456", "…", *map(str, range(25, 31))]
    assert cells(history(1)._repr_html_())[1:] == [["1", "1.0000", "90.00 %"]]
    assert cells(History()._repr_html_()) == [["epoch"]]


def test_a_history_shows_its_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    """From two epochs on and with Matplotlib, an image with words for screen readers."""
    pytest.importorskip("matplotlib")
    (image,) = parse(history(2)._repr_html_()).iter("img")
    assert image.get("alt") == "loss and accuracy over 2 epochs"
    assert base64.b64decode(image.get("src", "").partition(",")[2])[1:4] == b"PNG"
    assert "<img" not in history(1)._repr_html_()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "<img" not in history(2)._repr_html_()
