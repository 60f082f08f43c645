"""The formulas of the documentation against the code: labels, shapes, and every line of NumPy.

Each case gives the names that a line uses, and what Inkling's code makes of the same arrays. All axes
have different lengths; everything is float64.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from inkling.explain import contributions, units
from inkling.explain.forward_trace import ForwardTrace, forward_trace
from inkling.nn import (
    GELU,
    Activation,
    BinaryCrossEntropy,
    CrossEntropy,
    Dense,
    Dropout,
    Exp,
    Identity,
    LeakyReLU,
    Loss,
    Network,
    Poisson,
    ReLU,
    Sigmoid,
    Softmax,
    SquaredError,
    Tanh,
    initializers,
    losses,
    output,
    targets,
)
from inkling.nn.gradcheck import STEP, numeric_gradient, relative_errors
from inkling.optim import (
    SGD,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    Optimizer,
    RMSprop,
    ScikitAdam,
    ScikitMomentum,
    ScikitNesterov,
    add_l2_penalty,
    clipping,
    schedules,
)

DOCS = Path(__file__).resolve().parents[2] / "docs"
LANGUAGES = {"English": DOCS / "derivation", "Chinese": DOCS / "zh" / "derivation"}


def load_table() -> Any:
    """Imports docs/_ext/formula_table.py, which is not part of a package."""
    path = DOCS / "_ext" / "formula_table.py"
    spec = importlib.util.spec_from_file_location("formula_table", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # a dataclass asks for its module
    spec.loader.exec_module(module)
    return module


table = load_table()
FORMULAS = table.load_formulas()

Array = NDArray[np.float64]
Names = dict[str, Any]
Case = Callable[[], list[tuple[Names, Any]]]
"""Returns (the names that the line uses, what the code computes) for each place that computes it."""
CASES: dict[str, Case] = {}

B, I, J, O = 5, 7, 9, 3  # noqa: E741 (the letters of the notation)
SIZES = {"B": B, "I": I, "J": J, "O": O, "1": 1}


def case(*labels: str) -> Callable[[Case], Case]:
    """Registers a case for one label, or one case for several."""

    def register(function: Case) -> Case:
        for label in labels:
            assert label not in CASES
            CASES[label] = function
        return function

    return register


def draw(*shape: int, seed: int = 0) -> Array:
    """Draws an array whose entries are all different."""
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def softmax(z: Array) -> Array:
    """Softmax as on paper."""
    powers = np.exp(z)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


X, W, BIAS, Z = draw(B, I), draw(I, O), draw(O), draw(B, O, seed=1)
DELTA, DL_DA = draw(B, O, seed=2), draw(B, O, seed=3)
LABELS = np.array([2, 0, 1, 1, 2])
ONE_HOT = (LABELS[:, np.newaxis] == np.arange(O)).astype(np.float64)
SOFT = np.random.default_rng(4).dirichlet(np.ones(O), size=B)  # rows of probabilities
YES_NO = np.random.default_rng(5).uniform(0.1, 0.9, size=(B, O))
OUTPUTS = softmax(Z)
WEIGHTS = np.array([0.5, 2.0, 1.0, 0.25, 3.0])

# ------------------------------------------------------------------------------------- layers


def dense() -> Dense:
    """A dense layer with the weights above."""
    layer = Dense(I, O, rng=np.random.default_rng(0), dtype=np.float64)
    layer.weights[...], layer.bias[...] = W, BIAS
    return layer


@case("dense-forward")
def _() -> list[tuple[Names, Any]]:
    return [({"x": X, "W": W, "b": BIAS}, dense().forward(X)[0])]


@case("dense-grad-weights")
def _() -> list[tuple[Names, Any]]:
    return [({"x": X, "delta": DELTA}, dense().grad_parameters(DELTA, X)["weights"])]


@case("dense-grad-bias")
def _() -> list[tuple[Names, Any]]:
    return [({"delta": DELTA}, dense().grad_parameters(DELTA, X)["bias"])]


@case("dense-grad-inputs")
def _() -> list[tuple[Names, Any]]:
    return [({"W": W, "delta": DELTA}, dense().grad_inputs(DELTA, X))]


def forward(activation: Activation, **more: Any) -> Case:
    """The case of an activation's value."""
    return lambda: [({"z": Z, **more}, activation.value(Z))]


