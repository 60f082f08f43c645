"""The page on handwriting names the targets that were not reached, all of them and no others."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def missed() -> list[tuple[str, str]]:
    """Returns target and result of each row of the tables that did not reach its target."""
    rows = []
    for name in ("handwriting", "handwriting-styles"):
        with (DOCS / "images" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows += [(row["target"], row["reached"]) for row in csv.DictReader(file)]
    return [
        (target, reached)
        for target, reached in rows
        if target
        and (float(reached.split()[0]) - float(target[2:])) * (1 if target[0] == "≥" else -1) < 0
    ]


@pytest.mark.parametrize("page", ["handwriting.md", "zh/handwriting.md"])
def test_missed_targets_are_named(page: str) -> None:
    """After them comes the target for boxes, which another benchmark measures."""
    text = (DOCS / page).read_text(encoding="utf-8").replace("\u00a0", " ")
    (section,) = re.findall(r"^### .*?(?=^## )", text, re.MULTILINE | re.DOTALL)
    named = re.findall(r"^\|[^|]+\| ([≥≤][^|]+) \| ([^|]+) \|", section, re.MULTILINE)
    assert named == [*missed(), ("≥ 94", "90.0 %")]
