"""One contract over every activation: value, derivative, range, precision, and the printed formula."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, ndtr, softmax

from inkling._checks import look_up
from inkling._types import FloatArray
from inkling.errors import SettingError
from inkling.nn.activations import GELU, Activation, LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from inkling.nn.layer import Layer
from inkling.nn.registry import ACTIVATIONS, INITIALIZERS

B, C = 5, 6

# The value by another formula, or SciPy's. A new activation may bring its own numbers in the example of
# its docstring instead; all else is generic.
ORACLES: dict[str, Callable[[FloatArray], FloatArray]] = {
    "identity": lambda z: z,
    "sigmoid": expit,
    "tanh": lambda z: 2 * expit(2 * z) - 1,
    "relu": lambda z: np.where(z > 0, z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, z / 100),
    "gelu": lambda z: z * expit(2 * math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)),
    "softmax": lambda z: softmax(z, axis=1),
}

HAND_WORKED: dict[str, tuple[list[float], list[float]]] = {
    "identity": ([-2.0, 0.0, 3.5], [-2.0, 0.0, 3.5]),
    "sigmoid": ([-math.log(3), 0.0, math.log(4)], [1 / 4, 1 / 2, 4 / 5]),
    "tanh": ([-math.log(2), 0.0, math.log(3)], [-3 / 5, 0.0, 4 / 5]),
    "relu": ([-2.0, 0.0, 3.5], [0.0, 0.0, 3.5]),
    "leaky_relu": ([-2.0, 0.0, 3.5], [-0.02, 0.0, 3.5]),
    # tanh(√(2/π) · 1.044715) = tanh(0.833562…) = 0.682384…, half of 1.682384… is 0.841192…
    "gelu": ([-1.0, 0.0, 1.0], [-0.158808, 0.0, 0.841192]),
    "softmax": ([0.0, math.log(2), math.log(5)], [1 / 8, 2 / 8, 5 / 8]),
}

PRINTED = {
    "identity": ("a = z", "∂L/∂z = ∂L/∂a"),
    "sigmoid": ("a = 1 / (1 + e^−z)", "∂L/∂z = ∂L/∂a · a (1 − a)"),
    "tanh": ("a = tanh z", "∂L/∂z = ∂L/∂a · (1 − a²)"),
    "relu": ("a = max(0, z)", "∂L/∂z = ∂L/∂a where a > 0, else 0"),
    "leaky_relu": ("a = max(z, slope · z)", "∂L/∂z = ∂L/∂a where z > 0, else slope · ∂L/∂a"),
    "gelu": ("a = ½ z (1 + t)", "∂L/∂z = ∂L/∂a · (½ (1 + t) + ½ z (1 − t²) u')"),
    "softmax": ("a_k = e^(z_k − m) / Σ_j e^(z_j − m)", "∂L/∂z_j = a_j (∂L/∂a_j − Σ_k ∂L/∂a_k a_k)"),
}
"""How the docstrings of value and gradient begin; ``_as_printed`` says it in NumPy."""

every_activation = pytest.mark.parametrize("name", ACTIVATIONS)
those_that_ship = pytest.mark.parametrize("name", HAND_WORKED)


def _as_printed(name: str, z: FloatArray, g: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Computes a = f(z), and ∂L/∂z from g = ∂L/∂a, letter by letter as the docstrings have them."""
    slope, root = 0.01, math.sqrt(2 / math.pi)
    t, du = np.tanh(root * (z + 0.044715 * z**3)), root * (1 + 3 * 0.044715 * z**2)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    a: FloatArray = {
        "identity": z,
        "sigmoid": 1 / (1 + np.exp(-z)),
        "tanh": np.tanh(z),
        "relu": np.maximum(0, z),
        "leaky_relu": np.maximum(z, slope * z),
        "gelu": 0.5 * z * (1 + t),
        "softmax": e / e.sum(axis=1, keepdims=True),
    }[name]
    return a, {
        "identity": g,
        "sigmoid": g * a * (1 - a),
        "tanh": g * (1 - a**2),
        "relu": np.where(a > 0, g, 0),
        "leaky_relu": np.where(z > 0, g, slope * g),
        "gelu": g * (0.5 * (1 + t) + 0.5 * z * (1 - t**2) * du),
        "softmax": a * (g - (g * a).sum(axis=1, keepdims=True)),
    }[name]


def _torch_activation(name: str, z: Any) -> Any:
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    functions: dict[str, Callable[[Any], Any]] = {
        "identity": lambda z: z * 1,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "leaky_relu": functional.leaky_relu,
        "gelu": lambda z: functional.gelu(z, approximate="tanh"),
        "softmax": lambda z: torch.softmax(z, dim=1),
    }
    return functions[name](z)


def _logits(scale: float = 2.0) -> FloatArray:
    return np.random.default_rng(5).normal(scale=scale, size=(B, C))


