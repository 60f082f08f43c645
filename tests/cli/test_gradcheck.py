"""``inkling gradcheck``: the table, its JSON, and an exit status for failures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from inkling.nn.gradcheck_suite import Combination

Command = Callable[..., Any]

GOOD = Combination("dense", "relu", "softmax", "cross_entropy", "float64", 1.26e-9, True)
BAD = replace(GOOD, activation="tanh", max_relative_error=0.5, passed=False)


def test_table_and_json(inkling: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The combinations with their errors; the status is 1 if one failed."""
    rows = [GOOD, GOOD]  # made up, because the suite takes seconds and has tests of its own
    monkeypatch.setattr("inkling.nn.gradcheck_suite.run_suite", lambda: rows)
    outcome = inkling("gradcheck", "--json")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.json == {"combinations": [vars(GOOD), vars(GOOD)]}
    outcome = inkling("gradcheck")
    assert outcome.status == 0
    assert "1.3e-09" in outcome.out
    assert outcome.err.startswith("2 of 2 combinations passed")
    rows.append(BAD)
    outcome = inkling("gradcheck")
    assert outcome.status == 1
    assert outcome.out.count("FAILED") == 1
    assert outcome.err == "1 of 3 combinations FAILED.\n"
    rows.append(replace(BAD, max_relative_error=float("nan")))  # JSON has no NaN
    outcome = inkling("gradcheck", "--json")
    assert outcome.status == 1
    assert [row["passed"] for row in outcome.json["combinations"]] == [True, True, False, False]
    assert outcome.json["combinations"][3]["max_relative_error"] is None
