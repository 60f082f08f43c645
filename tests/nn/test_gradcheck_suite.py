"""The gradient checks of every combination in the registry."""

from __future__ import annotations

import math
from itertools import product

import pytest

from inkling.nn import ACTIVATIONS, LOSSES, Dropout, Tanh, gradcheck_suite
from inkling.nn.gradcheck_suite import DROPOUT_RATES, DTYPES, Combination, allowed_pairs, run_suite


@pytest.fixture(scope="module")
def rows() -> list[Combination]:
    """The rows of the suite, computed once."""
    return run_suite()


def test_everything_passes(rows: list[Combination]) -> None:
    """The gradients of every combination agree with finite differences, and no check is empty."""
    assert [row for row in rows if not row.passed] == []
    limits = {"float32": 2e-4, "float64": 1e-5}
    assert all(0 < row.max_relative_error <= limits[row.dtype] for row in rows)


def test_everything_is_covered_once(rows: list[Combination]) -> None:
    """Each allowed layer, hidden activation, output, loss and dtype has exactly one row."""
    found = [(row.output, row.loss, row.activation, row.layers, row.dtype) for row in rows]
    wanted = [
        (output, loss, *others)
        for output, loss in allowed_pairs()
        for others in product(ACTIVATIONS, DROPOUT_RATES, DTYPES)
    ]
    assert sorted(found) == sorted(wanted)
    assert {row.output for row in rows} == set(ACTIVATIONS)
    assert {row.loss for row in rows} == set(LOSSES)


def test_allowed_pairs_are_the_documented_ones() -> None:
    """Cross-entropies with softmax and sigmoid but not with tanh, squared error with every output."""
    pairs = set(allowed_pairs())
    assert {(name, "squared_error") for name in ACTIVATIONS} <= pairs
    for loss in ("cross_entropy", "binary_cross_entropy"):
        assert {("softmax", loss), ("sigmoid", loss)} <= pairs
        assert not {(name, loss) for name in ("identity", "tanh", "relu", "gelu", "exp")} & pairs
    assert ("exp", "poisson") in pairs


@pytest.mark.parametrize("wrong", [1.001, math.nan])
def test_a_wrong_activation_is_reported(wrong: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """With tanh' off by 0.1 %, or NaN, the rows with tanh fail and the others pass."""
    correct = Tanh.gradient
    monkeypatch.setattr(Tanh, "gradient", lambda *arguments: wrong * correct(*arguments))
    monkeypatch.setattr(gradcheck_suite, "DTYPES", ("float64",))
    monkeypatch.setattr(gradcheck_suite, "ACTIVATIONS", {"tanh": Tanh, "relu": ACTIVATIONS["relu"]})
    rows = run_suite()
    for row in rows:
        assert row.passed == ("tanh" not in (row.activation, row.output))
    assert {row.passed for row in rows} == {True, False}


def test_a_wrong_dropout_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the gradient passes where the signal did not, the rows with dropout fail and no others."""
    monkeypatch.setattr(Dropout, "grad_inputs", lambda _, grad, _mask: grad)
    monkeypatch.setattr(gradcheck_suite, "DTYPES", ("float64",))
    monkeypatch.setattr(gradcheck_suite, "ACTIVATIONS", {"tanh": Tanh})
    assert {row.layers: row.passed for row in run_suite()} == {
        "dense": True,
        "dense, dropout": False,
    }