def _value(activation: Layer, z: FloatArray) -> FloatArray:
    a, _ = activation.forward(z)
    return a


def _gradient(activation: Layer, z: FloatArray, grad: FloatArray) -> FloatArray:
    _, saved = activation.forward(z)
    grad_z, parameters = activation.backward(grad, saved)
    assert parameters == {}
    assert grad_z is not None
    return grad_z


@every_activation
def test_registry_entry_is_whole(name: str) -> None:
    """Its key is its kind, it starts weights in a way that exists, and has an oracle in this file."""
    kind = ACTIVATIONS[name]
    assert kind.kind == name
    assert issubclass(kind, Activation)
    assert kind.suited_initializer in INITIALIZERS
    has_example = ">>>" in (kind.__doc__ or "")
    assert name in ORACLES or has_example, (
        f"{name!r} has no value that is worked out another way: give its class an Example with numbers "
        "known on paper, or ORACLES a formula"
    )


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    """The sentence lists what there is and guesses what was meant."""
    with pytest.raises(SettingError) as error:
        look_up("build_mlp", "activation", "rleu", ACTIVATIONS)
    assert str(error.value) == (
        f"build_mlp: expected activation to be one of {', '.join(ACTIVATIONS)}, got 'rleu'; "
        "did you mean 'relu'?"
    )


@pytest.mark.parametrize("name", ORACLES)
@pytest.mark.parametrize("scale", [0.01, 2.0, 30.0])
def test_value_matches_an_independent_formula(name: str, scale: float) -> None:
    """f(z) equals SciPy's, or another way to write the same function, in float64."""
    z = _logits(scale)
    assert_allclose(_value(ACTIVATIONS[name](), z), ORACLES[name](z), rtol=1e-12, atol=1e-15)


@those_that_ship
def test_value_matches_numbers_worked_out_by_hand(name: str) -> None:
    """A row whose outputs are known on paper."""
    z, expected = HAND_WORKED[name]
    assert_allclose(_value(ACTIVATIONS[name](), np.array([z])), [expected], rtol=0, atol=1e-6)


@those_that_ship
def test_value_and_gradient_match_pytorch(name: str) -> None:
    """The same numbers as PyTorch's function and its automatic derivative, in float64."""
    torch = pytest.importorskip("torch")
    z, grad = _logits(), np.random.default_rng(6).normal(size=(B, C))
    theirs = torch.tensor(z, requires_grad=True)
    outputs = _torch_activation(name, theirs)
    outputs.backward(torch.tensor(grad))
    activation = ACTIVATIONS[name]()
    assert_allclose(_value(activation, z), outputs.detach().numpy(), rtol=1e-12, atol=1e-15)
    assert_allclose(_gradient(activation, z, grad), theirs.grad.numpy(), rtol=1e-11, atol=1e-14)


@those_that_ship
def test_the_printed_formulas_are_the_ones_computed(name: str) -> None:
    """What the docstrings say, written out in NumPy, gives what the code gives."""
    kind = ACTIVATIONS[name]
    for method, formula in zip((kind.value, kind.gradient), PRINTED[name], strict=True):
        assert str(method.__doc__).startswith(formula)
    z, grad = _logits(), np.random.default_rng(6).normal(size=(B, C))
    a, grad_z = _as_printed(name, z, grad)
    assert_allclose(_value(kind(), z), a, rtol=1e-12, atol=1e-15)
    assert_allclose(_gradient(kind(), z, grad), grad_z, rtol=1e-11, atol=1e-14)


@every_activation
def test_outputs_lie_in_the_declared_range(name: str) -> None:
    """The range that decides which losses it can meet holds for any input, and is not too wide."""
    low, high = ACTIVATIONS[name].output_range
    z = np.concatenate([np.linspace(-20, 20, 6000), [-1e4, 1e4]]).reshape(-1, 2)
    a = _value(ACTIVATIONS[name](), z)
    assert a.min() >= low
    assert a.max() <= high
    assert a.min() < low + 1e-4 or low == -math.inf
    assert a.max() > high - 1e-4 or high == math.inf


@those_that_ship
def test_float32_values_keep_their_precision(name: str) -> None:
    """Over eighty powers of e the float32 result is float64's to a few units in the last place."""
    z = np.linspace(-80, 80, 3003, dtype=np.float32).reshape(-1, 3)
    exact = ORACLES[name](z.astype(np.float64))
    a = _value(ACTIVATIONS[name](), z)
    # GELU's 1 + tanh u cancels below zero: exact to one unit of |z|, as in the frameworks.
    atol = 80 * 2.0**-23 if name == "gelu" else 1e-37
    # e^z carries the rounding of z itself: 80 · 2⁻²⁴ = 5e-6.
    assert_allclose(a, exact, rtol=6e-6, atol=atol)


