"""The network: forward, back-propagation, prediction in threads, and building it again."""

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
from inkling.nn.activations import Identity, LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.gradcheck import check_gradients
from inkling.nn.initializers import Uniform, Zeros
from inkling.nn.layer import Layer, Workspace
from inkling.nn.losses import BinaryCrossEntropy, CrossEntropy, SquaredError
from inkling.nn.mlp import build_mlp
from inkling.nn.network import Network
from inkling.nn.registry import ACTIVATIONS

B, I, H, C, O = 5, 7, 4, 6, 3  # noqa: E741 (the axis letters)
LABELS = np.array([2, 0, 1, 2, 0])

SHIPPED = ["identity", "sigmoid", "tanh", "relu", "leaky_relu", "gelu", "softmax"]
LAYER_NAMES = ", ".join(["dense", "dropout", *ACTIVATIONS])

every_activation = pytest.mark.parametrize("activation", ACTIVATIONS)
those_that_ship = pytest.mark.parametrize("activation", SHIPPED)
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def _network(
    activation: str = "relu",
    output: str = "softmax",
    dropout: float = 0.0,
    dtype: Any = np.float64,
    seed: int = 29,
) -> Network:
    """Three Dense layers: 7 → 4 → 6 → 3."""
    return build_mlp(
        (I, H, C, O),
        rng=np.random.default_rng(seed),
        activation=activation,
        output=output,
        dropout=dropout,
        bias_initializer=Uniform(0.5),
        dtype=dtype,
    )


def _inputs(batch: int = B, dtype: Any = np.float64) -> FloatArray:
    return np.random.default_rng(30).normal(size=(batch, I)).astype(dtype)


def _torch_twin(network: Network, activation: str) -> Any:
    """A torch.nn.Sequential of the same layers and weights, without the softmax at the end."""
    torch = pytest.importorskip("torch")
    nn = torch.nn
    kinds: dict[str, Callable[[], Any]] = {
        "identity": nn.Identity,
        "sigmoid": nn.Sigmoid,
        "tanh": nn.Tanh,
        "relu": nn.ReLU,
        "leaky_relu": nn.LeakyReLU,
        "gelu": lambda: nn.GELU(approximate="tanh"),
        "softmax": lambda: nn.Softmax(dim=1),
    }
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


# What it computes


@those_that_ship
def test_forward_matches_pytorch(activation: str) -> None:
    """Prediction equals a plain torch.nn.Sequential with the same weights, to 1e-12."""
    torch = pytest.importorskip("torch")
    network = _network(activation)
    twin = _torch_twin(network, activation)
    theirs = torch.softmax(twin(torch.tensor(_inputs())), dim=1).detach().numpy()
    assert_allclose(network.predict(_inputs()), theirs, rtol=1e-12)


@those_that_ship
def test_loss_and_gradients_match_pytorch(activation: str) -> None:
    """The loss and all six gradients equal torch autograd's."""
    torch = pytest.importorskip("torch")
    network = _network(activation)
    twin = _torch_twin(network, activation)
    loss = torch.nn.functional.cross_entropy(twin(torch.tensor(_inputs())), torch.tensor(LABELS))
    loss.backward()
    result = network.loss_and_gradients(_inputs(), LABELS, CrossEntropy())
    assert result.loss == pytest.approx(loss.item(), rel=1e-12)
    _assert_same(result.gradients, _torch_gradients(twin), rtol=1e-10, atol=1e-14)


def test_dropout_matches_pytorch_with_the_same_masks() -> None:
    """With the masks that were drawn put into a torch network, loss and gradients are the same."""
    torch = pytest.importorskip("torch")
    network = _network("tanh", dropout=0.4)
    _, saved = network.forward(_inputs(), training=True, rng=np.random.default_rng(31))
    masks = [torch.tensor(saved[index]) for index in (2, 5)]
    assert [layer.kind for layer in network.layers][2::3] == ["dropout", "dropout"]
    twin = _torch_twin(network, "tanh")
    hidden = twin[1](twin[0](torch.tensor(_inputs()))) * masks[0]
    hidden = twin[3](twin[2](hidden)) * masks[1]
    loss = torch.nn.functional.cross_entropy(twin[4](hidden), torch.tensor(LABELS))
    loss.backward()
    result = network.loss_and_gradients(
        _inputs(), LABELS, CrossEntropy(), rng=np.random.default_rng(31)
    )
    assert result.loss == pytest.approx(loss.item(), rel=1e-12)
    _assert_same(result.gradients, _torch_gradients(twin), rtol=1e-10, atol=1e-14)