def backward(activation: Activation, **more: Any) -> Case:
    """The case of an activation's gradient; a is computed by the code."""

    def run() -> list[tuple[Names, Any]]:
        a = activation.value(Z)
        return [({"z": Z, "a": a, "dL_da": DL_DA, **more}, activation.gradient(DL_DA, Z, a))]

    return run


U = np.sqrt(2 / np.pi) * (Z + 0.044715 * Z**3)
for name, activation, more in (
    ("identity", Identity(), {}),
    ("sigmoid", Sigmoid(), {}),
    ("tanh", Tanh(), {}),
    ("relu", ReLU(), {}),
    ("leaky-relu", LeakyReLU(slope=0.2), {"s": 0.2}),
    ("gelu", GELU(), {"u": U}),
    ("softmax", Softmax(), {"m": Z.max(axis=1)[:, np.newaxis]}),
    ("exp", Exp(), {}),
):
    case(name)(forward(activation, **more))
    case(f"{name}-grad")(backward(activation, **more))


@case("gelu-inner")
def _() -> list[tuple[Names, Any]]:
    return [({"z": Z}, GELU()._u(Z))]


@case("softmax-shift")
def _() -> list[tuple[Names, Any]]:
    # The shift cannot be seen in a, so it is taken from where the code leaves it: log a = z − m − …
    row_sums = np.exp(Z - Z.max(axis=1, keepdims=True)).sum(axis=1)
    seen = (Z - output.log_softmax(Z))[:, :1] - np.log(row_sums)[:, np.newaxis]
    return [({"z": Z}, seen)]


@case("softmax-jacobian")
def _() -> list[tuple[Names, Any]]:
    # Row k of the identity, passed back, gives ∂a_k/∂z_j for all j.
    a = OUTPUTS[3]
    columns = Softmax().gradient(np.eye(O), Z[3:4], OUTPUTS[3:4])
    return [({"a": a}, columns)]


@case("dropout-mask")
def _() -> list[tuple[Names, Any]]:
    u = np.random.default_rng(1).random((B, I), dtype=np.float32)
    mask = Dropout(0.4).forward(X, rng=np.random.default_rng(1))[1]
    return [({"u": u, "p": 0.4}, mask)]


@case("dropout")
def _() -> list[tuple[Names, Any]]:
    a, mask = Dropout(0.4).forward(X, rng=np.random.default_rng(1))
    return [({"x": X, "mask": mask}, a)]


@case("dropout-grad")
def _() -> list[tuple[Names, Any]]:
    layer, arriving = Dropout(0.4), draw(B, I, seed=6)
    mask = layer.forward(X, rng=np.random.default_rng(1))[1]
    return [({"dL_da": arriving, "mask": mask}, layer.grad_inputs(arriving, mask))]


W1, B1, W2, B2 = draw(I, J), draw(J), draw(J, O), draw(O, seed=7)


def network() -> Network:
    """I inputs, J hidden units with tanh, O outputs with sigmoid."""
    rng = np.random.default_rng(0)
    layers = [Dense(I, J, rng=rng, dtype=np.float64), Tanh()]
    net = Network([*layers, Dense(J, O, rng=rng, dtype=np.float64), Sigmoid()])
    for parameter, values in zip(net.parameters.values(), (W1, B1, W2, B2), strict=True):
        parameter[...] = values
    return net


@case("network-forward")
def _() -> list[tuple[Names, Any]]:
    names = {"x": X, "W1": W1, "b1": B1, "W2": W2, "b2": B2, "f1": np.tanh}
    names["f2"] = lambda z: 1 / (1 + np.exp(-z))
    return [(names, network().forward(X).outputs), (names, network().predict(X))]


