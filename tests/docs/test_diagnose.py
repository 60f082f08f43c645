"""The page that the doctor's findings link to."""

from __future__ import annotations

from pathlib import Path

import pytest

from inkling.training.doctor_findings import KINDS, PAGE, Finding

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("kind", KINDS)
def test_every_finding_is_explained(kind: str) -> None:
    """In a section of its own, in both languages; the anchor is that of the link."""
    english, chinese = ((DOCS / folder / f"{PAGE}.md").read_text("utf-8") for folder in ("", "zh"))
    anchor = Finding(kind, 1, {}).link.partition("#")[2]
    assert f"\n## {anchor.replace('-', ' ').capitalize()}\n" in english
    assert f'\n<a id="{anchor}"></a>\n\n## ' in chinese
    assert f"](#{anchor})" in english
    assert f"](#{anchor})" in chinese
