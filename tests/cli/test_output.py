"""What all commands share: where output goes, and that it arrives unchanged."""

from __future__ import annotations

import json

import pytest
from rich.table import Table

from inkling.cli.output import print_json, say, show


@pytest.mark.parametrize(
    "text", ["a[red]b", "[/b]", ":smile: 100 %", "x" * 300, "  two  spaces", r"\[bold]", "[link=a]"]
)
def test_text_is_shown_unchanged(capsys: pytest.CaptureFixture[str], text: str) -> None:
    """Brackets and colons are not markup; a long name stays on one line, and in one cell."""
    show(text)
    assert capsys.readouterr() == (text + "\n", "")
    table = Table("name")
    table.add_row(text)
    show(table)
    assert f" {text} " in capsys.readouterr().out


def test_text_cannot_control_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Class names and paths may contain escape sequences; only our own line breaks are kept."""
    hostile = "\x1b[2J\x1b]0;owned\x9b31m\u202e"
    table = Table(hostile)
    table.add_row(hostile)
    show(table)
    show(f"{hostile}\n")
    say(f"inkling: {hostile}\n")
    out, err = capsys.readouterr()
    assert all(line.isprintable() for line in (out + err).splitlines())
    assert out.count(r"\x1b[2J") == 3
    assert err == r"inkling: \x1b[2J\x1b]0;owned\x9b31m\u202e" + "\n\n"


def test_json_is_one_line_of_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers that JSON does not have become null."""
    result = {"a": "ä\n\udcff", "b": [1.5, float("nan"), (float("inf"), None)], "c": {"d": True}}
    print_json(result)
    out, err = capsys.readouterr()
    assert err == ""
    assert out.isascii()
    assert out.count("\n") == 1
    assert json.loads(out) == {"a": "ä\n\udcff", "b": [1.5, None, [None, None]], "c": {"d": True}}
