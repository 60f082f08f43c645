"""One contract over every layer: Dense, Dropout and each activation of the registry."""

from __future__ import annotations

import inspect
import json
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import DTypeLike

from inkling._types import FloatArray
from inkling.errors import ShapeError
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.gradcheck import numeric_gradient
from inkling.nn.initializers import Uniform
from inkling.nn.layer import Layer, Workspace
from inkling.nn.poisson import Exp
from inkling.nn.registry import ACTIVATIONS

B, I, O = 5, 7, 3  # noqa: E741 (the axis letters)

REPRS = {
    "dense": "Dense(inputs=7, outputs=3)",
    "dropout": "Dropout(rate=0.4)",
    "identity": "Identity()",
    "sigmoid": "Sigmoid()",
    "tanh": "Tanh()",
    "relu": "ReLU()",
    "leaky_relu": "LeakyReLU(slope=0.01)",
    "gelu": "GELU()",
    "softmax": "Softmax()",
}

LAYERS = ["dense", "dropout", *ACTIVATIONS]

every_layer = pytest.mark.parametrize("name", LAYERS)
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def _make(name: str, dtype: DTypeLike = np.float64) -> Layer:
    if name == "dense":
        rng = np.random.default_rng(1)
        return Dense(I, O, rng=rng, bias_initializer=Uniform(0.5), dtype=dtype)
    return Dropout(0.4) if name == "dropout" else ACTIVATIONS[name]()


def _inputs(dtype: DTypeLike = np.float64, batch: int = B) -> FloatArray:
    """Inputs (batch, I), all at least 0.1 away from the kink at 0."""
    x = np.random.default_rng(2).normal(size=(batch, I))
    return (x + 0.1 * np.sign(x)).astype(dtype)


def _forward(
    layer: Layer, inputs: FloatArray, workspace: Workspace | None = None
) -> tuple[FloatArray, Any]:
    rng = np.random.default_rng(3)
    return layer.forward(inputs, training=True, rng=rng, workspace=workspace)


def _both_ways(
    layer: Layer, inputs: FloatArray, workspace: Workspace | None = None
) -> dict[str, FloatArray]:
    """Goes forward and backward, and returns copies of everything that came out."""
    outputs, saved = _forward(layer, inputs, workspace)
    grad_inputs, gradients = layer.backward(_weights_of(outputs), saved, workspace=workspace)
    assert grad_inputs is not None
    results = {"outputs": outputs, "inputs": grad_inputs, **gradients}
    return {name: array.copy() for name, array in results.items()}


def _weights_of(outputs: FloatArray) -> FloatArray:
    """The c of L = Σ c · outputs: no two alike, of both signs."""
    return np.random.default_rng(4).normal(size=outputs.shape).astype(outputs.dtype)


def _subclasses(kind: type) -> set[type]:
    found = {kind}
    children: list[type] = kind.__subclasses__()
    for child in children:
        found |= _subclasses(child)
    return found


def test_every_layer_of_the_package_is_in_this_table() -> None:
    """A new layer cannot be added without passing this contract; Exp passes nn/test_poisson.py's."""
    concrete = {
        kind
        for kind in _subclasses(Layer)
        if kind.__module__.startswith("inkling.nn.") and not inspect.isabstract(kind)
    }
    assert concrete - {Exp} == {type(_make(name)) for name in LAYERS}


@every_layer
def test_kind_is_the_name_in_the_table(name: str) -> None:
    """The registry's key and the layer's own name agree, so that a model file can be read again."""
    assert _make(name, np.float32).kind == name


@every_layer
def test_gradients_match_finite_differences(name: str) -> None:
    """∂L/∂inputs and every ∂L/∂parameter equal the measured slopes of L = Σ c · outputs."""
    layer, x = _make(name), _inputs()
    results = _both_ways(layer, x)

    def objective() -> float:
        outputs, _ = _forward(layer, x)
        return float((outputs * _weights_of(outputs)).sum())

    for what, array in {"inputs": x, **layer.parameters}.items():
        numeric = numeric_gradient(objective, array)
        assert_allclose(results[what], numeric, rtol=1e-6, atol=1e-8, err_msg=what)


@every_layer
@both_dtypes
def test_dtype_is_kept(name: str, dtype: str) -> None:
    """A float32 layer gives float32 outputs and gradients, a float64 layer float64 ones."""
    for what, array in _both_ways(_make(name, dtype), _inputs(dtype)).items():
        assert array.dtype == dtype, what


@every_layer
def test_float32_and_float64_agree(name: str) -> None:
    """The same formulas in both precisions, dropout masks included."""
    single = _both_ways(_make(name, np.float32), _inputs(np.float32))
    double = _both_ways(_make(name), _inputs(np.float32).astype(np.float64))
    for what, array in double.items():
        assert_allclose(single[what], array, rtol=1e-5, atol=1e-6, err_msg=what)


@every_layer
@both_dtypes
def test_a_workspace_changes_no_bit(name: str, dtype: str) -> None:
    """With used arrays the results are those of fresh ones, also for a smaller last batch."""
    layer, workspace = _make(name, dtype), Workspace()
    for batch in (B, B, 3, B, 9):
        fresh = _both_ways(layer, _inputs(dtype, batch))
        used = _both_ways(layer, _inputs(dtype, batch), workspace)
        for what, array in fresh.items():
            assert_array_equal(used[what], array, err_msg=f"{what} of a batch of {batch}")


