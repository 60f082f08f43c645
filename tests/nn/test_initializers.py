"""How weights start: distribution and variance, measured on large draws."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import stats

from inkling._types import FloatArray
from inkling.errors import SettingError
from inkling.nn.initializers import Initializer, Normal, Uniform, Zeros
from inkling.nn.registry import INITIALIZERS

I, O = 300, 700  # noqa: E741 (the axis letters)

VARIANCES = {
    "he_normal": 2 / 300,
    "he_uniform": 2 / 300,
    "glorot_normal": 2 / 1000,
    "glorot_uniform": 2 / 1000,
    "lecun_normal": 1 / 300,
    "lecun_uniform": 1 / 300,
    "normal": 1.0,
    "uniform": 1 / 3,
    "zeros": 0.0,
}

every_initializer = pytest.mark.parametrize("name", INITIALIZERS)
random_initializers = pytest.mark.parametrize("name", [n for n in INITIALIZERS if n != "zeros"])


def _draw(initializer: Initializer, seed: int = 24) -> FloatArray:
    return initializer((I, O), (I, O), rng=np.random.default_rng(seed))


@every_initializer
def test_shape_and_dtype(name: str) -> None:
    """Any shape is filled, in float64; the layer rounds."""
    for shape in [(5, 7), (3,), (0,)]:
        values = INITIALIZERS[name](shape, (5, 7), rng=np.random.default_rng(0))
        assert values.shape == shape
        assert values.dtype == np.float64


@every_initializer
def test_one_seed_gives_one_draw(name: str) -> None:
    """The generator handed in is the only source of randomness."""
    assert_array_equal(_draw(INITIALIZERS[name]), _draw(INITIALIZERS[name]))
    differ = (_draw(INITIALIZERS[name]) != _draw(INITIALIZERS[name], seed=25)).any()
    assert differ == (name != "zeros")


@random_initializers
def test_mean_and_variance_are_right(name: str) -> None:
    """Over n = 210,000 draws both lie within 5 standard deviations of what the rule says.

    The mean's is √(σ²/n). The variance's is σ² √((κ − 1) / n), with kurtosis κ = 3 for a normal
    and 9/5 for a uniform distribution.
    """
    values, variance = _draw(INITIALIZERS[name]), VARIANCES[name]
    kurtosis = 9 / 5 if "uniform" in name else 3
    assert abs(values.mean()) < 5 * math.sqrt(variance / values.size)
    bound = 5 * variance * math.sqrt((kurtosis - 1) / values.size)
    assert values.var() == pytest.approx(variance, abs=bound)


@random_initializers
def test_the_distribution_is_the_named_one(name: str) -> None:
    """Kolmogorov and Smirnov find no difference from the normal or the uniform distribution."""
    deviation = math.sqrt(VARIANCES[name])
    values = _draw(INITIALIZERS[name]).ravel() / deviation
    edge = math.sqrt(3)
    uniform = "uniform" in name
    named = stats.uniform(-edge, 2 * edge) if uniform else stats.norm()
    other = stats.norm() if uniform else stats.uniform(-edge, 2 * edge)
    assert stats.kstest(values, named.cdf).pvalue > 1e-4
    assert stats.kstest(values, other.cdf).pvalue < 1e-10


@pytest.mark.parametrize(
    ("rule", "activation"), [("lecun_normal", "identity"), ("he_normal", "relu")]
)
def test_the_rule_keeps_the_signal_through_ten_layers(rule: str, activation: str) -> None:
    """What the module promises: E[x²] neither dies nor explodes; with the other rule it does."""

    def signal(name: str) -> float:
        rng = np.random.default_rng(27)
        x = rng.normal(size=(100, 200))
        for _ in range(10):
            z = x @ INITIALIZERS[name]((200, 200), (200, 200), rng=rng)
            x = np.maximum(z, 0) if activation == "relu" else z
        return float((x**2).mean())

    assert 0.3 < signal(rule) < 3
    wrong = signal("he_normal" if rule == "lecun_normal" else "lecun_normal")
    assert wrong > 300 or wrong < 1 / 300


def test_zeros_draw_nothing() -> None:
    """Zeros leave the generator where it was, so that weights do not depend on biases."""
    rng = np.random.default_rng(28)
    assert_array_equal(Zeros()((5, 7), (5, 7), rng=rng), np.zeros((5, 7)))
    assert rng.random() == np.random.default_rng(28).random()


@pytest.mark.parametrize("scale", [-0.1, math.nan, "1", None])
def test_a_negative_scale_raises(scale: Any) -> None:
    """A spread is a number of at least 0."""
    with pytest.raises(SettingError, match=r"Normal: expected std in \[0, ∞\)"):
        Normal(std=scale)
    with pytest.raises(SettingError, match=r"Uniform: expected bound in \[0, ∞\)"):
        Uniform(bound=scale)