def test_one_step_of_a_worked_example() -> None:
    """A 3-2-1 network, one sample, one step of gradient descent with L2 0.1: scikit-learn's numbers.

    h = σ(0.75), σ(0.3); a = σ(0.1 h₁ + 0.2 h₂ + 1); δ₂ = a − 0; δ₁ = h (1 − h) W₂ δ₂. Its numbers after
    the step are worked out from factors rounded to three digits, so they hold to three.
    """
    rng = np.random.default_rng(0)
    layers = [Dense(3, 2, rng=rng, dtype=np.float64), Dense(2, 1, rng=rng, dtype=np.float64)]
    network = Network([layers[0], Sigmoid(), layers[1], Sigmoid()])
    start = {
        "dense1.weights": np.array([[0.1, 0.2], [0.3, 0.1], [0.5, 0]]),
        "dense1.bias": np.array([0.1, 0.1]),
        "dense2.weights": np.array([[0.1], [0.2]]),
        "dense2.bias": np.array([1.0]),
    }
    for name, values in start.items():
        network.parameters[name][...] = values
    x, y = np.array([[0.6, 0.8, 0.7]]), np.array([[0.0]])

    outputs, saved = network.forward(x)
    hidden = saved[1][1]
    assert_allclose(hidden, [[0.679178699175393, 0.574442516811659]], rtol=1e-14)
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


