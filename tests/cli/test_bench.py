"""``inkling bench``: its tables, its JSON object, its bars, and its errors."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from inkling.bench.implementations import Implementation
from inkling.bench.runner import Comparison, Result
from inkling.bench.workloads import Workload

Command = Callable[..., Any]


@pytest.fixture
def timed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Invented times: each implementation takes twice as long as the one before."""

    def compare(
        workload: Workload, everyone: Sequence[Implementation], _: int, rounds: int
    ) -> Comparison:
        here = [one for one in everyone if one.ours or not one.missing()]
        results = [Result(one, None, [0.25 * 2**place] * rounds) for place, one in enumerate(here)]
        results[1].seconds[0] *= 2
        return Comparison(workload, results, {"a peer": "a-library cannot be imported"})

    monkeypatch.setattr("inkling.bench.runner.compare", compare)
    stages = {"gather": 1.0, "forward": 3.0}
    monkeypatch.setattr("inkling.bench.stages.stages_of", lambda *_: stages)


@pytest.mark.usefixtures("timed")
def test_tables_for_people(inkling: Command, tmp_path: Path) -> None:
    """Seconds, their spread, the ratio, the stages, and what was not timed; bars on request."""
    outcome = inkling("bench", "100-100", "--rounds", 3, "--threads", 1, "--plot", "bars.png")
    assert outcome.status == 0
    assert "784-100-10 relu, batch 100, sgd: an epoch of 60,000 images" in outcome.err
    rows = [re.split("  +", line.rstrip()) for line in outcome.out.splitlines()]
    cells = {name: numbers for name, *numbers in rows}
    assert cells["Inkling, compiled"] == ["0.250", "0.250", "0.250"]
    assert cells["Inkling, NumPy"] == ["0.500", "0.500", "1.000", "0.50", "0.25", "0.50"]
    assert "gather 25.00 %, forward 75.00 %" in outcome.out
    assert "GFLOP/s" in outcome.out
    assert "a peer: not timed: a-library cannot be imported" in outcome.out
    with Image.open(tmp_path / "bars.png") as picture:
        assert picture.width == 1600


def test_a_real_run_as_json(inkling: Command) -> None:
    """Processes of their own, and one object with every time."""
    outcome = inkling("bench", "predict-one", "--rounds", 1, "--threads", 1, "--json")
    keys = ["machine", "data", "threads", "rounds", "works", "stages"]
    assert (outcome.status, list(outcome.json)) == (0, keys)
    (work,) = outcome.json["works"]
    assert (work["work"], work["samples"]) == ("predict-one", 1000)
    first = work["contenders"][0]
    assert (first["name"], len(first["seconds"])) == ("Inkling, compiled", 1)
    assert first["inkling_takes"] == {"median": 1.0, "least": 1.0, "most": 1.0}


@pytest.mark.usefixtures("timed")
def test_what_cannot_be_timed_is_left_out(inkling: Command) -> None:
    """Without MNIST the workload "start" is skipped; alone it is an error."""
    assert "start cannot be timed: MNIST" in inkling("bench", "start", "fit").err
    assert inkling("bench", "start").complaint.startswith("start cannot be timed: MNIST")


def test_wrong_usage_is_one_line(inkling: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown workload, a file that cannot be written, and Matplotlib missing: before any timing."""
    assert "'100'; did you mean '100-50'?" in inkling("bench", "100").complaint
    assert inkling("bench", "one", "--plot", "no/where.png").complaint.startswith("--plot: ")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert '"inkling-digits[plots]"' in inkling("bench", "one", "--plot", "bars.png").complaint