@every_layer
def test_a_workspace_is_used(name: str) -> None:
    """The second step writes into the first step's arrays."""
    layer, workspace = _make(name, np.float32), Workspace()
    first, saved = _forward(layer, _inputs(np.float32), workspace)
    grad, _ = layer.backward(_weights_of(first), saved, workspace=workspace)
    second, saved = _forward(layer, _inputs(np.float32), workspace)
    grad_again, _ = layer.backward(_weights_of(first), saved, workspace=workspace)
    assert second is first
    assert grad_again is grad


@every_layer
def test_nothing_handed_in_is_changed(name: str) -> None:
    """Inputs, incoming gradients and parameters are the same after both passes."""
    layer, x = _make(name), _inputs()
    outputs, saved = _forward(layer, x)
    grad = _weights_of(outputs)
    before = [array.copy() for array in (x, outputs, grad, *layer.parameters.values())]
    layer.backward(grad, saved)
    after = [x, outputs, grad, *layer.parameters.values()]
    for old, new in zip(before, after, strict=True):
        assert_array_equal(new, old)
    assert_array_equal(x, _inputs())


@every_layer
def test_nothing_is_kept(name: str) -> None:
    """A layer holds the same few objects after training as before: its parameters and settings."""
    layer = _make(name)
    before = dict(vars(layer))
    _both_ways(layer, _inputs())
    layer.forward(_inputs())
    after = vars(layer)
    assert after.keys() == before.keys()
    assert all(after[key] is value for key, value in before.items())


@every_layer
def test_a_pass_between_forward_and_backward_changes_nothing(name: str) -> None:
    """Another batch may go through, with or without training, before the gradient comes back."""
    layer, x = _make(name), _inputs()
    expected = _both_ways(layer, x)
    outputs, saved = _forward(layer, x)
    layer.forward(-3 * x)
    _both_ways(layer, -3 * x)
    grad_inputs, gradients = layer.backward(_weights_of(outputs), saved)
    assert grad_inputs is not None
    for what, array in {"inputs": grad_inputs, **gradients}.items():
        assert_array_equal(array, expected[what])


@every_layer
def test_settings_are_plain_data_that_build_it_again(name: str) -> None:
    """settings() survives JSON, and the constructor takes it back."""
    layer = _make(name)
    settings = json.loads(json.dumps(layer.settings()))
    rng = {"rng": np.random.default_rng(0)} if name == "dense" else {}
    twin = type(layer)(**settings, **rng)
    assert twin.settings() == layer.settings()
    assert {key: array.shape for key, array in twin.parameters.items()} == {
        key: array.shape for key, array in layer.parameters.items()
    }


@pytest.mark.parametrize("name", REPRS)
def test_repr_is_the_call_that_builds_it(name: str) -> None:
    """repr shows the class and its settings."""
    assert repr(_make(name)) == REPRS[name]


@every_layer
@both_dtypes
def test_inputs_of_ten_thousand_are_finite_and_silent(name: str, dtype: str) -> None:
    """Saturated units give finite outputs and gradients, and NumPy has nothing to say."""
    x = _inputs(dtype)
    x[0, :3] = [1e4, -1e4, 0]
    x[1], x[2], x[3] = 1e4, -1e4, 0
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        results = _both_ways(_make(name, dtype), x)
    for what, array in results.items():
        assert np.isfinite(array).all(), what


@every_layer
def test_a_row_does_not_depend_on_the_others(name: str) -> None:
    """Predicting samples one at a time, or with other neighbours, gives the same outputs."""
    layer, x = _make(name), _inputs()
    together, _ = layer.forward(x)
    for row in range(B):
        alone, _ = layer.forward(x[row : row + 1])
        assert_allclose(alone[0], together[row], rtol=1e-13)
    reversed_rows, _ = layer.forward(x[::-1])
    assert_allclose(reversed_rows[::-1], together, rtol=1e-13)


@every_layer
def test_strided_inputs_give_the_same(name: str) -> None:
    """A view with gaps or turned axes is as good as an array in one piece."""
    layer, x = _make(name), _inputs()
    wide = np.empty((2 * B, 2 * I))[::2, ::2]
    wide[...] = x
    for view in (wide, np.asfortranarray(x)):
        for what, array in _both_ways(layer, view).items():
            assert_allclose(array, _both_ways(layer, x)[what], rtol=1e-13, err_msg=what)


@every_layer
def test_an_empty_batch_gives_an_empty_batch(name: str) -> None:
    """No rows in, no rows out."""
    layer = _make(name, np.float32)
    outputs, _ = layer.forward(np.empty((0, I), np.float32))
    assert outputs.shape == (0, O if name == "dense" else I)


@every_layer
@pytest.mark.parametrize("rows", [1, B - 1, None])
def test_a_gradient_is_never_repeated_to_fit(name: str, rows: int | None) -> None:
    """A gradient with one row, a row too few or a single axis is refused, not broadcast."""
    layer = _make(name)
    outputs, saved = _forward(layer, _inputs())
    grad = outputs[0] if rows is None else outputs[:rows]
    sentence = (
        f"{type(layer).__name__}: expected gradients of shape {outputs.shape}, got {grad.shape}."
    )
    with pytest.raises(ShapeError) as error:
        layer.backward(grad, saved)
    assert str(error.value) == sentence
