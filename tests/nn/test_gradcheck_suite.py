"""The proof for everything that ships."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from itertools import product
from typing import Any

import numpy as np
import pytest

from inkling._types import AnyArray
from inkling.nn import gradcheck_suite
from inkling.nn.activations import Tanh
from inkling.nn.dropout import Dropout
from inkling.nn.gradcheck import check_gradients
from inkling.nn.gradcheck_suite import DTYPES, LAYERS, Combination, allowed_pairs, run_suite
from inkling.nn.losses import Loss, SquaredError
from inkling.nn.network import Network
from inkling.nn.registry import ACTIVATIONS, LOSSES


@pytest.fixture(scope="module")
def rows() -> list[Combination]:
    """The suite's result, computed once."""
    return run_suite()


def test_everything_passes(rows: list[Combination]) -> None:
    """Every combination's gradients agree with finite differences."""
    failed = [row for row in rows if not row.passed]
    assert not failed
    limits = {"float32": 2e-4, "float64": 1e-5}
    assert all(0 <= row.max_relative_error <= limits[row.dtype] for row in rows)


def test_everything_is_covered_once(rows: list[Combination]) -> None:
    """Each layer, hidden activation, output, loss and dtype that can meet has exactly one row."""
    found = [(row.output, row.loss, row.activation, row.layers, row.dtype) for row in rows]
    wanted = [
        (output, loss, *others)
        for output, loss in allowed_pairs()
        for others in product(ACTIVATIONS, LAYERS, DTYPES)
    ]
    assert sorted(found) == sorted(wanted)
    assert len(set(found)) == len(found)


def test_every_registered_name_appears(rows: list[Combination]) -> None:
    """Activations hidden and as output, losses, both layers, both dtypes."""
    assert {row.activation for row in rows} == set(ACTIVATIONS)
    assert {row.output for row in rows} == set(ACTIVATIONS)
    assert {row.loss for row in rows} == set(LOSSES)
    assert {row.layers for row in rows} == {"dense", "dense, dropout"}
    assert {row.dtype for row in rows} == {"float32", "float64"}


def test_allowed_pairs_are_the_documented_ones() -> None:
    """Cross-entropies with softmax and sigmoid but not with tanh, squared error with every output."""
    pairs = set(allowed_pairs())
    assert {(name, "squared_error") for name in ACTIVATIONS} <= pairs
    for loss in ("cross_entropy", "binary_cross_entropy"):
        assert {("softmax", loss), ("sigmoid", loss)} <= pairs
        assert not {(name, loss) for name in ("identity", "tanh", "relu", "gelu")} & pairs


def test_no_check_is_empty(rows: list[Combination]) -> None:
    """No row compares zeros with zeros: rounding shows in every one."""
    assert all(row.max_relative_error > 0 for row in rows)


def test_the_rows_are_the_same_every_time(rows: list[Combination]) -> None:
    """Weights and inputs come from a fixed seed."""
    wanted = rows[0]
    checks = gradcheck_suite.check_combination(
        wanted.layers, wanted.activation, wanted.output, wanted.loss, wanted.dtype
    )
    assert max(check.max_relative_error for check in checks) == wanted.max_relative_error


def test_rows_are_plain_data(rows: list[Combination]) -> None:
    """A row survives JSON, with the names and the two results as keys."""
    plain = json.loads(json.dumps(asdict(rows[0])))
    assert list(plain) == [
        *("layers", "activation", "output", "loss", "dtype", "max_relative_error", "passed")
    ]
    assert Combination(**plain) == rows[0]
    assert type(rows[0].passed) is bool


def test_a_wrong_activation_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """With tanh' off by 0.1 %, the rows with tanh fail and the others pass."""
    right = Tanh.gradient
    monkeypatch.setattr(Tanh, "gradient", lambda *arguments: 1.001 * right(*arguments))
    monkeypatch.setattr(gradcheck_suite, "DTYPES", ("float64",))
    monkeypatch.setattr(gradcheck_suite, "ACTIVATIONS", {"tanh": Tanh, "relu": ACTIVATIONS["relu"]})
    rows = run_suite()
    for row in rows:
        assert row.passed == ("tanh" not in (row.activation, row.output))
    assert {row.passed for row in rows} == {True, False}


def test_a_wrong_dropout_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a gradient that passes where the signal did not, the rows with dropout fail, no other."""
    monkeypatch.setattr(Dropout, "backward", lambda *arrays, **_: (arrays[1], {}))
    monkeypatch.setattr(gradcheck_suite, "DTYPES", ("float64",))
    monkeypatch.setattr(gradcheck_suite, "ACTIVATIONS", {"tanh": Tanh})
    assert {row.layers: row.passed for row in run_suite()} == {
        "dense": True,
        "dense, dropout": False,
    }


def test_each_row_checks_plain_and_with_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """First labels alone; then targets (B, C), label smoothing and unequal sample weights."""
    calls: list[Any] = []

    def listen(network: Network, x: AnyArray, y: AnyArray, loss: Loss, **others: Any) -> Any:
        calls.append((y.ndim, loss.settings(), others.get("sample_weights")))
        return check_gradients(network, x, y, loss, **others)

    monkeypatch.setattr(gradcheck_suite, "check_gradients", listen)
    gradcheck_suite.check_combination("dense", "tanh", "softmax", "cross_entropy", "float64")
    plain, full = calls
    assert plain == (1, {"label_smoothing": 0.0}, None)
    assert full[:2] == (2, {"label_smoothing": 0.1})
    assert len(set(full[2])) == gradcheck_suite.BATCH


def test_a_loss_that_gives_nan_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """NaN is an error, not the absence of one."""
    monkeypatch.setattr(SquaredError, "gradient", lambda *arrays: np.full_like(arrays[1], np.nan))
    monkeypatch.setattr(gradcheck_suite, "DTYPES", ("float64",))
    monkeypatch.setattr(gradcheck_suite, "ACTIVATIONS", {"tanh": Tanh})
    rows = run_suite()
    assert len(rows) == 2
    assert not any(row.passed for row in rows)
    assert all(math.isnan(row.max_relative_error) for row in rows)
