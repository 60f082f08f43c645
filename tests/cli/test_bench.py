"""``inkling bench``: tables for people, one object for programs, a picture, and what goes wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from inkling.bench.implementations import Contender, contenders_of
from inkling.bench.runner import Comparison, Result
from inkling.bench.workloads import Work

Command = Callable[..., Any]


@pytest.fixture
def timed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times that were measured before: each contender takes twice as long as the one before."""

    def compare(work: Work, threads: int, rounds: int, on_turn: object = None) -> Comparison:  # noqa: ARG001
        here = (one for one in contenders_of(work) if one.ours or not one.missing())
        everyone: list[Contender] = list(here)
        seconds = [[0.25 * 2**place] * rounds for place in range(len(everyone))]
        seconds[1][0] *= 2
        results = [Result(one, None, times) for one, times in zip(everyone, seconds, strict=True)]
        return Comparison(work, results[:-1], {everyone[-1].name: "a-library cannot be imported"})

    monkeypatch.setattr("inkling.bench.runner.compare", compare)
    monkeypatch.setattr(
        "inkling.bench.stages.stages_of", lambda *_: {"gather": 1.0, "forward": 3.0}
    )


@pytest.mark.usefixtures("timed")
def test_tables_for_people(inkling: Command) -> None:
    """Seconds, their spread, what Inkling takes of them, and where the time goes."""
    outcome = inkling("bench", "100-100", "--rounds", 3, "--threads", 1)
    assert outcome.status == 0
    assert outcome.err.splitlines() == [
        "noise as sparse as MNIST, 1 thread",
        "784-100-10 relu, batch 100, sgd: an epoch of 60,000 images",
    ]
    rows = [line.strip("│ ").split("│") for line in outcome.out.splitlines() if "│" in line]
    cells = {row[0].strip(): [cell.strip() for cell in row[1:]] for row in rows}
    assert cells["Inkling, compiled"] == ["0.250", "0.250", "0.250"]
    assert cells["Inkling, NumPy"] == ["0.500", "0.500", "1.000", "0.50 × (0.25 to 0.50)"]
    assert "where NumPy's time goes: gather 25.00 %, forward 75.00 %" in outcome.out
    assert "arithmetic alone: not timed: a-library cannot be imported" in outcome.out


@pytest.mark.usefixtures("timed")
def test_bars(inkling: Command, tmp_path: Path) -> None:
    """A picture with every contender of every work asked for."""
    outcome = inkling("bench", "100-100", "fit", "--rounds", 2, "--plot", "bars.png")
    assert outcome.status == 0
    with Image.open(tmp_path / "bars.png") as picture:
        assert picture.width == 1600


def test_a_real_one_as_json(inkling: Command) -> None:
    """Processes of their own, noise where MNIST is not here, one object with every time."""
    outcome = inkling("bench", "predict-one", "--rounds", 1, "--threads", 1, "--json")
    assert (outcome.status, list(outcome.json)) == (
        0,
        ["machine", "data", "threads", "rounds", "works", "stages"],
    )
    (work,) = outcome.json["works"]
    assert (work["work"], work["samples"]) == ("predict-one", 1000)
    first = work["contenders"][0]
    assert (first["name"], len(first["seconds"])) == ("Inkling", 1)
    assert first["inkling_takes"] == {"median": 1.0, "least": 1.0, "most": 1.0}


def test_what_goes_wrong_is_one_line(inkling: Command) -> None:
    """An unknown work, a picture that cannot be written, and MNIST missing where it is needed."""
    assert inkling("bench", "100").complaint == (
        "bench: expected work to be one of 100-100, 100-50, 128-32, 800-256, adam, one, predict, "
        "predict-one, fit, fit-predict, start, got '100'; did you mean '100-50'?"
    )
    assert inkling("bench", "one", "--plot", "no/where.png").complaint == (
        "--plot: expected a file name in an existing folder, got 'no/where.png'."
    )
    assert inkling("bench", "start").complaint == (
        "bench: expected what start needs, got none: MNIST is not in place; type: inkling data info "
        "mnist."
    )


def test_a_picture_without_matplotlib_is_refused_at_once(
    inkling: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before ten minutes of timing."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert inkling("bench", "one", "--plot", "bars.png").complaint == (
        "--plot needs matplotlib, which is not installed; type: pip install '.[plots]'"
    )
