"""The figures of the derivation: drawn again from their sources."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
FIGURES = DOCS / "derivation" / "figures"

sys.path.insert(0, str(FIGURES))
drawing: Any = importlib.import_module("drawing")
generalization: Any = importlib.import_module("make_generalization")


def test_figures_are_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each figure that is drawn in an instant is what its program draws."""
    monkeypatch.setattr(drawing, "OUT", tmp_path)
    generalization.draw()
    drawn = sorted(tmp_path.iterdir())
    assert drawn
    for path in drawn:
        assert (FIGURES / path.name).read_text("utf-8") == path.read_text("utf-8"), path.name
