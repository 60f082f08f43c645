"""When ``inkling evaluate`` predicts in machine code: if it saves more time than loading it takes."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.compiled import jit
from inkling.model.committee import CommitteeModel
from inkling.model.model import Model
from inkling.nn.mlp import build_mlp
from inkling.training.engine import prediction


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Model:
    """A model of 2,000 weights, on a machine where a million operations take a second."""
    monkeypatch.setattr(prediction, "operations_per_second", lambda _: 5e5)
    monkeypatch.setattr(prediction, "available_cores", lambda: 2)
    monkeypatch.setattr(jit, "installed", lambda: True)
    monkeypatch.setattr(jit, "reason_not_to_load", str)
    monkeypatch.setattr(jit, "is_cached", lambda _: True)
    network = build_mlp((95, 20, 5), rng=np.random.default_rng(0))
    return Model(network, tuple("abcde"), (19, 5))


def test_half_of_two_operations_per_weight(model: Model) -> None:
    """With 2,000 weights an image saves 2 ms; with three networks, three times as much."""
    assert prediction.seconds_saved(model, 100) == pytest.approx(0.2)
    committee = CommitteeModel.of([model] * 3)
    assert prediction.seconds_saved(committee, 100) == pytest.approx(0.6)


def test_the_number_of_images_decides(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """Machine code must be loaded, and compiled if it is not on disk."""
    assert not prediction.is_worth_compiling(model, 350)
    assert prediction.is_worth_compiling(model, 351)
    monkeypatch.setattr(jit, "is_cached", lambda name: name != "float32-prediction")
    assert not prediction.is_worth_compiling(model, 1100)
    assert prediction.is_worth_compiling(model, 1101)


def test_without_numba_numpy_predicts(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it is not installed or cannot be loaded, and without an error."""
    monkeypatch.setattr(jit, "reason_not_to_load", lambda: "needs an older NumPy")
    assert not prediction.is_worth_compiling(model, 10**9)
    monkeypatch.setattr(jit, "installed", lambda: False)
    assert not prediction.is_worth_compiling(model, 10**9)
