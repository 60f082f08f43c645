"""The figures of the derivation, drawn again by their programs."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

FIGURES = Path(__file__).resolve().parents[2] / "docs" / "derivation" / "figures"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")

sys.path.insert(0, str(FIGURES))
drawing: Any = importlib.import_module("drawing")
make_figures: Any = importlib.import_module("make_figures")


def test_figures_are_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but the weights after training on MNIST; lines may differ by a tenth of a pixel."""
    monkeypatch.setattr(drawing, "OUT", tmp_path)
    make_figures.draw()
    drawn = sorted(tmp_path.iterdir())
    assert len(drawn) > 9
    for path in drawn:
        there, again = (file.read_text("utf-8") for file in (FIGURES / path.name, path))
        assert NUMBER.sub("#", there) == NUMBER.sub("#", again), path.name
        old, new = ([float(x) for x in NUMBER.findall(text)] for text in (there, again))
        np.testing.assert_allclose(old, new, atol=0.11, err_msg=path.name)


@pytest.mark.parametrize("language", ["", "zh/"], ids=["English", "Chinese"])
def test_the_graph_and_its_page_have_the_same_numbers(language: str) -> None:
    """What the library computes for the graph is what the page works out by hand."""
    page = (FIGURES.parents[1] / language / "derivation" / "by-hand.md").read_text("utf-8")
    graph = (FIGURES / "two-layers.svg").read_text("utf-8")
    numbers = re.findall(r">([−\d.]+)</text>", graph)
    assert len(numbers) > 20
    assert set(numbers) <= set(re.findall(r"−?\d+(?:\.\d+)?", page.replace("-", "−")))
