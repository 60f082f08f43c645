"""The contract of every loss: value, gradient, targets, sample weights, and wrong arguments."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import softmax, xlog1py, xlogy

from inkling._types import FloatArray
from inkling.errors import SettingError, ShapeError
from inkling.nn import BinaryCrossEntropy, CrossEntropy, Loss, Poisson, SquaredError
from inkling.nn.gradcheck import numeric_gradient
from inkling.nn.registry import LOSSES

B, C = 5, 3
LABELS = np.array([2, 0, 1, 2, 0])
WEIGHTS = np.array([1.0, 3.0, 0.0, 2.0, 4.0])

every_loss = pytest.mark.parametrize("name", LOSSES)
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def _outputs(batch: int = B) -> FloatArray:
    """Probabilities (batch, C) that are not near 0 or 1."""
    probabilities: FloatArray = softmax(np.random.default_rng(7).normal(size=(batch, C)), axis=1)
    return probabilities


def _targets(batch: int = B) -> FloatArray:
    """Soft targets (batch, C) that suit every loss: each row sums to 1."""
    return np.random.default_rng(8).dirichlet(np.ones(C), batch)


def _oracle(name: str, a: FloatArray, y: FloatArray) -> FloatArray:
    losses: FloatArray = {
        "squared_error": np.linalg.norm(a - y, axis=1) ** 2 / 2,
        "cross_entropy": -xlogy(y, a).sum(axis=1),
        "binary_cross_entropy": -(xlogy(y, a) + xlog1py(1 - y, -a)).sum(axis=1),
        "poisson": (xlogy(y, y / a) - y + a).sum(axis=1),
    }[name]
    return losses


@every_loss
def test_registry_entry_is_whole(name: str) -> None:
    """Its key is its kind, and it can be built without arguments."""
    assert LOSSES[name].kind == name
    assert isinstance(LOSSES[name](), Loss)


@every_loss
def test_value_matches_an_independent_formula(name: str) -> None:
    """ℓ of each sample equals the one written with SciPy, for hard and soft targets."""
    a = _outputs()
    for y in (_targets(), np.eye(C)[LABELS]):
        assert_allclose(LOSSES[name]().per_sample(a, y), _oracle(name, a, y), rtol=1e-13)


@every_loss
def test_gradient_matches_finite_differences(name: str) -> None:
    """∂ℓ/∂a equals the measured slope of Σ ℓ, element by element."""
    loss, a, y = LOSSES[name](), _outputs(), _targets()
    numeric = numeric_gradient(lambda: float(loss.per_sample(a, y).sum()), a)
    assert_allclose(loss.gradient(a, y), numeric, rtol=1e-6, atol=1e-8)


@every_loss
@both_dtypes
def test_dtype_is_kept(name: str, dtype: str) -> None:
    """ℓ, its gradient and the dense targets have the outputs' dtype, whatever the targets'."""
    loss, a = LOSSES[name](), _outputs().astype(dtype)
    for targets in (LABELS, _targets(), _targets().astype(np.float32), np.eye(C)[LABELS] > 0):
        y = loss.dense_targets(targets, a)
        assert y.dtype == dtype
        assert loss.per_sample(a, y).dtype == dtype
        assert loss.gradient(a, y).dtype == dtype
        assert type(loss.value(a, targets)) is float


@every_loss
@both_dtypes
def test_probabilities_of_0_and_1_are_finite_and_silent(name: str, dtype: str) -> None:
    """An output that is certain, rightly or wrongly, costs a finite loss with a finite slope."""
    a = np.array([[0, 1, 0], [1, 0, 0], [1, 1, 1], [0, 0, 0], [0.5, 0.5, 0]], dtype)
    y = np.eye(C)[LABELS].astype(dtype)
    loss = LOSSES[name]()
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        assert math.isfinite(loss.value(a, LABELS))
        assert np.isfinite(loss.gradient(a, y)).all()


@pytest.mark.parametrize(("dtype", "smallest"), [("float32", -126), ("float64", -1022)])
@pytest.mark.parametrize("loss", [CrossEntropy(), BinaryCrossEntropy()])
def test_a_probability_of_0_is_read_as_the_smallest_normal_number(
    loss: Loss, dtype: str, smallest: int
) -> None:
    """A right class with probability 0 costs 126 log 2 in float32, 1022 log 2 in float64."""
    a = np.array([[0, 0, 0]], dtype)
    assert loss.value(a, np.array([1])) == pytest.approx(-smallest * math.log(2), rel=1e-6)


@every_loss
def test_settings_are_plain_data_that_build_it_again(name: str) -> None:
    """settings() survives JSON, and the constructor takes it back."""
    loss = LOSSES[name]()
    twin = LOSSES[name](**json.loads(json.dumps(loss.settings())))
    assert twin.settings() == loss.settings()
    assert repr(twin) == repr(loss)


def test_label_smoothing_by_hand() -> None:
    """ε = 0.3 over three classes: targets 0.8, 0.1, 0.1, and ℓ = 0.8 log 2 + 0.2 log 4 = 1.2 log 2."""
    loss, a = CrossEntropy(label_smoothing=0.3), np.array([[0.5, 0.25, 0.25]])
    assert_allclose(loss.dense_targets(np.array([0]), a), [[0.8, 0.1, 0.1]], rtol=1e-14)
    assert loss.value(a, np.array([0])) == pytest.approx(1.2 * math.log(2), rel=1e-14)
    soft = loss.dense_targets(np.array([[0.5, 0.5, 0.0]]), a)
    assert_allclose(soft, [[0.45, 0.45, 0.1]], rtol=1e-14)


@pytest.mark.parametrize("smoothing", [-0.1, 1, math.nan, "0.1", None])
def test_a_label_smoothing_outside_its_range_raises(smoothing: Any) -> None:
    """At 1 nothing would be left of the label."""
    with pytest.raises(SettingError, match=r"label_smoothing in \[0, 1\)"):
        CrossEntropy(label_smoothing=smoothing)


@pytest.mark.parametrize("kind", ["int64", "uint8", "int8", "uint64"])
def test_labels_are_one_hot_rows(kind: str) -> None:
    """Whole numbers of any width give what their rows of 0 and 1 give, in any dtype."""
    rows = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]])
    for loss in (CrossEntropy(), SquaredError()):
        expected = loss.value(_outputs(), LABELS.astype(kind))
        for dtype in (kind, "bool", "float32"):
            assert loss.value(_outputs(), rows.astype(dtype)) == expected


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.array([2, 0, 1, 3, 0]), "labels from 0 to 2, got 3"),
        (np.array([2, 0, 1, -1, 0]), "labels from 0 to 2, got -1"),
        (LABELS.astype(float), r"class labels \(B,\) or targets \(B, 3\), got float64 of shape"),
        (LABELS > 0, "got bool of shape"),
        (LABELS.astype(str), "got <U"),
        (np.array(2), "got int64 of shape"),
        (np.ones((B, C, 1)), "got float64 of shape"),
        (LABELS[:1], r"labels of shape \(5,\), got \(1,\)"),
        (LABELS[:, np.newaxis], r"targets of shape \(5, 3\), got \(5, 1\)"),
        (np.ones((1, C)) / C, r"targets of shape \(5, 3\), got \(1, 3\)"),
        ([0, 1, 2, 0, 1], "targets as an array, got list"),
    ],
)
def test_wrong_targets_raise(targets: Any, message: str) -> None:
    """No target is broadcast, rounded or cut."""
    with pytest.raises(ShapeError, match=f"SquaredError: expected .*{message}"):
        SquaredError().value(_outputs(), targets)


@pytest.mark.parametrize(("row", "total"), [([0, 0, 0], "0"), ([1, 1, 0], "2")])
def test_cross_entropy_targets_are_distributions(row: list[float], total: str) -> None:
    """A row that does not sum to 1 means several labels, which need the binary cross-entropy."""
    targets = _targets()
    targets[3] = row
    with pytest.raises(ShapeError, match=f"a sum of {total} in row 3; use binary_cross_entropy"):
        CrossEntropy().value(_outputs(), targets)


@pytest.mark.parametrize(
    ("loss", "target"),
    [
        *[(loss, t) for loss in (CrossEntropy(), BinaryCrossEntropy()) for t in (-0.5, 1.5)],
        (CrossEntropy(), math.nan),
        (Poisson(), -0.25),
    ],
)
def test_targets_outside_the_domain_raise(loss: Loss, target: float) -> None:
    """A target such as −0.5 has no cross-entropy, even if its row sums to 1."""
    targets = _targets()
    targets[3] = [target, 1 - target, 0]
    with pytest.raises(ShapeError, match=rf"expected targets in \[0, .*, got {target:g}"):
        loss.value(_outputs(), targets)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(4), r"sample weights of shape \(5,\), got \(4,\)"),
        (np.ones((5, 1)), r"sample weights of shape \(5,\), got \(5, 1\)"),
        (np.array([1, 1, 1, 1, -1.5]), "got a smallest of -1.5 and a sum of 2.5"),
        (np.zeros(5), "a smallest of 0.0 and a sum of 0.0"),
        (np.array([1, np.nan, 1, 1, 1]), "a smallest of nan"),
        (np.array([1, np.inf, 1, 1, 1]), "a sum of inf"),
    ],
)
def test_wrong_sample_weights_raise(weights: FloatArray, message: str) -> None:
    """Weights are one number per sample, none below 0, not all 0."""
    with pytest.raises(ShapeError, match=message):
        SquaredError().value(_outputs(), LABELS, weights)


def test_outputs_with_one_axis_raise() -> None:
    """Outputs are (B, C), also for a single sample."""
    with pytest.raises(ShapeError, match=r"expected outputs of shape \(B, O\), got \(3,\)"):
        SquaredError().value(np.array([0.5, 0.25, 0.25]), np.array([0]))
