"""The contract of every pair of output activation and loss: the δ that training starts from."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit, log_expit, log_softmax, logsumexp, softmax

from inkling._types import AnyArray, FloatArray
from inkling.errors import SettingError
from inkling.nn import output
from inkling.nn.gradcheck import numeric_gradient
from inkling.nn.gradcheck_suite import allowed_pairs
from inkling.nn.losses import CrossEntropy, Loss
from inkling.nn.output import CLOSED_FORMS, LossAndDelta, chain_rule, loss_and_delta
from inkling.nn.registry import ACTIVATIONS, LOSSES

B, C = 5, 3
LABELS = np.array([2, 0, 1, 2, 0])
WEIGHTS = np.array([1.0, 3.0, 0.0, 2.0, 4.0])

ALLOWED = allowed_pairs()
LOG_SPACE = [pair for pair in CLOSED_FORMS if pair[0] in ("softmax", "sigmoid")]
"""The closed forms that ``_log_space`` computes; tests/nn/test_poisson.py has Poisson's."""

every_allowed_pair = pytest.mark.parametrize(("activation", "loss"), ALLOWED)
every_closed_form = pytest.mark.parametrize(("activation", "loss"), CLOSED_FORMS)
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def _logits(batch: int = B) -> FloatArray:
    """Logits (batch, C), at least 0.1 away from the kink at 0."""
    z = np.random.default_rng(9).normal(size=(batch, C))
    return z + 0.1 * np.sign(z)


def _targets(batch: int = B) -> FloatArray:
    """Soft targets (batch, C) that suit every loss: each row sums to 1."""
    return np.random.default_rng(10).dirichlet(np.ones(C), batch)


def _run(
    activation: str,
    loss: str | Loss,
    z: FloatArray,
    targets: AnyArray,
    sample_weights: FloatArray | None = None,
) -> LossAndDelta:
    layer = ACTIVATIONS[activation]()
    a, _ = layer.forward(z)
    loss = LOSSES[loss]() if isinstance(loss, str) else loss
    return loss_and_delta(layer, loss, z, a, targets, sample_weights)


