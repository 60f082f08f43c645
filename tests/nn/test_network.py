"""The network: forward and backward pass against PyTorch, plain data and back, and wrong arguments."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit

from inkling._types import AnyArray, FloatArray
from inkling.errors import SettingError, ShapeError
from inkling.nn import (
    ACTIVATIONS,
    BinaryCrossEntropy,
    CrossEntropy,
    Dense,
    Dropout,
    Identity,
    Layer,
    LeakyReLU,
    Network,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
    Uniform,
    build_mlp,
    check_gradients,
)
from inkling.nn.registry import build_layers

B, I, H, C, O = 5, 7, 4, 6, 3  # noqa: E741 (the axis letters)
LABELS = np.array([2, 0, 1, 2, 0])

every_activation = pytest.mark.parametrize("activation", ACTIVATIONS)
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def _network(
    activation: str = "relu",
    output: str = "softmax",
    dropout: float = 0.0,
    dtype: Any = np.float64,
) -> Network:
    """Three Dense layers: 7 → 4 → 6 → 3."""
    return build_mlp(
        (I, H, C, O),
        rng=np.random.default_rng(29),
        activation=activation,
        output=output,
        dropout=dropout,
        bias_initializer=Uniform(0.5),
        dtype=dtype,
    )


def _inputs() -> FloatArray:
    return np.random.default_rng(30).normal(size=(B, I))


def _torch_twin(network: Network, activation: str) -> Any:
    """A torch.nn.Sequential of the same layers and weights, without the softmax at the end."""
    torch = pytest.importorskip("torch")
    nn = torch.nn

    class Exp(nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, z: Any) -> Any:
            return torch.exp(z)

    kinds: dict[str, Callable[[], Any]] = {
        "identity": nn.Identity,
        "sigmoid": nn.Sigmoid,
        "tanh": nn.Tanh,
        "relu": nn.ReLU,
        "leaky_relu": nn.LeakyReLU,
        "gelu": lambda: nn.GELU(approximate="tanh"),
        "exp": Exp,
        "softmax": lambda: nn.Softmax(dim=1),
    }
    if activation not in kinds:
        pytest.skip(f"no PyTorch module for {activation}")
    layers = []
    for number in (1, 2, 3):
        weights = network.parameters[f"dense{number}.weights"]
        linear = nn.Linear(*weights.shape, dtype=torch.float64)
        linear.weight.data = torch.tensor(weights.T.copy())
        linear.bias.data = torch.tensor(network.parameters[f"dense{number}.bias"])
        layers += [linear, kinds[activation]()]
    return nn.Sequential(*layers[:-1])


def _torch_gradients(twin: Any) -> dict[str, FloatArray]:
    gradients = {}
    linears = [layer for layer in twin if hasattr(layer, "weight")]
    for number, linear in enumerate(linears, start=1):
        gradients[f"dense{number}.weights"] = linear.weight.grad.numpy().T
        gradients[f"dense{number}.bias"] = linear.bias.grad.numpy()
    return gradients


def _assert_same(
    ours: Mapping[str, AnyArray], theirs: Mapping[str, AnyArray], rtol: float = 0, atol: float = 0
) -> None:
    assert ours.keys() == theirs.keys()
    for name, array in theirs.items():
        assert_allclose(ours[name], array, rtol=rtol, atol=atol, err_msg=name)


@pytest.mark.parametrize(
    "activation", ["identity", "sigmoid", "tanh", "relu", "leaky_relu", "gelu", "exp", "softmax"]
)
def test_outputs_loss_and_gradients_match_pytorch(activation: str) -> None:
    """Outputs, loss and all six gradients equal those of autograd on a network of the same weights."""
    torch = pytest.importorskip("torch")
    network = _network(activation)
    twin = _torch_twin(network, activation)
    logits = twin(torch.tensor(_inputs()))
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor(LABELS))
    loss.backward()
    assert_allclose(network.logits(_inputs()), logits.detach().numpy(), rtol=1e-11, atol=1e-13)
    theirs = torch.softmax(logits, dim=1).detach().numpy()
    assert_allclose(network.predict(_inputs()), theirs, rtol=1e-11)
    result = network.loss_and_gradients(_inputs(), LABELS, CrossEntropy())
    assert result.loss == pytest.approx(loss.item(), rel=1e-12)
    _assert_same(result.gradients, _torch_gradients(twin), rtol=1e-10, atol=1e-14)


def test_dropout_matches_pytorch_with_the_same_masks() -> None:
    """With the masks that were drawn applied in PyTorch, loss and gradients are the same."""
    torch = pytest.importorskip("torch")
    network = _network("tanh", dropout=0.4)
    saved = network.forward(_inputs(), rng=np.random.default_rng(31)).saved
    masks = [torch.tensor(saved[index]) for index in (2, 5)]
    twin = _torch_twin(network, "tanh")
    hidden = twin[1](twin[0](torch.tensor(_inputs()))) * masks[0]
    hidden = twin[3](twin[2](hidden)) * masks[1]
    loss = torch.nn.functional.cross_entropy(twin[4](hidden), torch.tensor(LABELS))
    loss.backward()
    rng = np.random.default_rng(31)
    result = network.loss_and_gradients(_inputs(), LABELS, CrossEntropy(), rng=rng)
    assert result.loss == pytest.approx(loss.item(), rel=1e-12)
    _assert_same(result.gradients, _torch_gradients(twin), rtol=1e-10, atol=1e-14)


def test_one_step_of_a_worked_example() -> None:
    """A 3-2-1 network, one sample, one step of gradient descent with L2 0.1: scikit-learn's numbers.

    h = σ(0.75), σ(0.3); a = σ(0.1 h₁ + 0.2 h₂ + 1); δ₂ = a − 0; δ₁ = h (1 − h) W₂ δ₂. Its numbers after
    the step are worked out from factors rounded to three digits, so they hold to three.
    """
    start = {
        "dense1.weights": np.array([[0.1, 0.2], [0.3, 0.1], [0.5, 0]]),
        "dense1.bias": np.array([0.1, 0.1]),
        "dense2.weights": np.array([[0.1], [0.2]]),
        "dense2.bias": np.array([1.0]),
    }
    copies = [array.copy() for array in start.values()]
    layers = [Dense.from_arrays(*copies[:2]), Sigmoid(), Dense.from_arrays(*copies[2:]), Sigmoid()]
    network = Network(layers)
    x, y = np.array([[0.6, 0.8, 0.7]]), np.array([[0.0]])

    _, outputs, saved = network.forward(x)
    assert_allclose(saved[1][1], [[0.679178699175393, 0.574442516811659]], rtol=1e-14)
    a = expit(0.0679178699175393 + 0.1148885033623318 + 1)
    assert_allclose(outputs, [[a]], rtol=1e-14)
    result = network.loss_and_gradients(x, y, BinaryCrossEntropy())
    assert result.loss == pytest.approx(-np.log(1 - a), rel=1e-12)
    assert_allclose(result.gradients["dense2.bias"], [a], rtol=1e-14)
    assert_allclose(result.gradients["dense1.bias"], [0.01667, 0.03742], atol=1e-5)

    for name, gradient in result.gradients.items():
        decay = 0.1 * start[name] if name.endswith("weights") else 0
        network.parameters[name] -= 0.1 * (gradient + decay)
    after: dict[str, Any] = {
        "dense1.weights": [[0.098, 0.195756], [0.2956664, 0.096008], [0.4939998, -0.002244]],
        "dense1.bias": [0.098333, 0.09626],
        "dense2.weights": [[0.04706], [0.154089]],
        "dense2.bias": [0.9235],
    }
    for name, expected in after.items():
        assert_allclose(network.parameters[name], expected, atol=5e-4, err_msg=name)
    assert_allclose(network.predict(x), [[0.739]], atol=5e-4)


@pytest.mark.parametrize(
    "layers",
    [
        lambda new: [Dropout(0.3), new(I, O), Softmax()],
        lambda new: [Tanh(), new(I, H), Sigmoid(), new(H, O), Softmax()],
        lambda new: [new(I, H), new(H, O), Softmax()],
        lambda new: [new(I, H), Sigmoid(), Tanh(), Dropout(0.3), new(H, O), Tanh(), Softmax()],
    ],
)
def test_layers_in_any_order_have_correct_gradients(
    layers: Callable[[Callable[[int, int], Dense]], list[Layer]],
) -> None:
    """Dropout or an activation first, two Dense or two activations in a row: all pass the check."""
    rng = np.random.default_rng(32)
    network = Network(layers(lambda i, o: Dense(i, o, rng=rng, dtype=np.float64)))
    check = check_gradients(network, _inputs(), LABELS, CrossEntropy())
    assert check.passed, str(check)


def test_a_batch_is_the_mean_of_its_samples() -> None:
    """Loss and gradients of a batch of 5 are the means over single samples."""
    network, loss = _network(), CrossEntropy()
    batch = network.loss_and_gradients(_inputs(), LABELS, loss)
    single = [
        network.loss_and_gradients(_inputs()[row : row + 1], LABELS[row : row + 1], loss)
        for row in range(B)
    ]
    assert batch.loss == pytest.approx(sum(one.loss for one in single) / B, rel=1e-13)
    means = {name: np.mean([one.gradients[name] for one in single], axis=0) for name in batch[1]}
    _assert_same(batch.gradients, means, rtol=1e-12, atol=1e-16)


def test_sample_weights_are_repetitions() -> None:
    """A sample of weight 3 counts as three copies of it, one of weight 0 not at all."""
    network, weights = _network("tanh"), np.array([1.0, 3.0, 0.0, 2.0, 4.0])
    rows = np.repeat(np.arange(B), weights.astype(int))
    weighted = network.loss_and_gradients(_inputs(), LABELS, CrossEntropy(), sample_weights=weights)
    repeated = network.loss_and_gradients(_inputs()[rows], LABELS[rows], CrossEntropy())
    assert weighted.loss == pytest.approx(repeated.loss, rel=1e-13)
    _assert_same(weighted.gradients, repeated.gradients, rtol=1e-12, atol=1e-16)


def test_parameters_are_the_arrays_of_the_layers() -> None:
    """Steps along the gradients, in place, lower the loss every time."""
    network, losses = _network("tanh"), []
    for _ in range(50):
        result = network.loss_and_gradients(_inputs(), LABELS, CrossEntropy())
        losses.append(result.loss)
        for name, gradient in result.gradients.items():
            network.parameters[name] -= 0.5 * gradient
    assert losses[-1] < losses[0] / 4
    assert (np.diff(losses) < 0).all()
    assert network.parameters["dense1.weights"] is network.layers[0].parameters["weights"]


def test_threads_share_a_network() -> None:
    """Predictions and training passes in eight threads equal those in one."""
    network, batches = _network("tanh"), [k * _inputs() for k in range(1, 25)]

    def run(x: FloatArray) -> list[AnyArray]:
        gradients = network.loss_and_gradients(x, LABELS, CrossEntropy()).gradients
        return [network.predict(x), *gradients.values()]

    with ThreadPoolExecutor(8) as pool:
        for x, results in zip(batches, pool.map(run, batches), strict=True):
            for threaded, alone in zip(results, run(x), strict=True):
                assert_array_equal(threaded, alone)


def test_nan_stays_in_its_row() -> None:
    """A NaN among the inputs makes the outputs of its own row NaN, and no other."""
    x = _inputs()
    x[2, 3] = np.nan
    assert_array_equal(np.isnan(_network("tanh").predict(x)).all(axis=1), np.arange(B) == 2)


def test_an_empty_batch_is_predicted_but_has_no_loss() -> None:
    """No rows in, no rows out; a mean over no samples does not exist."""
    assert _network().predict(np.empty((0, I))).shape == (0, O)
    with pytest.raises(ShapeError, match="expected at least one sample, got 0"):
        _network().loss_and_gradients(np.empty((0, I)), LABELS[:0], CrossEntropy())


@both_dtypes
@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_everything_has_the_dtype_of_the_parameters(dtype: str, kind: str) -> None:
    """Whatever floats come in, also as weights; the gradients have the parameters' shapes too."""
    network, x = _network(dropout=0.3, dtype=dtype), _inputs().astype(kind)
    weights, rng = np.ones(B, np.float32), np.random.default_rng(0)
    result = network.loss_and_gradients(x, LABELS, CrossEntropy(), sample_weights=weights, rng=rng)
    assert network.predict(x).dtype == result.outputs.dtype == network.dtype == dtype
    assert result.gradients.keys() == network.parameters.keys()
    for name, parameter in network.parameters.items():
        assert result.gradients[name].dtype == parameter.dtype == dtype
        assert result.gradients[name].shape == parameter.shape