def test_a_network_without_hidden_layer_by_hand() -> None:
    """Zero weights know nothing: a = ⅓ everywhere, L = log 3, ∂L/∂b = ⅓ − the share of the class."""
    rng = np.random.default_rng(0)
    network = Network([Dense(I, O, rng=rng, initializer=Zeros(), dtype=np.float64), Softmax()])
    result = network.loss_and_gradients(_inputs(), LABELS, CrossEntropy())
    assert result.loss == pytest.approx(np.log(3), rel=1e-14)
    assert_allclose(result.outputs, np.full((B, O), 1 / 3))
    shares = np.array([2, 1, 2]) / 5
    assert_allclose(result.gradients["dense1.bias"], 1 / 3 - shares, rtol=1e-13)
    means = [_inputs()[label == LABELS].sum(axis=0) / 5 for label in range(O)]
    weights = _inputs().mean(axis=0)[:, np.newaxis] / 3 - np.transpose(means)
    assert_allclose(result.gradients["dense1.weights"], weights, rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize(
    "layers",
    [
        lambda new: [Dropout(0.3), new(I, O), Softmax()],
        lambda new: [Tanh(), new(I, H), Sigmoid(), new(H, O), Softmax()],
        lambda new: [new(I, H), new(H, O), Softmax()],
        lambda new: [new(I, H), Sigmoid(), Tanh(), Dropout(0.3), new(H, O), Tanh(), Softmax()],
    ],
)
def test_layers_in_any_order_have_right_gradients(
    layers: Callable[[Callable[[int, int], Dense]], list[Layer]],
) -> None:
    """Dropout or an activation first, two Dense or two activations in a row: all pass the check."""
    rng = np.random.default_rng(32)
    network = Network(
        layers(lambda inputs, outputs: Dense(inputs, outputs, rng=rng, dtype=np.float64))
    )
    check = check_gradients(network, _inputs(), LABELS, CrossEntropy())
    assert check.passed, str(check)


def test_gradients_have_the_parameters_names_shapes_and_dtype() -> None:
    """Every parameter gets a gradient, under its own name."""
    for dtype in ("float32", "float64"):
        network = _network(dropout=0.3, dtype=dtype)
        gradients = network.loss_and_gradients(
            _inputs(), LABELS, CrossEntropy(), rng=np.random.default_rng(0)
        ).gradients
        assert gradients.keys() == network.parameters.keys()
        for name, parameter in network.parameters.items():
            assert gradients[name].shape == parameter.shape
            assert gradients[name].dtype == parameter.dtype == dtype


def test_nobody_asks_for_the_gradient_of_the_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first Dense layer is spared the product δ @ W.T, the largest of all; the others are not."""
    asked, right = {}, Dense.backward

    def listen(self: Dense, *arguments: Any, wants_grad_inputs: bool = True, **others: Any) -> Any:
        asked[self.name] = wants_grad_inputs
        return right(self, *arguments, wants_grad_inputs=wants_grad_inputs, **others)

    monkeypatch.setattr(Dense, "backward", listen)
    _network().loss_and_gradients(_inputs(), LABELS, CrossEntropy())
    assert asked == {"dense3": True, "dense2": True, "dense1": False}


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@both_dtypes
def test_a_workspace_changes_no_bit(dtype: str, dropout: float) -> None:
    """Loss, outputs and gradients are those of fresh arrays, step after step, last batch included."""
    network, workspace = _network(dropout=dropout, dtype=dtype), Workspace()
    for step, batch in enumerate((B, B, 3, B)):
        x, y = _inputs(batch + step)[step:], LABELS[:batch]
        fresh, used = (
            network.loss_and_gradients(
                x, y, CrossEntropy(), rng=np.random.default_rng(step), workspace=arrays
            )
            for arrays in (None, workspace)
        )
        assert used.loss == fresh.loss
        assert_array_equal(used.outputs, fresh.outputs)
        _assert_same(used.gradients, fresh.gradients)


def test_the_last_batch_is_divided_by_its_own_size() -> None:
    """Gradients of a batch of 3, with a batch of 5's workspace, are the mean of three single ones."""
    network, workspace, loss = _network(), Workspace(), CrossEntropy()
    network.loss_and_gradients(_inputs(), LABELS, loss, workspace=workspace)
    last = network.loss_and_gradients(_inputs()[2:], LABELS[2:], loss, workspace=workspace)
    single = [
        network.loss_and_gradients(_inputs()[row : row + 1], LABELS[row : row + 1], loss)
        for row in (2, 3, 4)
    ]
    assert last.loss == pytest.approx(sum(one.loss for one in single) / 3, rel=1e-13)
    means = {
        name: np.mean([one.gradients[name] for one in single], axis=0) for name in last.gradients
    }
    _assert_same(last.gradients, means, rtol=1e-12, atol=1e-16)


def test_sample_weights_are_repetitions() -> None:
    """A sample of weight 3 teaches what three of it would, one of weight 0 nothing."""
    network, weights = _network("tanh"), np.array([1.0, 3.0, 0.0, 2.0, 4.0])
    rows = np.repeat(np.arange(B), weights.astype(int))
    weighted = network.loss_and_gradients(_inputs(), LABELS, CrossEntropy(), sample_weights=weights)
    repeated = network.loss_and_gradients(_inputs()[rows], LABELS[rows], CrossEntropy())
    assert weighted.loss == pytest.approx(repeated.loss, rel=1e-13)
    _assert_same(weighted.gradients, repeated.gradients, rtol=1e-12, atol=1e-16)


def test_a_step_in_place_is_seen_by_the_network() -> None:
    """Parameters are the layers' own arrays: descending along the gradients lowers the loss."""
    network, losses = _network("tanh"), []
    for _ in range(50):
        result = network.loss_and_gradients(_inputs(), LABELS, CrossEntropy())
        losses.append(result.loss)
        for name, gradient in result.gradients.items():
            network.parameters[name] -= 0.5 * gradient
    assert losses[-1] < losses[0] / 4
    assert (np.diff(losses) < 0).all()
    dense = network.layers[0]
    assert isinstance(dense, Dense)
    assert network.parameters["dense1.weights"] is dense.weights


# Prediction


@both_dtypes
def test_prediction_is_the_forward_pass(dtype: str) -> None:
    """predict and forward outside training give the same bits; dropout does nothing in either."""
    network = _network(dropout=0.4, dtype=dtype)
    outputs, _ = network.forward(_inputs())
    assert_array_equal(network.predict(_inputs()), outputs)
    assert_array_equal(_network(dtype=dtype).predict(_inputs()), outputs)


def test_prediction_keeps_nothing() -> None:
    """After predicting, network and layers hold the same objects as before."""
    network = _network(dropout=0.4)
    holders = [network, *network.layers]
    before = [dict(vars(holder)) for holder in holders]
    values = {name: parameter.copy() for name, parameter in network.parameters.items()}
    x = _inputs()
    network.predict(x)
    for holder, old in zip(holders, before, strict=True):
        assert vars(holder).keys() == old.keys()
        assert all(vars(holder)[key] is value for key, value in old.items())
    _assert_same(network.parameters, values)
    assert_array_equal(x, _inputs())


def test_a_prediction_between_forward_and_backward_changes_nothing() -> None:
    """Not even where training uses a workspace."""
    network, workspace = _network("tanh"), Workspace()
    expected = network.loss_and_gradients(_inputs(), LABELS, CrossEntropy()).gradients
    outputs, saved = network.forward(_inputs(), training=True, workspace=workspace)
    delta = (outputs - np.eye(O)[LABELS]) / B
    network.predict(-2 * _inputs(9))
    _assert_same(network.backward(delta, saved, workspace=workspace), expected, 1e-13, 1e-16)


def test_eight_threads_share_a_network() -> None:
    """Predictions and gradients that eight threads compute at once are those of one thread."""
    network = _network("gelu", dropout=0.4)
    batches = [np.random.default_rng(seed).normal(size=(3 + seed % 6, I)) for seed in range(400)]
    alone = [network.predict(batch) for batch in batches]
    before = {name: parameter.copy() for name, parameter in network.parameters.items()}

    def teach(seed: int) -> float:
        rng = np.random.default_rng(seed)
        return network.loss_and_gradients(_inputs(), LABELS, CrossEntropy(), rng=rng).loss

    losses = [teach(seed) for seed in range(50)]
    with ThreadPoolExecutor(max_workers=8) as pool:
        taught = pool.map(teach, range(50))
        together = list(pool.map(network.predict, batches))
        assert list(taught) == losses
    for mine, expected in zip(together, alone, strict=True):
        assert_array_equal(mine, expected)
    _assert_same(network.parameters, before)


def test_a_row_does_not_depend_on_the_others() -> None:
    """Shuffling, adding or replacing rows leaves a sample's probabilities as they were."""
    network, x, order = _network("tanh"), _inputs(), np.array([3, 0, 4, 1, 2])
    outputs = network.predict(x)
    assert_allclose(network.predict(x[order]), outputs[order], rtol=1e-13)
    assert_allclose(network.predict(np.vstack([x, 100 * x]))[:B], outputs, rtol=1e-13)
    assert_allclose(network.predict(x[3:4]), outputs[3:4], rtol=1e-13)
    assert_allclose(outputs.sum(axis=1), 1, rtol=1e-14)


def test_an_empty_batch_is_predicted_and_not_taught() -> None:
    """No rows in, no rows out; but nothing can be learned from nothing."""
    network = _network()
    assert network.predict(np.empty((0, I))).shape == (0, O)
    with pytest.raises(ShapeError) as error:
        network.loss_and_gradients(np.empty((0, I)), LABELS[:0], CrossEntropy())
    assert str(error.value) == "CrossEntropy: expected at least one sample, got 0."


# Dtypes and seeds


@both_dtypes
@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_the_networks_dtype_decides(dtype: str, kind: str) -> None:
    """Whatever floats come in, outputs and gradients have the dtype of the parameters."""
    network, x = _network(dtype=dtype), _inputs().astype(kind)
    assert network.dtype == dtype
    assert network.predict(x).dtype == dtype
    result = network.loss_and_gradients(
        x, LABELS, CrossEntropy(), sample_weights=np.ones(B, np.float32)
    )
    assert result.outputs.dtype == dtype
    assert all(gradient.dtype == dtype for gradient in result.gradients.values())
    assert_array_equal(network.predict(x), network.predict(x.astype(dtype)))


def test_float64_is_computed_in_float64() -> None:
    """A float64 network resolves differences that float32 cannot hold."""
    x = np.ones((B, I))
    x[1] += 1e-12
    outputs = _network("tanh").predict(x)
    assert (outputs[0] != outputs[1]).all()
    assert_allclose(outputs[0], outputs[1], rtol=1e-10)


def test_float32_follows_float64() -> None:
    """The same seed gives the same network in both dtypes, up to float32's rounding."""
    double = _network("tanh").loss_and_gradients(_inputs(), LABELS, CrossEntropy())
    single = _network("tanh", dtype=np.float32).loss_and_gradients(
        _inputs(), LABELS, CrossEntropy()
    )
    assert single.loss == pytest.approx(double.loss, rel=1e-6)
    _assert_same(single.gradients, double.gradients, rtol=1e-4, atol=1e-6)


def test_one_seed_gives_one_network() -> None:
    """The generator is the only source of randomness; another seed gives another network."""
    _assert_same(_network().parameters, _network().parameters)
    other = _network(seed=33).parameters
    for name, parameter in _network().parameters.items():
        assert (parameter != other[name]).all()
    rounded = {name: array.astype(np.float32) for name, array in _network().parameters.items()}
    _assert_same(_network(dtype=np.float32).parameters, rounded)


# Building it again


@every_activation
def test_architecture_is_plain_data_that_builds_it_again(activation: str) -> None:
    """architecture() survives JSON; what is built from it has the same layers, and zeros."""
    network = _network(activation, output="identity", dropout=0.25)
    plain = json.loads(json.dumps(network.architecture()))
    twin = Network.from_architecture(plain, np.float64)
    assert repr(twin) == repr(network)
    assert twin.architecture() == network.architecture()
    assert all((parameter == 0).all() for parameter in twin.parameters.values())
    for name, parameter in network.parameters.items():
        twin.parameters[name][...] = parameter
    assert_array_equal(twin.predict(_inputs()), network.predict(_inputs()))


def test_architecture_holds_the_settings() -> None:
    """Kinds, sizes, rates and slopes, in order; nothing else."""
    rng = np.random.default_rng(0)
    network = Network(
        [Dense(I, H, rng=rng), LeakyReLU(0.2), Dropout(0.1), Dense(H, O, rng=rng), Identity()]
    )
    assert network.architecture() == [
        {"kind": "dense", "inputs": 7, "outputs": 4},
        {"kind": "leaky_relu", "slope": 0.2},
        {"kind": "dropout", "rate": 0.1},
        {"kind": "dense", "inputs": 4, "outputs": 3},
        {"kind": "identity"},
    ]
    assert Network.from_architecture(network.architecture()).dtype == np.float32


def test_a_copy_shares_no_memory() -> None:
    """A copy computes the same, and changing one leaves the other."""
    network = _network(dropout=0.25)
    twin = network.copy()
    assert twin.architecture() == network.architecture()
    _assert_same(twin.parameters, network.parameters)
    for parameter in twin.parameters.values():
        parameter += 1
    _assert_same(network.parameters, _network().parameters)
    assert {layer.name for layer in twin.layers} == {layer.name for layer in network.layers}


def test_a_copy_may_have_another_dtype() -> None:
    """float32 to float64 keeps every value; the other way rounds."""
    single = _network(dtype=np.float32)
    double = single.copy(np.float64)
    assert double.dtype == np.float64
    _assert_same(double.parameters, single.parameters)
    back = _network().copy(np.float32)
    assert back.dtype == np.float32
    _assert_same(back.parameters, single.parameters)


@pytest.mark.parametrize(
    ("architecture", "sentence"),
    [
        (
            [{"kind": "dense", "inputs": 7}],
            "expected the settings of a dense layer, got {'inputs': 7}.",
        ),
        (
            [{"kind": "dense", "inputs": 7, "outputs": 3, "rng": 0}],
            "expected the settings of a dense layer, got {'inputs': 7, 'outputs': 3, 'rng': 0}.",
        ),
        (
            [{"kind": "relu", "slope": 0.1}],
            "expected the settings of a relu layer, got {'slope': 0.1}.",
        ),
        (
            [{"kind": "denes"}],
            f"expected a layer to be one of {LAYER_NAMES}, got 'denes'; did you mean 'dense'?",
        ),
        (
            [{"inputs": 7}],
            f"expected a layer to be one of {LAYER_NAMES}, got 'None'.",
        ),
        ([], "expected at least one Dense layer, got []."),
    ],
)
def test_a_wrong_architecture_is_refused(architecture: list[dict[str, Any]], sentence: str) -> None:
    """What a damaged model file may say ends in one sentence."""
    with pytest.raises(SettingError) as error:
        Network.from_architecture(architecture)
    assert str(error.value) == f"Network: {sentence}"


def test_settings_out_of_range_are_refused_by_the_layer() -> None:
    """An architecture goes through the same checks as the constructors."""
    with pytest.raises(SettingError) as error:
        Network.from_architecture([{"kind": "dense", "inputs": "7", "outputs": 3}])
    assert str(error.value) == "Dense: expected inputs as a whole number in [1, ∞), got '7'."
    with pytest.raises(SettingError) as error:
        Network.from_architecture([{"kind": "dropout", "rate": 2}])
    assert str(error.value) == "Dropout: expected rate in [0, 1), got 2."


def test_repr_draws_the_network() -> None:
    """Sizes, activations, dropout, number of parameters and dtype: 32 + 30 + 21 = 83."""
    assert repr(_network(dropout=0.25)) == (
        "Network(7 → 4 relu dropout 0.25 → 6 relu dropout 0.25 → 3 softmax; 83 parameters, float64)"
    )


def test_a_network_tells_its_sizes() -> None:
    """inputs and outputs are the first and the last Dense layer's."""
    network = _network()
    assert (network.inputs, network.outputs) == (I, O)
    assert isinstance(network.output, Softmax)
    assert [layer.name for layer in network.layers] == [
        "dense1",
        "relu1",
        "dense2",
        "relu2",
        "dense3",
        "softmax1",
    ]


def test_a_layer_may_serve_two_networks() -> None:
    """Each network names gradients after its own order, also when a layer is in both."""
    rng = np.random.default_rng(34)
    first, last = (Dense(i, o, rng=rng, dtype=np.float64) for i, o in ((I, H), (H, O)))
    whole = Network([first, Tanh(), last, Softmax()])
    expected = whole.loss_and_gradients(_inputs(), LABELS, CrossEntropy()).gradients
    head = Network([last, Softmax()])
    again = whole.loss_and_gradients(_inputs(), LABELS, CrossEntropy()).gradients
    _assert_same(again, expected)
    assert head.parameters["dense1.weights"] is whole.parameters["dense2.weights"]


# What it refuses


def _dense(inputs: int, outputs: int, dtype: Any = np.float32) -> Dense:
    return Dense(inputs, outputs, rng=np.random.default_rng(0), dtype=dtype)


TWICE = ReLU()
NOT_A_LAYER: Any = ReLU


@pytest.mark.parametrize(
    ("layers", "kind", "sentence"),
    [
        ([], SettingError, "expected at least one Dense layer, got []."),
        ([Softmax()], SettingError, "expected at least one Dense layer, got [Softmax()]."),
        (
            [_dense(I, O)],
            SettingError,
            "expected an activation as the last layer, got Dense(inputs=7, outputs=3); "
            "Softmax() for classes, Identity() for regression.",
        ),
        (
            [_dense(I, H), ReLU(), _dense(C, O), Softmax()],
            ShapeError,
            "expected a Dense layer with 4 inputs after Dense(inputs=7, outputs=4), "
            "got Dense(inputs=6, outputs=3).",
        ),
        (
            [_dense(I, H), TWICE, _dense(H, H), TWICE, _dense(H, O), Softmax()],
            SettingError,
            "expected each layer once, got ReLU() twice; make a new one for each place.",
        ),
        (
            [_dense(I, H), NOT_A_LAYER, _dense(H, O), Softmax()],
            SettingError,
            "expected layers, got <class 'inkling.nn.activations.ReLU'>; write ReLU(), not ReLU.",
        ),
        (
            [_dense(I, H), ReLU(), _dense(H, O, np.float64), Softmax()],
            ShapeError,
            "expected Dense layers of one dtype, got float32 and float64.",
        ),
        (
            [_dense(I, 1), Softmax()],
            SettingError,
            "expected at least two outputs for softmax, got 1; use sigmoid for a single yes or no.",
        ),
    ],
)
def test_layers_that_make_no_network_are_refused(
    layers: list[Layer], kind: type[Exception], sentence: str
) -> None:
    """Each mistake is one sentence, at the moment the network is built."""
    with pytest.raises(kind) as error:
        Network(layers)
    assert str(error.value) == f"Network: {sentence}"
    assert "name" not in vars(ReLU), "the class itself was named"


@pytest.mark.parametrize("kind", ["uint8", "int64", "bool", "complex128"])
def test_inputs_that_are_no_floats_are_refused_with_the_advice(kind: str) -> None:
    """Raw pixels are the commonest mistake: values up to 255 would saturate every unit."""
    sentence = (
        f"Network: expected floats as inputs, got {kind}; "
        "scale pixels first, for example images / 255."
    )
    x = np.ones((B, I), kind)
    for attempt in (
        lambda: _network().predict(x),
        lambda: _network().loss_and_gradients(x, LABELS, CrossEntropy()),
    ):
        with pytest.raises(ShapeError) as error:
            attempt()
        assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("shape", "kind", "sentence"),
    [
        ((B, O), "float64", "Dense 'dense1': expected inputs of shape (B, 7), got (5, 3)."),
        ((B, O), "float32", "Network: expected inputs of shape (B, 7), got (5, 3)."),
        ((I,), "float64", "Network: expected inputs of shape (B, 7), got (7,)."),
        (
            (B, I, 1),
            "float64",
            "Network: expected inputs of shape (B, 7), got (5, 7, 1); "
            "flatten images with images.reshape(len(images), -1).",
        ),
    ],
)
def test_inputs_of_another_shape_are_refused(
    shape: tuple[int, ...], kind: str, sentence: str
) -> None:
    """Images that were not flattened, and rows of another length."""
    with pytest.raises(ShapeError) as error:
        _network().predict(np.zeros(shape, kind))
    assert str(error.value) == sentence