@case("hidden-delta")
def _() -> list[tuple[Names, Any]]:
    # For a batch of one sample the bias's gradient is δ itself.
    net, rows = network(), []
    for sample, delta in zip(X[:, np.newaxis], DELTA[:, np.newaxis], strict=True):
        saved = net.forward(sample).saved
        rows.append(net.backward(delta, saved)["dense1.bias"])
    names = {"delta2": DELTA, "W2": W2, "z1": X @ W1 + B1, "df1": lambda z: 1 / np.cosh(z) ** 2}
    return [(names, np.array(rows))]


# ------------------------------------------------------------------------------------- losses


def per_sample(loss: Loss, a: Array, y: Array) -> Case:
    """The case of a loss's value."""
    return lambda: [({"a": a, "y": y}, loss.per_sample(a, y))]


def gradient(loss: Loss, a: Array, y: Array) -> Case:
    """The case of a loss's gradient."""
    return lambda: [({"a": a, "y": y}, loss.gradient(a, y))]


case("squared-error")(per_sample(SquaredError(), Z, YES_NO))
case("squared-error-grad")(gradient(SquaredError(), Z, YES_NO))
case("cross-entropy")(per_sample(CrossEntropy(), OUTPUTS, SOFT))
case("cross-entropy-grad")(gradient(CrossEntropy(), OUTPUTS, SOFT))
case("binary-cross-entropy")(per_sample(BinaryCrossEntropy(), OUTPUTS, YES_NO))
case("binary-cross-entropy-grad")(gradient(BinaryCrossEntropy(), OUTPUTS, YES_NO))
case("poisson")(per_sample(Poisson(), np.exp(Z), YES_NO))
case("poisson-grad")(gradient(Poisson(), np.exp(Z), YES_NO))


@case("one-hot")
def _() -> list[tuple[Names, Any]]:
    return [({"O": O, "labels": LABELS}, targets.one_hot("test", LABELS, OUTPUTS))]


@case("label-smoothing")
def _() -> list[tuple[Names, Any]]:
    smooth = CrossEntropy(label_smoothing=0.15).dense_targets(LABELS, OUTPUTS)
    return [({"y": ONE_HOT, "eps": 0.15, "O": O}, smooth)]


@case("probability-floor")
def _() -> list[tuple[Names, Any]]:
    a = np.where(np.eye(B, O) > 0, 0.0, OUTPUTS)
    return [({"a": a}, losses.above_zero(a))]


@case("sample-shares")
def _() -> list[tuple[Names, Any]]:
    def shares(weights: Array | None) -> Array:
        return np.asarray(targets.sample_shares("test", B, weights, np.dtype(np.float64)))

    return [({"w": WEIGHTS}, shares(WEIGHTS)), ({"w": np.ones(B)}, shares(None))]


def both_ways(weights: Array | None) -> tuple[Names, output.LossAndDelta, float]:
    """Names, and what training and evaluation make of them, for tanh outputs and squared error."""
    a = np.tanh(Z)
    per_sample = np.array([0.5 * np.dot(row, row) for row in a - YES_NO])
    shares = np.full(B, 0.2) if weights is None else weights / 6.75
    names = {"s": shares, "loss": per_sample, "dl_dz": (a - YES_NO) * (1 - a * a)}
    trained = output.loss_and_delta(Tanh(), SquaredError(), Z, a, YES_NO, weights)
    return names, trained, SquaredError().value(a, YES_NO, weights)


@case("mean-loss")
def _() -> list[tuple[Names, Any]]:
    cases = [both_ways(weights) for weights in (None, WEIGHTS)]
    return [
        (names, loss)
        for names, trained, value in cases
        for loss in (np.float64(trained.loss), value)
    ]


@case("mean-delta")
def _() -> list[tuple[Names, Any]]:
    cases = [both_ways(weights) for weights in (None, WEIGHTS)]
    return [(names, trained.delta) for names, trained, _ in cases]


