"""What all commands share: where words and results go, and that they arrive as they are."""

from __future__ import annotations

import json

import pytest

from inkling.cli.output import (
    percent,
    print_json,
    printable,
    say,
    say_error,
    show,
    with_interval,
)


def test_words_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Line by line, an error with the name of the command before it."""
    say("training")
    say_error("it failed.")
    assert capsys.readouterr() == ("", "training\ninkling: it failed.\n")


@pytest.mark.parametrize(
    "text", ["a[red]b", "[/b]", ":smile: 100 %", "x" * 300, "  two  spaces", r"\[bold]", "[link=a]"]
)
def test_text_is_shown_as_it_is(capsys: pytest.CaptureFixture[str], text: str) -> None:
    """Brackets and colons in a file's name are its own; a long name stays on one line."""
    show(text)
    assert capsys.readouterr() == (text + "\n", "")


def test_tables_are_shown_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """A file or a pipe has no width at which a cell would be cut; brackets stay in cells too."""
    from rich.table import Table

    table = Table("name", "[b]")
    table.add_row("[/red] :smile:", "y" * 300)
    show(table)
    out = capsys.readouterr().out
    assert "[/red] :smile:" in out
    assert "y" * 300 in out
    assert "[b]" in out


def test_json_is_one_line_of_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever is in it; what JSON has no number for is null."""
    result = {"a": "ä\n\udcff", "b": [1.5, float("nan"), (float("inf"), None)], "c": {"d": True}}
    print_json(result)
    out, err = capsys.readouterr()
    assert err == ""
    assert out.isascii()
    assert out.count("\n") == 1
    assert json.loads(out) == {"a": "ä\n\udcff", "b": [1.5, None, [None, None]], "c": {"d": True}}


def test_names_that_can_be_drawn() -> None:
    """Undecodable bytes are written out; everything else stays."""
    assert printable("ä [b] 漢") == "ä [b] 漢"
    assert printable("a\udcff") == "a\\udcff"


def test_figures_in_words() -> None:
    """Two decimals, thousands apart."""
    assert percent(1.0) == "100.00 %"
    assert percent(0.98125) == "98.12 %"
    assert with_interval(0.5, (0.25, 0.75), 12345) == (
        "50.00 % (95 % interval 25.00 to 75.00 %) of 12,345 images"
    )
