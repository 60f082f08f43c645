"""What notebooks show: whole HTML, nothing that a name could smuggle in, and words to listen to."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

from inkling.plots.notebook import STROKES, html_bars, html_curves, html_table
from inkling.training.history import EpochRecord, History

NASTY = "<script>alert(1)</script>\"'&"


def parse(html: str) -> ElementTree.Element:
    """Reads HTML as strictly as XML: every tag closed, every attribute quoted, nothing unescaped."""
    return ElementTree.fromstring(f"<div>{html}</div>")


def cells(html: str) -> list[list[str]]:
    """The table's text, row by row."""
    return [["".join(cell.itertext()) for cell in row] for row in parse(html).iter("tr")]


class Tags(HTMLParser):
    """The tags that a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        """Notes the tag."""
        self.seen.add(tag)


def test_a_table_says_what_it_shows() -> None:
    """A caption, a heading for each column and each row, and the cells in their order."""
    table = parse(html_table("Sizes", ("a", "b", "c"), [("r", "1", "2"), ("s", "3", "4")], "xyz"))
    assert [e.text for e in table.iter("caption")] == ["Sizes"]
    scopes = [(e.text, e.get("scope")) for e in table.iter("th")]
    assert scopes == [
        *(("a", "col"), ("b", "col"), ("c", "col")),
        *(("r", "row"), ("s", "row"), ("x", "row")),
    ]
    assert [e.text for e in table.iter("td")] == ["1", "2", "3", "4", "y", "z"]
    assert len(list(table.iter("tfoot"))) == 1
    assert "<tfoot>" not in html_table("", ("a",), [("b",)])


def test_no_text_becomes_markup() -> None:
    """Whatever a class or a layer is called, it is shown as it is called."""
    for html in (
        html_table(NASTY, (NASTY,), [(NASTY, NASTY)], (NASTY, NASTY)),
        html_curves(NASTY, {NASTY: [0.1, 0.2]}),
        html_bars(NASTY, {NASTY: 0.5}),
    ):
        assert "script" not in Tags(html).seen
        assert NASTY in "".join(parse(html).itertext())


def test_curves_are_where_their_values_are() -> None:
    """The highest at the top, the lowest at the bottom, the first left, the last right."""
    drawing = parse(
        html_curves("loss", {"training": [4.0, 1.0, 2.5], "validation": [3.0, 2.0, 1.5]})
    )
    paths = [p.get("d", "") for p in drawing.iter("path")][1::2]
    points = [
        [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", p)] for p in paths
    ]
    (x1, top), (x2, bottom), (x3, middle) = points[0]
    assert x1 < x2 < x3
    assert x2 - x1 == pytest.approx(x3 - x2)
    assert middle == pytest.approx((top + bottom) / 2)
    assert top < points[1][0][1] < points[1][1][1] < points[1][2][1] < bottom
    texts = [e.text for e in drawing.iter("text")]
    assert {"4", "1", "loss", "3 epochs", "training", "validation"} <= set(texts)


def test_curves_have_words() -> None:
    """A screen reader hears one picture and what is in it; dashes help where colours do not."""
    drawing = next(parse(html_curves("loss", {"a": [4.0, 1.0], "b": [3.0, 2.0]})).iter("svg"))
    assert drawing.get("role") == "img"
    assert drawing.get("aria-label") == "loss over 2 epochs: a from 4 to 1; b from 3 to 2"
    strokes = {(p.get("stroke"), p.get("stroke-dasharray")) for p in drawing.iter("path")}
    assert strokes == {STROKES[0], STROKES[1]}
    assert len({dashes for _, dashes in STROKES}) == len(STROKES)


@pytest.mark.parametrize("colour", [colour for colour, _ in STROKES])
@pytest.mark.parametrize("page", [1.0, 0.0])
def test_curves_stand_out_from_the_page(colour: str, page: float) -> None:
    """The contrast that WCAG 2.2 asks of drawings, 3 : 1, on white and on black."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = float(np.dot(linear, [0.2126, 0.7152, 0.0722]))
    light, dark = max(luminance, page), min(luminance, page)
    assert (light + 0.05) / (dark + 0.05) >= 3


def test_what_is_missing_leaves_a_gap() -> None:
    """None, NaN and infinity are no points; with one epoch, or none known, there is nothing to draw."""
    for missing in (None, float("nan"), float("inf")):
        drawing = parse(html_curves("loss", {"a": [4.0, missing, 2.0, 1.0]}))
        path = [p.get("d", "") for p in drawing.iter("path")][1]
        assert [step for step in path if step.isalpha()] == ["M", "M", "L"]
    assert html_curves("loss", {"a": [1.0]}) == ""
    assert html_curves("loss", {"a": [None, None]}) == ""
    assert html_curves("loss", {}) == ""
    assert "nan" not in html_curves("loss", {"a": [2.0, 2.0], "b": [None, None]})


def test_bars_are_as_long_as_their_shares() -> None:
    """With the number beside each."""
    html = html_bars("digit", {"3": 0.75, "8": 0.25})
    widths = [int(w) for w in re.findall(r"width:(\d+)px", html)]
    assert widths[0] == 3 * widths[1] > 0
    assert cells(html) == [["3", "", "75.0 %"], ["8", "", "25.0 %"]]


def record(epoch: int, validation: float | None = None) -> EpochRecord:
    """An epoch whose loss is 1 / its number."""
    return EpochRecord(epoch, 1 / epoch, 0.9, validation, None, 0.1, 2.0, 3e4)


def test_a_history_shows_curves_and_numbers() -> None:
    """What was measured; a long one with its beginning and its end."""
    history = History([record(epoch, 0.5) for epoch in range(1, 31)])
    rows = cells(history._repr_html_())
    assert rows[0] == [
        *("epoch", "train loss", "train accuracy"),
        *("validation loss", "validation accuracy"),
    ]
    assert rows[1] == ["1", "1.0000", "90.00 %", "0.5000", "–"]
    assert [row[0] for row in rows[1:]] == [*"123456", "…", *map(str, range(25, 31))]
    labels = [svg.get("aria-label") for svg in parse(history._repr_html_()).iter("svg")]
    assert labels == [
        "loss over 30 epochs: train from 1 to 0.03333; validation from 0.5 to 0.5",
        "accuracy over 30 epochs: train from 0.9 to 0.9",
    ]


def test_a_short_history() -> None:
    """One epoch gives no curve, none gives no row; what nobody measured has no column."""
    html = History([record(1)])._repr_html_()
    assert "<svg" not in html
    assert cells(html) == [["epoch", "train loss", "train accuracy"], ["1", "1.0000", "90.00 %"]]
    assert cells(History()._repr_html_()) == [["epoch"]]
    assert "no epoch yet" in History()._repr_html_()