@case("output-delta")
def _() -> list[tuple[Names, Any]]:
    da_dz = np.zeros((B, O, O))
    for b, k, j in np.ndindex(B, O, O):
        da_dz[b, k, j] = OUTPUTS[b, k] * ((k == j) - OUTPUTS[b, j])
    names = {"dl_da": OUTPUTS - YES_NO, "da_dz": da_dz}
    return [(names, output.chain_rule(Softmax(), SquaredError(), Z, OUTPUTS, YES_NO)[1])]


SIGMOID = 1 / (1 + np.exp(-Z))


@case("ce-softmax-delta")
def _() -> list[tuple[Names, Any]]:
    # The closed form, and the chain rule that it shortens.
    pair = (
        output.softmax_cross_entropy(Z, OUTPUTS, SOFT)[1],
        output.chain_rule(Softmax(), CrossEntropy(), Z, OUTPUTS, SOFT)[1],
    )
    return [({"a": OUTPUTS, "y": SOFT}, delta) for delta in pair]


@case("ce-sigmoid-loss")
def _() -> list[tuple[Names, Any]]:
    return [({"z": Z, "y": SOFT}, output.sigmoid_cross_entropy(Z, SIGMOID, SOFT)[0])]


@case("ce-sigmoid-delta")
def _() -> list[tuple[Names, Any]]:
    pair = (
        output.sigmoid_cross_entropy(Z, SIGMOID, SOFT)[1],
        output.chain_rule(Sigmoid(), CrossEntropy(), Z, SIGMOID, SOFT)[1],
    )
    return [({"a": SIGMOID, "y": SOFT}, delta) for delta in pair]


@case("bce-sigmoid-loss")
def _() -> list[tuple[Names, Any]]:
    return [({"z": Z, "y": YES_NO}, output.sigmoid_binary_cross_entropy(Z, SIGMOID, YES_NO)[0])]


@case("bce-sigmoid-delta")
def _() -> list[tuple[Names, Any]]:
    pair = (
        output.sigmoid_binary_cross_entropy(Z, SIGMOID, YES_NO)[1],
        output.chain_rule(Sigmoid(), BinaryCrossEntropy(), Z, SIGMOID, YES_NO)[1],
    )
    return [({"a": SIGMOID, "y": YES_NO}, delta) for delta in pair]


@case("poisson-exp-loss")
def _() -> list[tuple[Names, Any]]:
    a = np.exp(Z)
    return [({"z": Z, "a": a, "y": YES_NO}, output.exp_poisson(Z, a, YES_NO)[0])]


@case("poisson-exp-delta")
def _() -> list[tuple[Names, Any]]:
    a = np.exp(Z)
    pair = (
        output.exp_poisson(Z, a, YES_NO)[1],
        output.chain_rule(Exp(), Poisson(), Z, a, YES_NO)[1],
    )
    return [({"a": a, "y": YES_NO}, delta) for delta in pair]


@case("bce-softmax-odds")
def _() -> list[tuple[Names, Any]]:
    # ∂ℓ/∂a_k · a_k = o_k − y_k, by the loss's own gradient.
    odds = BinaryCrossEntropy().gradient(OUTPUTS, YES_NO) * OUTPUTS + YES_NO
    return [({"a": OUTPUTS, "y": YES_NO}, odds)]


@case("bce-softmax-delta")
def _() -> list[tuple[Names, Any]]:
    names = {"o": (1 - YES_NO) * OUTPUTS / (1 - OUTPUTS), "y": YES_NO, "a": OUTPUTS}
    return [(names, output.softmax_binary_cross_entropy(Z, OUTPUTS, YES_NO)[1])]