def test_targets_of_another_length_are_refused() -> None:
    """One target a sample."""
    for targets, got in [
        (LABELS[:4], "labels of shape (5,), got (4,)"),
        (np.eye(O), "targets of shape (5, 3), got (3, 3)"),
    ]:
        with pytest.raises(ShapeError) as error:
            _network().loss_and_gradients(_inputs(), targets, CrossEntropy())
        assert str(error.value) == f"CrossEntropy: expected {got}."


def test_a_loss_that_cannot_meet_the_output_is_refused() -> None:
    """Both when asked beforehand and when training starts."""
    network = _network(output="tanh")
    network.check_loss(SquaredError())
    sentence = (
        "CrossEntropy: expected outputs in [0, 1], got tanh, whose outputs lie in [-1, 1]; "
        "use softmax or sigmoid, or the loss squared_error."
    )
    for attempt in (
        lambda: network.check_loss(CrossEntropy()),
        lambda: network.loss_and_gradients(_inputs(), LABELS, CrossEntropy()),
    ):
        with pytest.raises(SettingError) as error:
            attempt()
        assert str(error.value) == sentence


def test_training_with_dropout_needs_a_generator() -> None:
    """There is no hidden source of random numbers."""
    with pytest.raises(SettingError) as error:
        _network(dropout=0.4).loss_and_gradients(_inputs(), LABELS, CrossEntropy())
    assert str(error.value) == (
        "Dropout: expected a generator while training, got None; "
        "pass rng=np.random.default_rng(seed)."
    )