def _log_space(
    activation: str, loss: str, z: FloatArray, y: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Computes ℓ (B,) and δ (B, C) in float64 from logarithms alone, exact for any z.

    With q^j the softmax over all classes but j, ∂ log(1 − a_j) / ∂z_k = q^j_k − a_k. So

        δ_k = Σ_j y_j (a_k − [j = k]) + Σ_j (1 − y_j) (a_k − q^j_k)

    where only numbers between −1 and 1 are added.
    """
    z, y = z.astype(np.float64), y.astype(np.float64)
    no = 1 - y if loss == "binary_cross_entropy" else np.zeros_like(y)
    if activation == "sigmoid":
        losses = -(y * log_expit(z) + no * log_expit(-z)).sum(axis=1)
        return losses, no * expit(z) - y * expit(-z)
    a, total = softmax(z, axis=1), logsumexp(z, axis=1)
    losses, delta = -(y * (z - total[:, np.newaxis])).sum(axis=1), np.zeros_like(z)
    for j in range(z.shape[1]):
        others = np.delete(z, j, axis=1)
        without = np.insert(softmax(others, axis=1), j, 0, axis=1)
        losses -= no[:, j] * (logsumexp(others, axis=1) - total)
        delta += y[:, [j]] * (a - np.eye(z.shape[1])[j]) + no[:, [j]] * (a - without)
    return losses, delta


def _extreme_logits() -> FloatArray:
    """Every triple of far apart, near and equal logits: (216, 3)."""
    return np.array(list(product([-1e4, -90.0, -1.5, 0.0, 17.0, 1e4], repeat=C)))


@pytest.mark.parametrize(
    ("activation", "loss", "interval"),
    [
        ("identity", "cross_entropy", r"\(−∞, ∞\)"),
        ("tanh", "binary_cross_entropy", r"\[-1, 1\]"),
        ("relu", "cross_entropy", r"\[0, ∞\)"),
        ("gelu", "poisson", r"\[-0.17005, ∞\)"),
    ],
)
def test_a_pair_without_a_logarithm_raises(activation: str, loss: str, interval: str) -> None:
    """The logarithm of a negative output is an error before it is a NaN."""
    with pytest.raises(SettingError, match=f"{activation}, whose outputs lie in {interval}"):
        _run(activation, loss, _logits(), LABELS)


@every_closed_form
def test_closed_form_equals_the_chain_rule(activation: str, loss: str) -> None:
    """The short form is the loss's gradient through the activation's, and so is its loss."""
    z, y = _logits(), _targets()
    layer = ACTIVATIONS[activation]()
    a, _ = layer.forward(z)
    short = CLOSED_FORMS[activation, loss](z, a, y)
    long = chain_rule(layer, LOSSES[loss](), z, a, y)
    assert_allclose(short[0], long[0], rtol=1e-12)
    assert_allclose(short[1], long[1], rtol=1e-11, atol=1e-15)


@every_allowed_pair
def test_delta_matches_finite_differences(activation: str, loss: str) -> None:
    """∂L/∂z equals the central difference of the mean loss of f(z), weighted and not."""
    z = _logits()

    def mean_loss(weights: FloatArray | None) -> float:
        a, _ = ACTIVATIONS[activation]().forward(z)
        return LOSSES[loss]().value(a, _targets(), weights)

    for weights in (None, WEIGHTS):
        value, delta = _run(activation, loss, z, _targets(), weights)
        assert value == pytest.approx(mean_loss(weights), rel=1e-12)
        numeric = numeric_gradient(lambda weights=weights: mean_loss(weights), z)  # type: ignore[misc]
        assert_allclose(delta, numeric, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("activation", "loss"), LOG_SPACE)
@both_dtypes
@pytest.mark.parametrize("label", [0, 1, 2, None])
def test_closed_forms_are_exact_for_any_logits(
    activation: str, loss: str, dtype: str, label: int | None
) -> None:
    """At logits of ±1e4, at ties and between, loss and δ are those computed from logarithms."""
    z = _extreme_logits().astype(dtype)
    y = np.tile([0.2, 0.5, 0.3] if label is None else np.eye(C)[label], (len(z), 1)).astype(dtype)
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        a, _ = ACTIVATIONS[activation]().forward(z)
        losses, delta = CLOSED_FORMS[activation, loss](z, a, y)
        whole = _run(activation, loss, z, y)
    expected_losses, expected_delta = _log_space(activation, loss, z, y)
    exact = 1e-6 if dtype == "float32" else 1e-13
    # Losses below one rounding of 1 are lost: log a is 0 where a rounds to 1.
    assert_allclose(losses, expected_losses, rtol=4 * exact, atol=2 * exact)
    assert_allclose(delta, expected_delta, rtol=4 * exact, atol=exact)
    assert whole.loss == pytest.approx(expected_losses.mean(), rel=4 * exact)
    assert_allclose(whole.delta, expected_delta / len(z), rtol=8 * exact, atol=exact / len(z))


@pytest.mark.parametrize(("activation", "loss"), [pair for pair in ALLOWED if pair[0] != "exp"])
@both_dtypes
def test_every_pair_is_finite_and_silent_at_ten_thousand(
    activation: str, loss: str, dtype: str
) -> None:
    """Whatever the logits, the loss is a number, δ is finite without a warning."""
    z = _extreme_logits().astype(dtype)
    for targets in (np.zeros(len(z), int), np.full(len(z), 2), np.full(z.shape, 1 / C)):
        with np.errstate(divide="raise", over="raise", invalid="raise"):
            value, delta = _run(activation, loss, z, targets)
        assert math.isfinite(value)
        assert np.isfinite(delta).all()


@pytest.mark.parametrize("smoothing", [0.1, 0.5])
def test_label_smoothing_is_pytorchs(smoothing: float) -> None:
    """Loss and δ with label smoothing equal torch's, for labels and for soft targets."""
    torch = pytest.importorskip("torch")
    for targets in (LABELS, _targets()):
        theirs = torch.tensor(_logits(), requires_grad=True)
        value = torch.nn.functional.cross_entropy(
            theirs, torch.tensor(targets), label_smoothing=smoothing
        )
        value.backward()
        ours = _run("softmax", CrossEntropy(label_smoothing=smoothing), _logits(), targets)
        assert ours.loss == pytest.approx(value.item(), rel=1e-12)
        assert_allclose(ours.delta, theirs.grad.numpy(), rtol=1e-11, atol=1e-16)


def test_log_softmax_and_softplus_match_scipy() -> None:
    """The logarithm of softmax, and softplus(z) = −log σ(−z), at any size of z."""
    z = _extreme_logits()
    assert_allclose(output.log_softmax(z), log_softmax(z, axis=1), rtol=1e-13, atol=1e-14)
    assert_allclose(output.softplus(z), -log_expit(-z), rtol=1e-13)
