"""The rejector: a linear unit over all hidden units."""

from __future__ import annotations

import numpy as np
import pytest

from inkling._types import FloatArray
from inkling.errors import DivergenceError, ShapeError
from inkling.model.rejection import Rejector, hidden_signals, hidden_units
from inkling.nn.mlp import build_mlp


def test_signals_are_all_hidden_activations() -> None:
    """They are computed by hand from the weights; dropout does not act."""
    rng = np.random.default_rng(0)
    network = build_mlp((7, 5, 4, 3), rng=rng, dropout=0.4, dtype="float64")
    inputs = np.random.default_rng(1).normal(size=(6, 7))
    first = np.maximum(inputs @ network.parameters["dense1.weights"], 0)
    second = np.maximum(first @ network.parameters["dense2.weights"], 0)
    signals = hidden_signals(network, network.forward(inputs).saved)
    np.testing.assert_allclose(signals, np.concatenate([first, second], axis=1), rtol=1e-12)
    assert hidden_units(network) == 9


def test_a_network_without_hidden_layers_has_no_signals() -> None:
    """Their shape is (B, 0)."""
    network = build_mlp((7, 3), rng=np.random.default_rng(0))
    saved = network.forward(np.zeros((2, 7))).saved
    assert hidden_units(network) == 0
    assert hidden_signals(network, saved).shape == (2, 0)


def test_a_score_is_a_weighted_sum() -> None:
    """Computed by hand."""
    rejector = Rejector(np.array([1.0, -2.0, 0.5]), bias=0.25, threshold=1.0)
    signals = np.array([[1, 1, 1], [0, 0, 3], [2, 1, 0], [0, 1, 0], [4, 0, 2]], float)
    np.testing.assert_allclose(rejector.scores(signals), [-0.75, 1.25, -0.25, -2.25, 4.75])


def test_the_temperature_rises_above_the_threshold() -> None:
    """The factor is 1 up to it, e at a quarter above, finite for any score."""
    rejector = Rejector(np.ones(3), bias=0.0, threshold=0.75)
    factors = rejector.temperature_factor(np.array([-7.0, 0.0, 0.75, 1.0, 1.25]))
    np.testing.assert_allclose(factors, [1, 1, 1, np.e, np.e**2], rtol=1e-12)
    assert np.isfinite(rejector.temperature_factor(np.array([1e30], np.float32))).all()


@pytest.mark.parametrize(
    ("weights", "threshold", "message"),
    [
        (np.ones((2, 3)), 1.0, "expected weights of shape"),
        (np.array([1.0, np.nan]), 1.0, "expected finite numbers"),
        (np.ones(3), np.inf, "expected finite numbers"),
    ],
)
def test_wrong_numbers(weights: FloatArray, threshold: float, message: str) -> None:
    """They may come from a file."""
    with pytest.raises(ShapeError, match=f"^Rejector: {message}"):
        Rejector(weights, 0.0, threshold)


def test_scores_that_are_too_large() -> None:
    """A model of unknown origin may have any finite weights: no warning, and no NaN as an answer."""
    rejector = Rejector(np.full(2, 1e38, np.float32), 0.0, 1.0)
    scores = rejector.scores(np.full((1, 2), 1.5, np.float32))  # 3e38, which is finite
    assert rejector.temperature_factor(scores) == pytest.approx([np.exp(20)])
    with pytest.raises(DivergenceError, match="expected finite outputs, got NaN or infinity"):
        rejector.scores(np.full((1, 2), 9, np.float32))