@case("log-complement")
def _() -> list[tuple[Names, Any]]:
    # With y_k = 0 and all other targets 1, the loss is −log(1 − a_k) and the others' −log a.
    columns = []
    for k in range(O):
        y = np.ones((B, O))
        y[:, k] = 0
        others = np.delete(np.log(OUTPUTS), k, axis=1).sum(axis=1)
        columns.append(-output.softmax_binary_cross_entropy(Z, OUTPUTS, y)[0] - others)
    return [({"z": Z, "O": O}, np.stack(columns, axis=1))]


@case("log-softmax")
def _() -> list[tuple[Names, Any]]:
    return [({"z": Z, "m": Z.max(axis=1)[:, np.newaxis]}, output.log_softmax(Z))]


@case("softplus")
def _() -> list[tuple[Names, Any]]:
    return [({"z": Z}, output.softplus(Z)), ({"z": 300 * Z}, output.softplus(300 * Z))]


# --------------------------------------------------------------- gradient check, initial weights


@case("central-difference")
def _() -> list[tuple[Names, Any]]:
    theta = np.array([0.7])
    slope = numeric_gradient(lambda: float(np.exp(theta[0])), theta)[0]
    return [({"L": np.exp, "theta": 0.7, "h": STEP}, slope)]


@case("relative-error")
def _() -> list[tuple[Names, Any]]:
    g, n = draw(I, O, seed=8), draw(I, O, seed=9)
    n[0] = 1e-9  # below one per cent of the largest
    return [({"g": g, "n": n}, relative_errors(g, n))]


def initial(initializer: initializers.Initializer, **names: Any) -> Case:
    """The case of an initializer; line and code draw from generators of the same seed."""

    def run() -> list[tuple[Names, Any]]:
        drawn = initializer((I, O), (I, O), rng=np.random.default_rng(2))
        return [({"rng": np.random.default_rng(2), "I": I, "O": O, **names}, drawn)]

    return run


case("init-normal")(initial(initializers.Normal(std=0.3), std=0.3))
case("init-uniform")(initial(initializers.Uniform(bound=0.3), bound=0.3))
case("init-lecun")(initial(initializers.LeCun()))
case("init-glorot")(initial(initializers.Glorot()))
case("init-he")(initial(initializers.He()))


@case("init-uniform-bound")
def _() -> list[tuple[Names, Any]]:
    kinds = (initializers.LeCun, 1 / 7), (initializers.Glorot, 2 / 10), (initializers.He, 2 / 7)
    return [initial(kind(uniform=True), v=variance)()[0] for kind, variance in kinds]


@case("init-zeros")
def _() -> list[tuple[Names, Any]]:
    zeros = initializers.Zeros()((O,), (I, O), rng=np.random.default_rng(2))
    return [({"O": O}, zeros)]


# --------------------------------------------------------------------------------- optimizers

ETA, MU, RHO, BETA1, BETA2, EPS, LAM = 0.07, 0.8, 0.95, 0.85, 0.97, 1e-3, 0.3
STEPS = 4
"""Updates made; the formulas are compared in the last one."""


def last_update(optimizer: Optimizer) -> tuple[Names, dict[str, Any], Array]:
    """Makes some updates of one weight matrix.

    Returns:
        p and g before the last one with the state as it was, the state after it, and p after it.
    """
    p, before = draw(I, O, seed=10), {}
    for t in range(1, STEPS + 1):
        g = draw(I, O, seed=10 + t)
        before = {"p": p.copy(), "W": p.copy(), "g": g.copy(), "t": t, "eta": ETA}
        before |= {key: array.copy() for key, array in optimizer.state.items()}
        optimizer.update({"w": p}, {"w": g})
    return before, optimizer.state, p


@case("sgd")
def _() -> list[tuple[Names, Any]]:
    names, _, p = last_update(SGD(ETA))
    return [(names, p)]


@case("weight-decay")
def _() -> list[tuple[Names, Any]]:
    g = draw(I, O, seed=11)
    decayed = SGD(ETA, weight_decay=LAM).decayed(W, g)
    penalized = g.copy()
    add_l2_penalty({"w": W}, {"w": penalized}, LAM)
    return [({"g": g, "lam": LAM, "W": W}, after) for after in (decayed, penalized)]