def test_float32_follows_float64() -> None:
    """The same seed gives the same network in both dtypes, up to the rounding of float32."""
    double = _network("tanh").loss_and_gradients(_inputs(), LABELS, CrossEntropy())
    network = _network("tanh", dtype=np.float32)
    single = network.loss_and_gradients(_inputs(), LABELS, CrossEntropy())
    assert single.loss == pytest.approx(double.loss, rel=1e-6)
    _assert_same(single.gradients, double.gradients, rtol=1e-4, atol=1e-6)


@every_activation
def test_architecture_and_copy_build_the_same_network(activation: str) -> None:
    """architecture() survives JSON; a copy has the same parameters in memory of its own."""
    network = _network(activation, output="identity", dropout=0.25)
    plain = json.loads(json.dumps(network.architecture()))
    blank = Network(build_layers(plain, np.float64))
    assert repr(blank) == repr(network)
    assert all((parameter == 0).all() for parameter in blank.parameters.values())
    twin = network.copy()
    assert_array_equal(twin.predict(_inputs()), network.predict(_inputs()))
    for parameter in twin.parameters.values():
        parameter += 1
    _assert_same(network.parameters, _network(activation, output="identity").parameters)
    single = network.copy(np.float32)
    assert single.dtype == np.float32
    _assert_same(single.parameters, network.parameters, rtol=1e-6)