def test_gelu_is_as_near_to_the_exact_one_as_its_docstring_says() -> None:
    """The tanh form stays within 5e-4 of z Φ(z), and does come near that."""
    z = np.linspace(-8, 8, 4001).reshape(1, -1)
    distance = np.abs(_value(GELU(), z) - z * ndtr(z)).max()
    assert 4e-4 < distance < 5e-4


@pytest.mark.parametrize(
    ("activation", "at_zero"), [(ReLU(), 0.0), (LeakyReLU(0.1), 0.1), (LeakyReLU(0), 0.0)]
)
def test_the_derivative_at_the_kink_is_pytorchs(activation: Activation, at_zero: float) -> None:
    """At exactly 0 both rectifiers take the derivative from below."""
    torch = pytest.importorskip("torch")
    z = np.zeros((B, C))
    theirs = torch.zeros((B, C), dtype=torch.float64, requires_grad=True)
    torch.nn.functional.leaky_relu(theirs, at_zero).sum().backward()
    ours = _gradient(activation, z, np.ones((B, C)))
    assert_array_equal(ours, np.full((B, C), at_zero))
    assert_array_equal(theirs.grad.numpy(), ours)


def test_sigmoid_and_tanh_are_symmetric() -> None:
    """σ(−z) = 1 − σ(z), tanh(−z) = −tanh z, and tanh z = 2 σ(2z) − 1."""
    z = _logits()
    assert_allclose(_value(Sigmoid(), -z), 1 - _value(Sigmoid(), z), rtol=1e-12)
    assert_allclose(_value(Tanh(), -z), -_value(Tanh(), z), rtol=1e-12)
    assert_allclose(_value(Tanh(), z), 2 * _value(Sigmoid(), 2 * z) - 1, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_softmax_rows_are_probabilities(dtype: str) -> None:
    """Each row is positive and sums to 1; columns do not: the sum runs over the right axis."""
    a = _value(Softmax(), _logits().astype(dtype))
    assert (a > 0).all()
    assert_allclose(a.sum(axis=1), 1, rtol=1e-6)
    assert np.abs(a.sum(axis=0) - 1).min() > 0.01


def test_softmax_ignores_other_rows_and_a_common_shift() -> None:
    """Shuffled, replaced or missing neighbours change no bit; nor does a constant, up to rounding."""
    z = _logits()
    a = _value(Softmax(), z)
    order = np.array([3, 0, 4, 1, 2])
    assert_array_equal(_value(Softmax(), z[order]), a[order])
    assert_array_equal(_value(Softmax(), np.vstack([z[:2], 50 * z]))[:2], a[:2])
    assert_array_equal(_value(Softmax(), z[2:]), a[2:])
    assert_allclose(_value(Softmax(), z + np.arange(B)[:, np.newaxis] * 100), a, rtol=1e-12)


def test_softmax_permutes_with_its_classes() -> None:
    """Renaming the classes renames the probabilities and their gradients, nothing else."""
    z, grad, order = _logits(), _logits()[::-1], np.array([5, 2, 0, 4, 1, 3])
    assert_allclose(_value(Softmax(), z[:, order]), _value(Softmax(), z)[:, order], rtol=1e-14)
    turned = _gradient(Softmax(), z[:, order], grad[:, order])
    assert_allclose(turned, _gradient(Softmax(), z, grad)[:, order], rtol=1e-10, atol=1e-15)


def test_softmax_gradient_is_the_jacobian_product() -> None:
    """∂L/∂z equals Jᵀ ∂L/∂a with J_kj = a_k (δ_kj − a_j) built in full; its rows sum to 0."""
    z, grad = _logits(), np.random.default_rng(6).normal(size=(B, C))
    ours = _gradient(Softmax(), z, grad)
    for row in range(B):
        a = softmax(z[row])
        jacobian = np.diag(a) - np.outer(a, a)
        assert_allclose(ours[row], jacobian.T @ grad[row], rtol=1e-11, atol=1e-15)
    assert_allclose(ours.sum(axis=1), 0, atol=1e-15)


@pytest.mark.parametrize("slope", [-0.1, 1, 1.0, math.nan, "0.1", True])
def test_a_leaky_slope_outside_its_range_is_refused(slope: Any) -> None:
    """Slopes are numbers in [0, 1): at 1 it would be the identity, above 1 not a maximum."""
    with pytest.raises(SettingError) as error:
        LeakyReLU(slope=slope)
    assert str(error.value) == f"LeakyReLU: expected slope in [0, 1), got {slope!r}."


def test_a_numpy_slope_becomes_plain_data() -> None:
    """A slope taken from an array can still be written into a model file."""
    slope: Any = np.float32(0.25)
    layer = LeakyReLU(slope)
    assert layer.settings() == {"slope": 0.25}
    assert type(layer.settings()["slope"]) is float
    assert repr(layer) == "LeakyReLU(slope=0.25)"