@case("l2-penalty")
def _() -> list[tuple[Names, Any]]:
    term = add_l2_penalty({"w": W}, {"w": np.zeros_like(W)}, LAM)
    return [({"lam": LAM, "W": W}, term)]


def velocity_case(label: str, kinds: dict[str, type]) -> None:
    """The cases of a velocity and of each kind's step, which uses the new velocity."""

    def updates(kind: type) -> tuple[Names, Array, Array]:
        names, state, p = last_update(kind(ETA, momentum=MU))
        return names | {"mu": MU}, np.asarray(state["velocity/w"]), p

    def velocity() -> list[tuple[Names, Any]]:
        runs = [updates(kind) for kind in kinds.values()]
        return [(names | {"v": names["velocity/w"]}, after) for names, after, _ in runs]

    case(f"momentum-velocity{label}")(velocity)
    for name, kind in kinds.items():

        def step(kind: type = kind) -> list[tuple[Names, Any]]:
            names, after, p = updates(kind)
            return [(names | {"v": after}, p)]

        case(f"{name}-step{label}")(step)


velocity_case("", {"momentum": Momentum, "nesterov": Nesterov})
velocity_case("-scaled", {"momentum": ScikitMomentum, "nesterov": ScikitNesterov})


@case("rmsprop-mean-square")
def _() -> list[tuple[Names, Any]]:
    names, state, _ = last_update(RMSprop(ETA, smoothing=RHO, epsilon=EPS))
    return [(names | {"s": names["mean_square/w"], "rho": RHO}, state["mean_square/w"])]


@case("rmsprop-step")
def _() -> list[tuple[Names, Any]]:
    names, state, p = last_update(RMSprop(ETA, smoothing=RHO, epsilon=EPS))
    return [(names | {"s": state["mean_square/w"], "eps": EPS}, p)]


BETAS = {"beta1": BETA1, "beta2": BETA2, "eps": EPS}


def adam_kinds() -> list[Optimizer]:
    """Adam and AdamW, both with the settings above."""
    settings: Names = {"beta1": BETA1, "beta2": BETA2, "epsilon": EPS}
    return [Adam(ETA, **settings), AdamW(ETA, weight_decay=0.0, **settings)]


@case("adam-mean")
def _() -> list[tuple[Names, Any]]:
    runs = [last_update(optimizer) for optimizer in adam_kinds()]
    return [
        (before | BETAS | {"m": before["mean/w"]}, after["mean/w"]) for before, after, _ in runs
    ]


@case("adam-mean-square")
def _() -> list[tuple[Names, Any]]:
    runs = [last_update(optimizer) for optimizer in adam_kinds()]
    return [
        (before | BETAS | {"s": before["mean_square/w"]}, after["mean_square/w"])
        for before, after, _ in runs
    ]


@case("adam-step")
def _() -> list[tuple[Names, Any]]:
    runs = [last_update(optimizer) for optimizer in adam_kinds()]
    return [
        (before | BETAS | {"m": after["mean/w"], "s": after["mean_square/w"]}, p)
        for before, after, p in runs
    ]


@case("adam-shortcut")
def _() -> list[tuple[Names, Any]]:
    optimizer = ScikitAdam(ETA, beta1=BETA1, beta2=BETA2, epsilon=EPS)
    before, after, p = last_update(optimizer)
    return [(before | BETAS | {"m": after["mean/w"], "s": after["mean_square/w"]}, p)]


@case("adamw-decay")
def _() -> list[tuple[Names, Any]]:
    # A first gradient of zero leaves nothing of Adam's step.
    weights = draw(I, O, seed=12)
    before = weights.copy()
    AdamW(ETA, weight_decay=LAM).update({"w": weights}, {"w": np.zeros((I, O))})
    return [({"W": before, "eta": ETA, "lam": LAM}, weights)]