def test_architecture_holds_the_settings() -> None:
    """Kinds, sizes, rates and slopes, in order."""
    rng = np.random.default_rng(0)
    layers = [Dense(I, H, rng=rng), LeakyReLU(0.2), Dropout(0.1), Dense(H, O, rng=rng), Identity()]
    network = Network(layers)
    assert network.architecture() == [
        {"kind": "dense", "inputs": 7, "outputs": 4},
        {"kind": "leaky_relu", "slope": 0.2},
        {"kind": "dropout", "rate": 0.1},
        {"kind": "dense", "inputs": 4, "outputs": 3},
        {"kind": "identity"},
    ]
    assert network.names == ["dense1", "leaky_relu1", "dropout1", "dense2", "identity1"]
    assert (network.inputs, network.outputs) == (I, O)
    text = "Network(7 → 4 leaky_relu dropout 0.1 → 3 identity; 47 parameters, float32)"
    assert repr(network) == text


@pytest.mark.parametrize(
    ("architecture", "message"),
    [
        ([{"kind": "dense", "inputs": 7}], "expected the settings of a dense layer"),
        ([{"kind": "dense", "inputs": 7, "outputs": 3, "rng": 0}], "the settings of a dense layer"),
        ([{"kind": "relu", "slope": 0.1}], "expected the settings of a relu layer"),
        ([{"kind": "denes"}], "expected a layer to be one of .*did you mean 'dense'"),
        ([{"inputs": 7}], "expected a layer to be one of .*, got 'None'"),
        ([], "expected at least one Dense layer"),
        ([{"kind": "dense", "inputs": "7", "outputs": 3}], "expected inputs as a whole number"),
        ([{"kind": "dropout", "rate": 2}], r"expected rate in \[0, 1\)"),
    ],
)
def test_a_wrong_architecture_raises(architecture: list[dict[str, Any]], message: str) -> None:
    """Whatever a damaged model file may contain becomes one message."""
    with pytest.raises(SettingError, match=message):
        Network(build_layers(architecture))


