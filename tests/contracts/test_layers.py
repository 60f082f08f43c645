"""The contract of every layer: Dense, Dropout and each activation of the registry."""

from __future__ import annotations

import inspect
import json
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import DTypeLike

from inkling._types import FloatArray
from inkling.nn import ACTIVATIONS, Dense, Dropout, Layer, Uniform
from inkling.nn.gradcheck import numeric_gradient

B, I, O = 5, 7, 3  # noqa: E741 (the axis letters)

LAYERS = ["dense", "dropout", *ACTIVATIONS]
every_layer = pytest.mark.parametrize("name", LAYERS)
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def _make(name: str, dtype: DTypeLike = np.float64) -> Layer:
    if name == "dense":
        rng = np.random.default_rng(1)
        return Dense(I, O, rng=rng, bias_initializer=Uniform(0.5), dtype=dtype)
    return Dropout(0.4) if name == "dropout" else ACTIVATIONS[name]()


def _inputs(dtype: DTypeLike = np.float64) -> FloatArray:
    """Inputs (B, I), all at least 0.1 away from the kink at 0."""
    x = np.random.default_rng(2).normal(size=(B, I))
    return (x + 0.1 * np.sign(x)).astype(dtype)


def _forward(layer: Layer, x: FloatArray) -> tuple[FloatArray, Any]:
    return layer.forward(x, rng=np.random.default_rng(3))


def _both_passes(layer: Layer, x: FloatArray) -> dict[str, FloatArray]:
    """The outputs, and the gradients of L = Σ c · outputs."""
    outputs, saved = _forward(layer, x)
    grad = _weights_of(outputs)
    gradients = layer.grad_parameters(grad, saved)
    return {"outputs": outputs, "inputs": layer.grad_inputs(grad, saved), **gradients}


def _weights_of(outputs: FloatArray) -> FloatArray:
    """The c of L = Σ c · outputs: all different, of both signs."""
    return np.random.default_rng(4).normal(size=outputs.shape).astype(outputs.dtype)


def _subclasses(kind: type) -> set[type]:
    found: set[type] = {kind}
    children: list[type] = kind.__subclasses__()
    for child in children:
        found |= _subclasses(child)
    return found


def test_every_layer_of_the_package_is_in_this_table() -> None:
    """A new layer cannot be added without passing this contract."""
    concrete = {
        kind
        for kind in _subclasses(Layer)
        if kind.__module__.startswith("inkling.nn.") and not inspect.isabstract(kind)
    }
    assert concrete == {type(_make(name)) for name in LAYERS}


@every_layer
def test_kind_is_the_name_in_the_table(name: str) -> None:
    """The key in the registry and the layer's kind agree, so a model file can be read again."""
    assert _make(name, np.float32).kind == name


@every_layer
def test_gradients_match_finite_differences(name: str) -> None:
    """∂L/∂inputs and every ∂L/∂parameter equal the central differences of L = Σ c · outputs."""
    layer, x = _make(name), _inputs()
    results = _both_passes(layer, x)

    def objective() -> float:
        outputs, _ = _forward(layer, x)
        return float((outputs * _weights_of(outputs)).sum())

    for what, array in {"inputs": x, **layer.parameters}.items():
        numeric = numeric_gradient(objective, array)
        assert_allclose(results[what], numeric, rtol=1e-6, atol=1e-8, err_msg=what)


@every_layer
def test_several_gradients_of_one_sample(name: str) -> None:
    """K gradient rows for one saved row give the same as K copies of the sample."""
    layer, x = _make(name), _inputs()[:1]
    outputs, saved = layer.forward(x)
    grads = np.random.default_rng(5).normal(size=(4, outputs.shape[1]))
    _, copies = layer.forward(np.repeat(x, 4, axis=0))
    expected = layer.grad_inputs(grads, copies)
    assert_allclose(layer.grad_inputs(grads, saved), expected, rtol=1e-13)


@every_layer
def test_float32_stays_float32_and_agrees_with_float64(name: str) -> None:
    """The same formulas in both precisions, dropout masks included."""
    single = _both_passes(_make(name, np.float32), _inputs(np.float32))
    double = _both_passes(_make(name), _inputs(np.float32).astype(np.float64))
    for what, array in double.items():
        assert single[what].dtype == np.float32, what
        assert array.dtype == np.float64, what
        assert_allclose(single[what], array, rtol=1e-5, atol=1e-6, err_msg=what)


@every_layer
def test_arguments_are_not_changed_and_nothing_is_kept(name: str) -> None:
    """Inputs, gradients, parameters and the layer itself are the same after both passes."""
    layer, x = _make(name), _inputs()
    objects = dict(vars(layer))
    outputs, saved = _forward(layer, x)
    grad = _weights_of(outputs)
    arrays = [x, outputs, grad, *layer.parameters.values()]
    before = [array.copy() for array in arrays]
    layer.grad_inputs(grad, saved)
    layer.grad_parameters(grad, saved)
    for old, new in zip(before, arrays, strict=True):
        assert_array_equal(new, old)
    assert vars(layer).keys() == objects.keys()
    assert all(vars(layer)[key] is value for key, value in objects.items())


@every_layer
def test_another_forward_pass_in_between_changes_nothing(name: str) -> None:
    """Another batch may pass through before the gradient comes back."""
    layer, x = _make(name), _inputs()
    expected = _both_passes(layer, x)
    outputs, saved = _forward(layer, x)
    _both_passes(layer, -3 * x)
    grad = _weights_of(outputs)
    assert_array_equal(layer.grad_inputs(grad, saved), expected["inputs"])
    for what, array in layer.grad_parameters(grad, saved).items():
        assert_array_equal(array, expected[what])


@every_layer
def test_settings_are_plain_data_that_build_it_again(name: str) -> None:
    """settings() survives JSON, the constructor takes it back, and repr shows it."""
    layer = _make(name)
    settings = json.loads(json.dumps(layer.settings()))
    rng = {"rng": np.random.default_rng(0)} if name == "dense" else {}
    twin = type(layer)(**settings, **rng)
    assert repr(twin) == repr(layer)
    assert all(f"{key}={value}" in repr(layer) for key, value in settings.items())
    shapes = [{n: a.shape for n, a in one.parameters.items()} for one in (twin, layer)]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("name", [name for name in LAYERS if name != "exp"])  # e^10,000 is infinite
@both_dtypes
def test_inputs_of_ten_thousand_are_finite_and_silent(name: str, dtype: str) -> None:
    """Saturated units give finite outputs and gradients without a warning."""
    x = _inputs(dtype)
    x[0, :3] = [1e4, -1e4, 0]
    x[1], x[2], x[3] = 1e4, -1e4, 0
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        results = _both_passes(_make(name, dtype), x)
    for what, array in results.items():
        assert np.isfinite(array).all(), what


@every_layer
def test_rows_do_not_depend_on_each_other_or_on_the_memory_layout(name: str) -> None:
    """One sample at a time, and a view with gaps, give the same outputs; an empty batch, none."""
    layer, x = _make(name), _inputs()
    together, _ = layer.forward(x)
    for row in range(B):
        assert_allclose(layer.forward(x[row : row + 1])[0][0], together[row], rtol=1e-13)
    wide = np.empty((2 * B, 2 * I))[::2, ::2]
    wide[...] = x
    assert_allclose(layer.forward(wide)[0], together, rtol=1e-13)
    assert layer.forward(x[:0])[0].shape == (0, O if name == "dense" else I)
