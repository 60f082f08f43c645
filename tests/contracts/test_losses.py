"""One contract over every loss: value, gradient, targets, sample weights and what is refused."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import softmax, xlog1py, xlogy

from inkling._types import AnyArray, FloatArray
from inkling.errors import SettingError, ShapeError
from inkling.nn.gradcheck import numeric_gradient
from inkling.nn.losses import BinaryCrossEntropy, CrossEntropy, Loss
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
def test_the_mean_divides_by_the_real_number_of_samples(name: str) -> None:
    """The loss of 5 samples is the mean of 5, of 3 the mean of 3: no fixed batch size."""
    loss, a, y = LOSSES[name](), _outputs(), _targets()
    alone = [loss.value(a[row : row + 1], y[row : row + 1]) for row in range(B)]
    assert loss.value(a, y) == pytest.approx(sum(alone) / 5, rel=1e-14)
    assert loss.value(a[:3], y[:3]) == pytest.approx(sum(alone[:3]) / 3, rel=1e-14)


@every_loss
@pytest.mark.parametrize("kind", ["int64", "uint8", "int8", "uint64"])
def test_labels_are_one_hot_rows(name: str, kind: str) -> None:
    """Whole numbers of any width give exactly what their one-hot rows give."""
    loss, a = LOSSES[name](), _outputs()
    rows = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]])
    assert loss.value(a, LABELS.astype(kind)) == loss.value(a, rows.astype(np.float64))


@every_loss
@pytest.mark.parametrize("kind", ["int64", "uint8", "bool", "float32"])
def test_dense_targets_may_have_any_number_dtype(name: str, kind: str) -> None:
    """0/1 targets (B, C) are the same as booleans, bytes or floats."""
    loss, a, rows = LOSSES[name](), _outputs(), np.eye(C)[LABELS]
    assert loss.value(a, rows.astype(kind)) == loss.value(a, rows)


@every_loss
def test_sample_weights_are_repetitions(name: str) -> None:
    """A sample of weight 3 counts like three of it, one of weight 0 not at all."""
    loss, a, y = LOSSES[name](), _outputs(), _targets()
    times = WEIGHTS.astype(int)
    repeated = loss.value(np.repeat(a, times, axis=0), np.repeat(y, times, axis=0))
    assert loss.value(a, y, WEIGHTS) == pytest.approx(repeated, rel=1e-14)


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
def test_a_label_smoothing_outside_its_range_is_refused(smoothing: Any) -> None:
    """At 1 nothing would be left of the label."""
    with pytest.raises(SettingError) as error:
        CrossEntropy(label_smoothing=smoothing)
    assert str(error.value) == (
        f"CrossEntropy: expected label_smoothing in [0, 1), got {smoothing!r}."
    )


WRONG_TARGETS: dict[str, tuple[AnyArray, str]] = {
    "a label too large": (np.array([2, 0, 1, 3, 0]), "labels from 0 to 2, got 3."),
    "a label below zero": (np.array([2, 0, 1, -1, 0]), "labels from 0 to 2, got -1."),
    "labels as floats": (
        LABELS.astype(np.float64),
        "class labels (B,) or targets (B, 3), got float64 of shape (5,).",
    ),
    "labels as truth values": (
        LABELS > 0,
        "class labels (B,) or targets (B, 3), got bool of shape (5,).",
    ),
    "labels as text": (
        np.array(["2", "0", "1", "2", "0"]),
        "class labels (B,) or targets (B, 3), got <U1 of shape (5,).",
    ),
    "too few labels": (LABELS[:4], "labels of shape (5,), got (4,)."),
    "a single label": (LABELS[:1], "labels of shape (5,), got (1,)."),
    "too many labels": (np.repeat(LABELS, 2), "labels of shape (5,), got (10,)."),
    "a number": (np.array(2), "class labels (B,) or targets (B, 3), got int64 of shape ()."),
    "labels as a column": (LABELS[:, np.newaxis], "targets of shape (5, 3), got (5, 1)."),
    "labels as a row": (LABELS[np.newaxis], "targets of shape (5, 3), got (1, 5)."),
    "one row for all": (np.ones((1, C)) / C, "targets of shape (5, 3), got (1, 3)."),
    "turned axes": (np.ones((C, B)) / B, "targets of shape (5, 3), got (3, 5)."),
    "a row too few": (np.ones((4, C)) / C, "targets of shape (5, 3), got (4, 3)."),
    "three axes": (
        np.ones((B, C, 1)),
        "class labels (B,) or targets (B, 3), got float64 of shape (5, 3, 1).",
    ),
}


@every_loss
@pytest.mark.parametrize("case", WRONG_TARGETS)
def test_wrong_targets_are_refused_in_one_sentence(name: str, case: str) -> None:
    """No target is broadcast, rounded or cut: the sentence says what was expected and what came."""
    targets, sentence = WRONG_TARGETS[case]
    with pytest.raises(
        ShapeError, match=re.escape(f"{LOSSES[name].__name__}: expected {sentence}")
    ):
        LOSSES[name]().value(_outputs(), targets)


@pytest.mark.parametrize(
    ("row", "got"),
    [([0, 0, 0], "0"), ([1, 1, 0], "2"), ([0.5, 0.25, 0], "0.75")],
)
def test_cross_entropy_targets_that_are_no_probabilities_are_refused(
    row: list[float], got: str
) -> None:
    """A row that does not sum to 1 means several labels, which is the binary loss's business."""
    targets = _targets()
    targets[3] = row
    with pytest.raises(ShapeError) as error:
        CrossEntropy().value(_outputs(), targets)
    assert str(error.value) == (
        f"CrossEntropy: expected rows of targets that sum to 1, got a sum of {got} in row 3; "
        "use binary_cross_entropy if several classes can be right at once."
    )