def test_a_layer_may_be_part_of_two_networks() -> None:
    """Each network names gradients by its own order."""
    rng = np.random.default_rng(34)
    first, last = (Dense(i, o, rng=rng, dtype=np.float64) for i, o in ((I, H), (H, O)))
    whole = Network([first, Tanh(), last, Softmax()])
    head = Network([last, Softmax()])
    gradients = whole.loss_and_gradients(_inputs(), LABELS, CrossEntropy()).gradients
    assert gradients["dense2.weights"].shape == (H, O)
    assert head.parameters["dense1.weights"] is whole.parameters["dense2.weights"]


def _dense(inputs: int, outputs: int, dtype: Any = np.float32) -> Dense:
    return Dense(inputs, outputs, rng=np.random.default_rng(0), dtype=dtype)


TWICE = ReLU()
NOT_A_LAYER: Any = ReLU


@pytest.mark.parametrize(
    ("layers", "kind", "message"),
    [
        ([], SettingError, "expected at least one Dense layer, got"),
        ([Softmax()], SettingError, "expected at least one Dense layer, got"),
        ([_dense(I, O)], SettingError, "expected an activation as the last layer, got Dense"),
        (
            [_dense(I, H), ReLU(), _dense(C, O), Softmax()],
            ShapeError,
            r"expected a Dense layer with 4 inputs after Dense\(inputs=7, outputs=4\)",
        ),
        (
            [_dense(I, H), TWICE, _dense(H, H), TWICE, _dense(H, O), Softmax()],
            SettingError,
            r"expected each layer once, got ReLU\(\) twice",
        ),
        ([_dense(I, H), NOT_A_LAYER, _dense(H, O), Softmax()], SettingError, "not ReLU"),
        (
            [_dense(I, H), ReLU(), _dense(H, O, np.float64), Softmax()],
            ShapeError,
            "Dense layers of one dtype, got float32 and float64",
        ),
        (None, SettingError, r"expected layers of type Iterable, got None; pass a list such as"),
        (_dense(I, O), SettingError, "expected layers of type Iterable, got Dense; pass a list"),
        ([_dense(I, 1), Softmax()], SettingError, "at least two outputs for softmax, got 1"),
    ],
)
def test_layers_that_are_no_network_raise(layers: Any, kind: type[Exception], message: str) -> None:
    """Each mistake is one message when the network is built."""
    with pytest.raises(kind, match=message):
        Network(layers)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.ones((B, I), np.uint8), "expected floats as inputs, got uint8; scale pixels first"),
        (np.ones((B, I), bool), "expected floats as inputs, got bool"),
        (np.ones((B, O)), r"expected inputs of shape \(B, 7\), got \(5, 3\)"),
        (np.ones(I), r"expected inputs of shape \(B, 7\), got \(7,\)"),
        (np.ones((B, I, 1)), r"got \(5, 7, 1\); flatten images with"),
        ([[0.5] * I], "expected inputs as an array, got list"),
    ],
)
def test_wrong_inputs_raise(x: Any, message: str) -> None:
    """Raw pixels, images that were not flattened, rows of another length, lists."""
    network = _network()
    for attempt in (
        lambda: network.predict(x),
        lambda: network.loss_and_gradients(x, LABELS, CrossEntropy()),
    ):
        with pytest.raises(ShapeError, match=message):
            attempt()