@both_dtypes
def test_inputs_of_ten_thousand_stay_finite(dtype: str) -> None:
    """Absurd inputs give a finite loss and finite gradients, without a word from NumPy."""
    for activation in ACTIVATIONS:
        network = _network(activation, dtype=dtype)
        result = network.loss_and_gradients(1e4 * _inputs(), LABELS, CrossEntropy())
        assert np.isfinite(result.loss)
        assert all(np.isfinite(gradient).all() for gradient in result.gradients.values())


def test_regression_by_hand() -> None:
    """Identity and squared error: L = ½ mean |xW + b − y|², ∂L/∂W = xᵀ (a − y) / B."""
    rng = np.random.default_rng(35)
    network = Network([Dense(I, O, rng=rng, dtype=np.float64), Identity()])
    x, y = _inputs(), rng.normal(size=(B, O))
    result = network.loss_and_gradients(x, y, SquaredError())
    difference = x @ network.parameters["dense1.weights"] - y
    assert result.loss == pytest.approx((difference**2).sum() / 10, rel=1e-13)
    assert_allclose(result.gradients["dense1.weights"], x.T @ difference / 5, rtol=1e-12)


def test_several_labels_by_hand() -> None:
    """Sigmoids and the binary loss: ∂L/∂b is the mean of a − y."""
    rng = np.random.default_rng(36)
    network = Network([Dense(I, O, rng=rng, dtype=np.float64), Sigmoid()])
    y = np.array([[1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0], [1, 1, 0]])
    result = network.loss_and_gradients(_inputs(), y, BinaryCrossEntropy())
    a = expit(_inputs() @ network.parameters["dense1.weights"])
    assert_allclose(result.gradients["dense1.bias"], (a - y).mean(axis=0), rtol=1e-12)