@case("global-norm")
def _() -> list[tuple[Names, Any]]:
    arrays = [draw(I, O), draw(O)]
    norm = clipping.clip_by_global_norm({"w": arrays[0].copy(), "b": arrays[1].copy()}, 1e9)
    return [({"gradients": arrays}, norm)]


@case("clip")
def _() -> list[tuple[Names, Any]]:
    cases: list[tuple[Names, Any]] = []
    for limit in (0.5, 50.0):
        gradients = {"w": draw(I, O), "b": draw(O)}
        g = gradients["w"].copy()
        norm = clipping.clip_by_global_norm(gradients, limit)
        cases.append(({"g": g, "c": limit, "norm": norm}, gradients["w"]))
    return cases


# ---------------------------------------------------------------------------------- schedules

T = 23


def ramp(alpha: float, omega: float, q: float) -> float:
    """Half a cosine from alpha to omega, written as a mean of the two."""
    return float(alpha * np.cos(np.pi * q / 2) ** 2 + omega * np.sin(np.pi * q / 2) ** 2)


@case("schedule-rate")
def _() -> list[tuple[Names, Any]]:
    schedule = schedules.Cosine(ETA, T)
    return [({"eta": ETA, "phi": schedule.factor, "t": t}, schedule(t)) for t in (0, 9, T - 1)]


@case("schedule-constant")
def _() -> list[tuple[Names, Any]]:
    return [({}, schedules.Constant(ETA, T).factor(9))]


@case("schedule-step")
def _() -> list[tuple[Names, Any]]:
    schedule = schedules.StepDecay(ETA, T, drop=0.3, parts=4)
    return [({"d": 0.3, "n": 4, "T": T, "t": t}, schedule.factor(t)) for t in range(T)]


@case("cosine-ramp")
def _() -> list[tuple[Names, Any]]:
    parts = ({"alpha": 0.2, "omega": 0.9, "q": q} for q in (0.0, 0.3, 0.5, 1.0))
    return [
        (names, schedules._along_cosine(names["alpha"], names["omega"], names["q"]))
        for names in parts
    ]


@case("schedule-cosine")
def _() -> list[tuple[Names, Any]]:
    schedule = schedules.Cosine(ETA, T, end_factor=0.1)
    names = {"ramp": ramp, "omega": 0.1, "T": T}
    return [(names | {"t": t}, schedule.factor(t)) for t in range(T)]


@case("schedule-one-cycle")
def _() -> list[tuple[Names, Any]]:
    schedule = schedules.OneCycle(ETA, T, rise=0.3, start_factor=0.2, end_factor=0.01)
    names = {"ramp": ramp, "alpha": 0.2, "omega": 0.01, "T": T, "top": 0.3 * T - 1}
    return [(names | {"t": t}, schedule.factor(t)) for t in range(T)]


@case("schedule-warm-up")
def _() -> list[tuple[Names, Any]]:
    schedule = schedules.WarmUp(ETA, T, rise=0.3, start_factor=0.2, then="cosine")
    psi = schedules.Cosine(ETA, T - 7).factor
    names = {"alpha": 0.2, "t0": 7, "psi": psi}
    return [(names | {"t": t}, schedule.factor(t)) for t in range(T)]


# ------------------------------------------------------------------------------- explanations

BLANK = -0.4
PAIR = {"k": 2, "m": 0}


def explained() -> tuple[ForwardTrace, Names]:
    """A sample on its way through I inputs, J leaky hidden units and O outputs; what the lines use."""
    rng = np.random.default_rng(0)
    layers = [Dense(I, J, rng=rng, dtype=np.float64), LeakyReLU(slope=0.2)]
    net = Network([*layers, Dense(J, O, rng=rng, dtype=np.float64), Softmax()])
    for parameter, values in zip(net.parameters.values(), (W1, B1, W2, B2), strict=True):
        parameter[...] = values
    names = {"x": X[0], "x0": BLANK, "W1": W1, "b1": B1, "W2": W2, "b2": B2, **PAIR}
    names |= {"z1": X[0] @ W1 + B1, "df1": lambda z: np.where(z > 0, 1, 0.2)}
    return forward_trace(net, X[:1]), names