@pytest.mark.parametrize("rows", [1, B - 1])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_gradient_is_not_repeated_to_fit(rows: int, dtype: str) -> None:
    """A gradient with too few rows raises instead of being broadcast, also in another dtype."""
    network = _network(dtype=dtype)
    saved = network.forward(_inputs()).saved
    with pytest.raises(ShapeError, match=r"expected a gradient \(5, 3\) of dtype"):
        network.backward(np.ones((rows, O), dtype), saved)


def test_training_with_dropout_needs_a_generator() -> None:
    """There is no hidden source of random numbers."""
    for rng in (None, 5):
        with pytest.raises(SettingError, match=f"rng of type Generator, got {rng}; dropout needs"):
            _network(dropout=0.4).loss_and_gradients(_inputs(), LABELS, CrossEntropy(), rng=rng)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("loss", "got"),
    [("cross_entropy", "'cross_entropy'"), (CrossEntropy, "the class CrossEntropy")],
)
def test_a_loss_is_an_object(loss: Any, got: str) -> None:
    """A name or a class is not; the message shows how to make one."""
    with pytest.raises(SettingError, match=rf"loss of type Loss, got {got}; .* CrossEntropy\(\)"):
        _network().loss_and_gradients(_inputs(), LABELS, loss)


@pytest.mark.parametrize("labels", [[0, 1, 1], [0, 0, 0], [False, True, True], [0.0, 1.0, 1.0]])
def test_targets_of_a_single_output_are_a_column(labels: list[float]) -> None:
    """Labels would be the numbers of outputs; as a column the same numbers are targets."""
    network = build_mlp((I, 1), rng=np.random.default_rng(0), output="sigmoid", dtype=np.float64)
    x, targets = np.random.default_rng(1).normal(size=(3, I)), np.array(labels)
    advice = r"got \w+ of shape \(3,\); make them a column with targets.reshape\(-1, 1\)"
    with pytest.raises(ShapeError, match=rf"expected targets \(B, 1\), {advice}"):
        network.loss_and_gradients(x, targets, BinaryCrossEntropy())
    column = targets.reshape(-1, 1)
    a = network.predict(x)
    expected = -np.mean(np.where(column, np.log(a), np.log(1 - a)))
    assert network.loss_and_gradients(x, column, BinaryCrossEntropy()).loss == pytest.approx(
        expected
    )