@pytest.mark.parametrize("loss", [CrossEntropy(), BinaryCrossEntropy()])
@pytest.mark.parametrize(("target", "got"), [(-0.5, "-0.5"), (1.5, "1.5"), (np.nan, "nan")])
def test_targets_beyond_probabilities_are_refused(loss: Loss, target: float, got: str) -> None:
    """A target below 0, above 1 or not a number has no cross-entropy, though its row may sum to 1."""
    targets = _targets()
    targets[3] = [target, 1 - target, 0]
    with pytest.raises(ShapeError) as error:
        loss.value(_outputs(), targets)
    assert str(error.value) == f"{type(loss).__name__}: expected targets from 0 to 1, got {got}."


@every_loss
def test_lists_are_refused_with_what_to_type(name: str) -> None:
    """A list has no shape and no dtype to check."""
    with pytest.raises(ShapeError) as error:
        LOSSES[name]().value(_outputs(), [0, 1, 2, 0, 1])  # type: ignore[arg-type]
    who = LOSSES[name].__name__
    assert str(error.value) == (
        f"{who}: expected targets as an array, got list; pass np.asarray(targets)."
    )


WRONG_WEIGHTS: dict[str, tuple[AnyArray, str]] = {
    "too few": (np.ones(4), "sample weights of shape (5,), got (4,)."),
    "a single one": (np.ones(1), "sample weights of shape (5,), got (1,)."),
    "a column": (np.ones((5, 1)), "sample weights of shape (5,), got (5, 1)."),
    "one below zero": (
        np.array([1, 1, 1, 1, -1.5]),
        "sample weights of at least 0 with a positive sum, "
        "got a smallest of -1.5 and a sum of 2.5.",
    ),
    "all zero": (
        np.zeros(5),
        "sample weights of at least 0 with a positive sum, got a smallest of 0.0 and a sum of 0.0.",
    ),
    "no number": (
        np.array([1, np.nan, 1, 1, 1]),
        "sample weights of at least 0 with a positive sum, got a smallest of nan and a sum of nan.",
    ),
    "infinite": (
        np.array([1, np.inf, 1, 1, 1]),
        "sample weights of at least 0 with a positive sum, got a smallest of 1.0 and a sum of inf.",
    ),
}


@every_loss
@pytest.mark.parametrize("case", WRONG_WEIGHTS)
def test_wrong_sample_weights_are_refused_in_one_sentence(name: str, case: str) -> None:
    """Weights are one number a sample, none below 0, not all 0."""
    weights, sentence = WRONG_WEIGHTS[case]
    with pytest.raises(ShapeError) as error:
        LOSSES[name]().value(_outputs(), LABELS, weights)
    assert str(error.value) == f"{LOSSES[name].__name__}: expected {sentence}"


@every_loss
def test_outputs_with_one_axis_are_refused(name: str) -> None:
    """Outputs are (B, C), also for a single sample."""
    with pytest.raises(ShapeError) as error:
        LOSSES[name]().value(np.array([0.5, 0.25, 0.25]), np.array([0]))
    assert str(error.value) == (
        f"{LOSSES[name].__name__}: expected outputs of shape (B, O), got (3,)."
    )


@every_loss
@pytest.mark.parametrize("targets", [np.empty(0, np.int64), np.empty((0, C))])
def test_no_samples_are_refused(name: str, targets: AnyArray) -> None:
    """The mean of nothing is not 0 and not NaN: it is an error."""
    with pytest.raises(ShapeError) as error:
        LOSSES[name]().value(np.empty((0, C)), targets)
    assert str(error.value) == f"{LOSSES[name].__name__}: expected at least one sample, got 0."
