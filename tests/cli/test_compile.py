"""``inkling compile``: one line before, one after, and a status for set-up scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from inkling.compiled import jit
from inkling.training.engine import choice

Command = Callable[..., Any]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The dtypes that were compiled, in a world with Numba where nothing is at first."""
    done: list[str] = []

    @contextmanager
    def compiling(dtype: str) -> Iterator[None]:
        yield
        done.append(dtype + jit.PREDICTION)

    monkeypatch.setattr(jit, "installed", lambda: True)
    monkeypatch.setattr(jit, "reason_not_to_load", str)
    monkeypatch.setattr(jit, "is_cached", lambda dtype: dtype in done)
    monkeypatch.setattr(choice, "machine_code", done.append)
    monkeypatch.setattr(choice, "compiling_predictions", compiling)
    return done


def test_compiles_once(inkling: Command, made: list[str]) -> None:
    """It says so before and after; the second time there is nothing to do."""
    outcome = inkling("compile")
    assert (outcome.status, outcome.out, made) == (0, "", ["float32", "float32-prediction"])
    before, after = outcome.err.splitlines()
    assert before == f"Compiling the training engine (once, about {choice.COMPILING:.0f} s) ..."
    assert after.startswith("Compiled in ")
    outcome = inkling("compile")
    assert outcome.err == "The training engine has been compiled before.\n"
    assert inkling("compile", "--dtype", "float64", "--json").json["compiled"] is True
    assert made[2:] == ["float64", "float64-prediction"]


def test_without_numba(inkling: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line with what it costs and why; no progress line."""
    monkeypatch.setattr(jit, "installed", lambda: False)
    outcome = inkling("compile")
    assert (outcome.status, outcome.out) == (1, "")
    reason = "Numba is not installed"
    assert outcome.err == f"Training will use NumPy, which takes about twice as long: {reason}.\n"
    outcome = inkling("compile", "--json")
    assert (outcome.status, outcome.err, outcome.json["problem"]) == (1, "", reason)


def test_unknown_dtype(inkling: Command) -> None:
    """Not everything NumPy knows."""
    complaint = inkling("compile", "--dtype", "float16").complaint
    assert complaint.startswith(
        "compile: expected --dtype to be one of float32, float64, got 'float16'"
    )