@case("contribution-pixel")
def _() -> list[tuple[Names, Any]]:
    trace, names = explained()
    return [(names, contributions.explain_difference(trace, 2, 0, blank=BLANK).parts)]


@case("contribution-biases")
def _() -> list[tuple[Names, Any]]:
    trace, names = explained()
    return [(names, contributions.explain_difference(trace, 2, 0, blank=BLANK).biases)]


@case("contribution-unit")
def _() -> list[tuple[Names, Any]]:
    bent = forward_trace(network(), X[:1])
    names = {"h": np.tanh(X[0] @ W1 + B1), "W": W2, **PAIR}
    return [(names, contributions.explain_difference(bent, 2, 0).parts)]


@case("unit-picture")
def _() -> list[tuple[Names, Any]]:
    trace, names = explained()
    return [(names | {"j": 1}, units.unit_pictures(trace, 2, [1])[0])]


# -------------------------------------------------------------------------------------- tests


def test_table_and_code_say_the_same_labels_in_the_same_places() -> None:
    """Every label stands in exactly the docstrings that the table names, and no other does."""
    in_table = {label: sorted(formula.code) for label, formula in FORMULAS.items()}
    in_code = {label: sorted(places) for label, places in table.labels_in_code().items()}
    assert in_table == in_code


def test_every_formula_is_compared() -> None:
    """Each formula has a case, and each case a formula."""
    assert sorted(CASES) == sorted(FORMULAS)


@pytest.mark.parametrize("label", FORMULAS)
def test_numpy_line_gives_what_the_code_gives(label: str) -> None:
    """The line of NumPy beside a formula computes what the code computes, to twelve digits."""
    line = FORMULAS[label].numpy
    result = line.split(" = ")[0]
    for names, expected in CASES[label]():
        given = {"np": np, **names}
        exec(compile(line, label, "exec"), given)
        got = np.asarray(given[result], dtype=np.float64)
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("label", FORMULAS)
def test_result_has_the_shape_that_the_card_says(label: str) -> None:
    """The letters on the card are the shape of what the code computes."""
    letters = re.findall(r"\w", FORMULAS[label].shape)
    for _, expected in CASES[label]():
        assert np.shape(expected) == tuple(SIZES[letter] for letter in letters)


@pytest.mark.parametrize("label", FORMULAS)
def test_numpy_line_is_one_short_statement(label: str) -> None:
    """A line is a single assignment that Python can read, and its braces in LaTeX are balanced."""
    formula = FORMULAS[label]
    assert re.fullmatch(r"[a-z]\w* = .+", formula.numpy, flags=re.IGNORECASE)
    assert "\n" not in formula.numpy
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", formula.latex):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0
    assert formula.latex.count(r"\left") - formula.latex.count(
        r"\leftarrow"
    ) == formula.latex.count(r"\right")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_formula_has_one_card_in_each_language(language: str) -> None:
    """The pages of both languages show every formula once, and no formula that is not there."""
    text = "\n".join(page.read_text("utf-8") for page in LANGUAGES[language].glob("*.md"))
    shown = re.findall(r"^```\{formula\} (\S+)$", text, flags=re.MULTILINE)
    assert sorted(shown) == sorted(FORMULAS)


def test_both_languages_have_the_same_pages_and_cards_in_the_same_order() -> None:
    """The derivation consists of the same pages in English and Chinese, formula by formula."""
    order: dict[str, dict[str, list[str]]] = {}
    for language, folder in LANGUAGES.items():
        order[language] = {
            page.name: re.findall(
                r"^```\{(?:formula|formulas|literalinclude|diagram)\} (?:\.\./)*(?:derivation/)?(.+)$",
                page.read_text("utf-8"),
                flags=re.MULTILINE,
            )
            for page in folder.glob("*.md")
        }
    assert order["English"] == order["Chinese"]
