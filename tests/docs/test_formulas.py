"""The formulas of the documentation against the code: labels, shapes, and every line of NumPy.

Each case gives the names that a line uses, and what Inkling computes from the same arrays. All axes
have different lengths; everything is float64.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling._types import FloatArray
from inkling.explain import baseline, contributions, units
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
table: Any = importlib.import_module("formula_table")
FORMULAS = table.load_formulas()

Names = dict[str, Any]
Cases = Iterable[tuple[Names, Any]]
"""For each place that computes a formula: the names that its line uses, and the computed array."""
CASES: dict[str, Callable[[], Cases]] = {}


def compare(label: str, names: Names, *code: Callable[[], Any]) -> None:
    """Registers one or more places that compute a formula from the same arrays."""
    assert label not in CASES
    CASES[label] = lambda: [(names, compute()) for compute in code]


def case(label: str) -> Callable[[Callable[[], Cases]], None]:
    """Registers a function that returns the cases of a formula."""

    def register(function: Callable[[], Cases]) -> None:
        assert label not in CASES
        CASES[label] = function

    return register


def draw(*shape: int, seed: int = 0) -> FloatArray:
    """Draws an array whose entries are all different."""
    return np.random.default_rng([seed, *shape]).normal(size=shape)


B, I, J, O = 5, 7, 9, 3  # noqa: E741 (the letters of the notation)
SIZES = {"B": B, "I": I, "J": J, "O": O, "1": 1}
X, W, BIAS, Z = draw(B, I), draw(I, O), draw(O), draw(B, O, seed=1)
DELTA, DL_DA = draw(B, O, seed=2), draw(B, O, seed=3)
LABELS = np.array([2, 0, 1, 1, 2])
ONE_HOT = (LABELS[:, np.newaxis] == np.arange(O)).astype(np.float64)
SOFT = np.random.default_rng(4).dirichlet(np.ones(O), size=B)  # rows of probabilities
YES_NO = np.random.default_rng(5).uniform(0.1, 0.9, size=(B, O))
ROW_MAX = Z.max(axis=1)[:, np.newaxis]
A = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)  # the softmax of Z
SIGMOID = 1 / (1 + np.exp(-Z))
WEIGHTS = np.array([0.5, 2.0, 1.0, 0.25, 3.0])

# ------------------------------------------------------------------------------------- layers

dense = Dense.from_arrays(W, BIAS)
compare("dense-forward", {"x": X, "W": W, "b": BIAS}, lambda: dense.forward(X)[0])
DENSE: Names = {"x": X, "W": W, "delta": DELTA}
compare("dense-grad-weights", DENSE, lambda: dense.grad_parameters(DELTA, X)["weights"])
compare("dense-grad-bias", DENSE, lambda: dense.grad_parameters(DELTA, X)["bias"])
compare("dense-grad-inputs", DENSE, lambda: dense.grad_inputs(DELTA, X))


def compare_activation(name: str, activation: Activation, **more: Any) -> None:
    """Registers the value and the gradient of an activation."""
    a = activation.value(Z)
    compare(name, {"z": Z, **more}, lambda: activation.value(Z))
    names = {"z": Z, "a": a, "dL_da": DL_DA, **more}
    compare(f"{name}-grad", names, lambda: activation.gradient(DL_DA, Z, a))


compare_activation("identity", Identity())
compare_activation("sigmoid", Sigmoid())
compare_activation("tanh", Tanh())
compare_activation("relu", ReLU())
compare_activation("leaky-relu", LeakyReLU(slope=0.2), slope=0.2)
U = np.sqrt(2 / np.pi) * (Z + 0.044715 * Z**3)
compare_activation("gelu", GELU(), u=U, t=np.tanh(U))
compare("gelu-inner", {"z": Z}, lambda: GELU()._u(Z))
compare_activation("softmax", Softmax(), z_max=ROW_MAX)
compare_activation("exp", Exp())


@case("softmax-shift")
def _() -> Cases:
    # It does not change a, so it is computed back from log a = z − max − log Σ exp(z − max).
    row_sums = np.exp(Z - ROW_MAX).sum(axis=1, keepdims=True)
    return [({"z": Z}, (Z - output.log_softmax(Z) - np.log(row_sums))[:, :1])]


# Row k of the identity, passed back, gives ∂a_k/∂z_j for all j.
compare("softmax-jacobian", {"a": A[3]}, lambda: Softmax().gradient(np.eye(O), Z[3:4], A[3:4]))

dropped, MASK = Dropout(0.4).forward(X, rng=np.random.default_rng(1))
DRAWN = np.random.default_rng(1).random((B, I), dtype=np.float32)
DROPOUT: Names = {"u": DRAWN, "p": 0.4, "x": X, "mask": MASK, "dL_da": X}
compare("dropout-mask", DROPOUT, lambda: MASK)
compare("dropout", DROPOUT, lambda: dropped)
compare("dropout-grad", DROPOUT, lambda: Dropout(0.4).grad_inputs(X, MASK))

W1, B1, W2, B2 = draw(I, J), draw(J), draw(J, O), draw(O, seed=7)


def network(hidden: Activation, outputs: Activation) -> Network:
    """I inputs, J hidden units and O outputs."""
    layers = [Dense.from_arrays(W1, B1), hidden, Dense.from_arrays(W2, B2), outputs]
    return Network(layers)


tanh_network = network(Tanh(), Sigmoid())
NETWORK: Names = {"x": X, "W1": W1, "b1": B1, "W2": W2, "b2": B2, "f1": np.tanh}
NETWORK["f2"] = lambda z: 1 / (1 + np.exp(-z))
compare(
    "network-forward",
    NETWORK,
    lambda: tanh_network.forward(X).outputs,
    lambda: tanh_network.predict(X),
)


@case("hidden-delta")
def _() -> Cases:
    # For a batch of one sample the bias's gradient is δ itself.
    rows = []
    for sample, delta in zip(X[:, np.newaxis], DELTA[:, np.newaxis], strict=True):
        saved = tanh_network.forward(sample).saved
        rows.append(tanh_network.backward(delta, saved)["dense1.bias"])
    names = {"delta2": DELTA, "W2": W2, "z1": X @ W1 + B1, "df1": lambda z: 1 / np.cosh(z) ** 2}
    return [(names, np.array(rows))]


# ------------------------------------------------------------------------------------- losses


def compare_loss(name: str, loss: Loss, a: FloatArray, y: FloatArray) -> None:
    """Registers the value and the gradient of a loss."""
    compare(name, {"a": a, "y": y}, lambda: loss.per_sample(a, y))
    compare(f"{name}-grad", {"a": a, "y": y}, lambda: loss.gradient(a, y))


compare_loss("squared-error", SquaredError(), Z, YES_NO)
compare_loss("cross-entropy", CrossEntropy(), A, SOFT)
compare_loss("binary-cross-entropy", BinaryCrossEntropy(), A, YES_NO)
compare_loss("poisson", Poisson(), np.exp(Z), YES_NO)

compare("one-hot", {"O": O, "labels": LABELS}, lambda: targets.one_hot("test", LABELS, A))
smoothed = CrossEntropy(label_smoothing=0.15)
SMOOTHING: Names = {"y": ONE_HOT, "eps": 0.15, "O": O}
compare("label-smoothing", SMOOTHING, lambda: smoothed.dense_targets(LABELS, A))
WITH_ZEROS = np.where(np.eye(B, O) > 0, 0.0, A)
compare("probability-floor", {"a": WITH_ZEROS}, lambda: losses.above_zero(WITH_ZEROS))


@case("sample-shares")
def _() -> Cases:
    for weights in (WEIGHTS, None):
        shares = targets.sample_shares("test", B, weights, np.dtype(np.float64))
        yield {"w": np.ones(B) if weights is None else weights}, shares


def means(weights: FloatArray | None) -> tuple[Names, output.LossAndDelta]:
    """The names of a mean, and its computation, for tanh outputs and squared error."""
    a = np.tanh(Z)
    shares = np.full(B, 0.2) if weights is None else weights / 6.75
    names = {"share": shares, "loss": 0.5 * ((a - YES_NO) ** 2).sum(axis=1)}
    names["dl_dz"] = (a - YES_NO) * (1 - a * a)
    return names, output.loss_and_delta(Tanh(), SquaredError(), Z, a, YES_NO, weights)


@case("mean-loss")
def _() -> Cases:
    for weights in (None, WEIGHTS):
        names, trained = means(weights)
        yield names, trained.loss
        yield names, SquaredError().value(np.tanh(Z), YES_NO, weights)


@case("mean-delta")
def _() -> Cases:
    for weights in (None, WEIGHTS):
        names, trained = means(weights)
        yield names, trained.delta


@case("output-delta")
def _() -> Cases:
    da_dz = np.zeros((B, O, O))
    for b, k, j in np.ndindex(B, O, O):
        da_dz[b, k, j] = A[b, k] * ((k == j) - A[b, j])
    names = {"dl_da": A - YES_NO, "da_dz": da_dz}
    return [(names, output.chain_rule(Softmax(), SquaredError(), Z, A, YES_NO)[1])]


def compare_delta(
    label: str,
    short: Callable[[FloatArray, FloatArray, FloatArray], tuple[FloatArray, FloatArray]],
    activation: Activation,
    loss: Loss,
    a: FloatArray,
    y: FloatArray,
) -> None:
    """Registers the closed form of a δ, and the chain rule that it shortens."""
    compare(
        label,
        {"a": a, "y": y},
        lambda: short(Z, a, y)[1],
        lambda: output.chain_rule(activation, loss, Z, a, y)[1],
    )


compare_delta("ce-softmax-delta", output.softmax_cross_entropy, Softmax(), CrossEntropy(), A, SOFT)
CE_SIGMOID: Names = {"z": Z, "y": SOFT}
compare("ce-sigmoid-loss", CE_SIGMOID, lambda: output.sigmoid_cross_entropy(Z, SIGMOID, SOFT)[0])
compare_delta(
    "ce-sigmoid-delta", output.sigmoid_cross_entropy, Sigmoid(), CrossEntropy(), SIGMOID, SOFT
)
sigmoid_bce = output.sigmoid_binary_cross_entropy
OTHER_PAIRS: Names = {"z": Z, "y": YES_NO, "a": np.exp(Z)}
compare("bce-sigmoid-loss", OTHER_PAIRS, lambda: sigmoid_bce(Z, SIGMOID, YES_NO)[0])
compare_delta("bce-sigmoid-delta", sigmoid_bce, Sigmoid(), BinaryCrossEntropy(), SIGMOID, YES_NO)
compare("poisson-exp-loss", OTHER_PAIRS, lambda: output.exp_poisson(Z, np.exp(Z), YES_NO)[0])
compare_delta("poisson-exp-delta", output.exp_poisson, Exp(), Poisson(), np.exp(Z), YES_NO)


@case("bce-softmax-odds")
def _() -> Cases:
    # By the loss's own gradient: ∂ℓ/∂a_k · a_k = o_k − y_k.
    odds = BinaryCrossEntropy().gradient(A, YES_NO) * A + YES_NO
    return [({"a": A, "y": YES_NO}, odds)]


softmax_bce = output.softmax_binary_cross_entropy
ODDS = (1 - YES_NO) * A / (1 - A)
compare("bce-softmax-delta", {"o": ODDS, "y": YES_NO, "a": A}, lambda: softmax_bce(Z, A, YES_NO)[1])


@case("log-complement")
def _() -> Cases:
    # With y_k = 0 and all other targets 1, the loss is −log(1 − a_k) and the others' −log a.
    columns = []
    for k in range(O):
        y = np.ones((B, O))
        y[:, k] = 0
        others = np.delete(np.log(A), k, axis=1).sum(axis=1)
        columns.append(-softmax_bce(Z, A, y)[0] - others)
    return [({"z": Z, "O": O}, np.stack(columns, axis=1))]


compare("log-softmax", {"z": Z, "z_max": ROW_MAX}, lambda: output.log_softmax(Z))


@case("softplus")
def _() -> Cases:
    return [({"z": z}, output.softplus(z)) for z in (Z, 300 * Z)]


# --------------------------------------------------------------- gradient check, initial weights


@case("central-difference")
def _() -> Cases:
    theta = np.array([0.7])
    slope = numeric_gradient(lambda: float(np.exp(theta[0])), theta)[0]
    return [({"L": np.exp, "theta": 0.7, "h": STEP}, slope)]


@case("relative-error")
def _() -> Cases:
    g, slope = draw(I, O, seed=8), draw(I, O, seed=9)
    slope[0] = 1e-9  # below one percent of the largest
    return [({"g": g, "slope": slope}, relative_errors(g, slope))]


def initial(initializer: initializers.Initializer, **names: Any) -> tuple[Names, FloatArray]:
    """The case of an initializer; line and code draw from generators of the same seed."""
    drawn = initializer((I, O), (I, O), rng=np.random.default_rng(2))
    return {"rng": np.random.default_rng(2), "I": I, "O": O, **names}, drawn


CASES["init-normal"] = lambda: [initial(initializers.Normal(std=0.3), std=0.3)]
CASES["init-uniform"] = lambda: [initial(initializers.Uniform(bound=0.3), bound=0.3)]
CASES["init-lecun"] = lambda: [initial(initializers.LeCun())]
CASES["init-glorot"] = lambda: [initial(initializers.Glorot())]
CASES["init-he"] = lambda: [initial(initializers.He())]


@case("init-uniform-bound")
def _() -> Cases:
    yield initial(initializers.LeCun(uniform=True), v=1 / 7)
    yield initial(initializers.Glorot(uniform=True), v=2 / 10)
    yield initial(initializers.He(uniform=True), v=2 / 7)


zeros = initializers.Zeros()
compare("init-zeros", {"O": O}, lambda: zeros((O,), (I, O), rng=np.random.default_rng(2)))

# --------------------------------------------------------------------------------- optimizers

ETA, MU, RHO, BETA1, BETA2, EPS, LAM = 0.07, 0.8, 0.95, 0.85, 0.97, 1e-3, 0.3
UPDATES = 4
"""The formulas are compared in the last of several updates."""


def last_update(optimizer: Optimizer) -> tuple[Names, dict[str, Any], FloatArray]:
    """Makes some updates of one weight matrix.

    Returns:
        p and g before the last one with the state as it was, the state after it, and p after it.
    """
    p, before = draw(I, O, seed=10), {}
    for t in range(1, UPDATES + 1):
        g = draw(I, O, seed=10 + t)
        before = {"p": p.copy(), "g": g, "t": t, "eta": ETA, "mu": MU, "rho": RHO}
        before |= {"beta1": BETA1, "beta2": BETA2, "eps": EPS}
        before |= {key: array.copy() for key, array in optimizer.state.items()}
        optimizer.update({"w": p}, {"w": g})
    return before, optimizer.state, p


def compare_update(
    label: str, result: str, *optimizers: Optimizer, old: str = "", new: str = ""
) -> None:
    """Registers one formula of an update, with all optimizers that compute it.

    Args:
        label: of the formula.
        result: the slot that it computes, or "p".
        optimizers: without a state.
        old: the slots that it uses as they were before, as pairs of name=slot.
        new: those that it uses as they are after the update.
    """

    def cases() -> Cases:
        for optimizer in optimizers:
            before, after, p = last_update(deepcopy(optimizer))
            names = dict(before)
            for pairs, state in ((old, before), (new, after)):
                for name, slot in (pair.split("=") for pair in pairs.split()):
                    names[name] = state[f"{slot}/w"]
            yield names, p if result == "p" else after[f"{result}/w"]

    CASES[label] = cases


compare_update("sgd", "p", SGD(ETA))

momentum, nesterov = Momentum(ETA, momentum=MU), Nesterov(ETA, momentum=MU)
compare_update("momentum-velocity", "velocity", momentum, nesterov, old="v=velocity")
compare_update("momentum-step", "p", momentum, new="v=velocity")
compare_update("nesterov-step", "p", nesterov, new="v=velocity")

scaled, scaled_nesterov = ScikitMomentum(ETA, momentum=MU), ScikitNesterov(ETA, momentum=MU)
compare_update("momentum-velocity-scaled", "velocity", scaled, scaled_nesterov, old="v=velocity")
compare_update("momentum-step-scaled", "p", scaled, new="v=velocity")
compare_update("nesterov-step-scaled", "p", scaled_nesterov, new="v=velocity")

rmsprop = RMSprop(ETA, smoothing=RHO, epsilon=EPS)
compare_update("rmsprop-mean-square", "mean_square", rmsprop, old="s=mean_square")
compare_update("rmsprop-step", "p", rmsprop, new="s=mean_square")

MOMENTS = "m=mean s=mean_square"
adam, adamw, scikit_adam = (
    kind(ETA, beta1=BETA1, beta2=BETA2, epsilon=EPS, weight_decay=0.0)
    for kind in (Adam, AdamW, ScikitAdam)
)
compare_update("adam-mean", "mean", adam, adamw, old=MOMENTS)
compare_update("adam-mean-square", "mean_square", adam, adamw, old=MOMENTS)
compare_update("adam-step", "p", adam, adamw, new=MOMENTS)
compare_update("adam-shortcut", "p", scikit_adam, new=MOMENTS)


@case("adamw-decay")
def _() -> Cases:
    # A first gradient of zero leaves nothing of Adam's step.
    weights = W.copy()
    AdamW(ETA, weight_decay=LAM).update({"w": weights}, {"w": np.zeros((I, O))})
    return [({"W": W, "eta": ETA, "lam": LAM}, weights)]


@case("weight-decay")
def _() -> Cases:
    g = draw(I, O, seed=11)
    names = {"g": g.copy(), "lam": LAM, "W": W}
    yield names, SGD(ETA, weight_decay=LAM).decayed(W, g)
    add_l2_penalty({"w": W}, {"w": g}, LAM)
    yield names, g


PENALTY: Names = {"lam": LAM, "W": W}
compare("l2-penalty", PENALTY, lambda: add_l2_penalty({"w": W}, {"w": np.zeros_like(W)}, LAM))


@case("global-norm")
def _() -> Cases:
    arrays = [draw(I, O), draw(O)]
    norm = clipping.clip_by_global_norm({"w": arrays[0].copy(), "b": arrays[1].copy()}, 1e9)
    return [({"gradients": arrays}, norm)]


@case("clip")
def _() -> Cases:
    for limit in (0.5, 50.0):
        gradients = {"w": draw(I, O), "b": draw(O)}
        g = gradients["w"].copy()
        norm = clipping.clip_by_global_norm(gradients, limit)
        yield {"g": g, "limit": limit, "norm": norm}, gradients["w"]


# ---------------------------------------------------------------------------------- schedules

T = 23


def ramp(alpha: float, omega: float, q: float) -> float:
    """Half a cosine from alpha to omega, written as a mean of the two."""
    return float(alpha * np.cos(np.pi * q / 2) ** 2 + omega * np.sin(np.pi * q / 2) ** 2)


def compare_factors(label: str, schedule: schedules.Schedule, **names: Any) -> None:
    """Registers the factor of every step."""
    CASES[label] = lambda: [
        ({"ramp": ramp, "T": T, "t": t, **names}, schedule.factor(t)) for t in range(T)
    ]


@case("schedule-rate")
def _() -> Cases:
    schedule = schedules.Cosine(ETA, T)
    return [({"eta": ETA, "phi": schedule.factor, "t": t}, schedule(t)) for t in (0, 9, T - 1)]


@case("cosine-ramp")
def _() -> Cases:
    for q in (0.0, 0.3, 0.5, 1.0):
        yield {"alpha": 0.2, "omega": 0.9, "q": q}, schedules._along_cosine(0.2, 0.9, q)


compare_factors("schedule-constant", schedules.Constant(ETA, T))
compare_factors("schedule-step", schedules.StepDecay(ETA, T, drop=0.3, parts=4), drop=0.3, parts=4)
compare_factors("schedule-cosine", schedules.Cosine(ETA, T, end_factor=0.1), omega=0.1)
compare_factors(
    "schedule-one-cycle",
    schedules.OneCycle(ETA, T, rise=0.3, start_factor=0.2, end_factor=0.01),
    alpha=0.2,
    omega=0.01,
    top=0.3 * T - 1,
)
compare_factors(
    "schedule-warm-up",
    schedules.WarmUp(ETA, T, rise=0.3, start_factor=0.2, then="cosine"),
    alpha=0.2,
    t0=7,
    psi=schedules.Cosine(ETA, T - 7).factor,
)

# ------------------------------------------------------------------------------- explanations

PAIR = {"k": 2, "other": 0}


def explained() -> tuple[ForwardTrace, ForwardTrace, Names]:
    """The traces of a sample and of a baseline through a leaky hidden layer; names of the lines."""

    def f1(z: FloatArray) -> FloatArray:
        return np.where(z > 0, z, 0.2 * z)

    z1, z0 = (x @ W1 + B1 for x in X[:2])
    names = {"x": X[0], "x0": X[1], "W1": W1, "W2": W2, "z1": z1, "z0": z0, "f1": f1, **PAIR}
    names |= {"h": f1(z1), "h0": f1(z0), "df1": lambda z: np.where(z > 0, 1, 0.2)}
    leaky = network(LeakyReLU(slope=0.2), Softmax())
    return forward_trace(leaky, X[:1]), forward_trace(leaky, X[1:2]), names


@case("contribution-pixel")
def _() -> Cases:
    trace, before, names = explained()
    return [(names, contributions.explain_difference(trace, before, 2, 0).parts)]


@case("contribution-unit")
def _() -> Cases:
    trace, before, names = explained()
    return [(names, contributions.explain_difference(trace, before, 2, 0).units)]


BLEND: Names = {"x_k": X[0], "x_other": X[1], "t": 0.3}
compare("contribution-baseline", BLEND, lambda: baseline.blend(X[0], X[1], 0.3))
BEFORE, AFTER = Z[1:2], Z[:1]


def secant(activation: Activation) -> tuple[Names, Any, Any]:
    """The names of a secant's line, and what a layer saves for both of its ends."""
    a, a0 = activation.value(AFTER), activation.value(BEFORE)
    names = {"z": AFTER[0], "z0": BEFORE[0], "a": a[0], "a0": a0[0], "kappa_a": DELTA[0]}
    return names, (AFTER, a), (BEFORE, a0)


@case("contribution-multiplier")
def _() -> Cases:
    for activation in (Tanh(), GELU()):
        names, now, then = secant(activation)
        yield names, contributions.rescale(activation, DELTA[:1], now, then)[0]


@case("contribution-logarithmic-mean")
def _() -> Cases:
    # Row i of the identity, passed back, gives −A_i A_j / Σ A for each j ≠ i.
    names, now, then = secant(Softmax())
    p = [contributions.through_softmax(row[np.newaxis], now, then)[0] for row in np.eye(O)]
    squares = [p[i][j] * p[i][k] / -p[j][k] for i, j, k in ((0, 1, 2), (1, 0, 2), (2, 0, 1))]
    return [(names, np.sqrt(squares) * np.sqrt(squares).sum())]  # A² / Σ A, whose roots sum to √Σ A


@case("contribution-softmax")
def _() -> Cases:
    names, now, then = secant(Softmax())
    log_means = (names["a"] - names["a0"]) / (np.log(names["a"]) - np.log(names["a0"]))
    found = contributions.through_softmax(DELTA[:1], now, then)[0]
    return [(names | {"A": log_means}, found)]


@case("unit-picture")
def _() -> Cases:
    trace, _, names = explained()
    return [(names | {"j": 1}, units.unit_pictures(trace, 2, [1])[0])]


# -------------------------------------------------------------------------------------- tests


def test_table_and_code_have_the_same_labels_in_the_same_places() -> None:
    """Every label stands in exactly the functions that the table names."""
    in_table = {label: sorted(formula.code) for label, formula in FORMULAS.items()}
    in_code = {label: sorted(places) for label, places in table.labels_in_code().items()}
    assert in_table == in_code


def test_every_formula_is_compared() -> None:
    """Each formula has a case, and each case a formula."""
    assert sorted(CASES) == sorted(FORMULAS)


@pytest.mark.parametrize("label", FORMULAS)
def test_numpy_line_and_code_agree(label: str) -> None:
    """The line of NumPy on a card computes what the code computes, in the shape on the card."""
    line = FORMULAS[label].numpy
    result = line.partition(" = ")[0]
    shape = tuple(SIZES[letter] for letter in re.findall(r"\w", FORMULAS[label].shape))
    for names, expected in CASES[label]():
        variables = {"np": np, **names}
        exec(compile(line, label, "exec"), variables)
        np.testing.assert_allclose(variables[result], expected, rtol=1e-12, atol=1e-15)
        assert np.shape(expected) == shape


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_formula_has_one_card_in_each_language(language: str) -> None:
    """The pages of both languages show every formula once, and no other."""
    text = "\n".join(page.read_text("utf-8") for page in LANGUAGES[language].glob("*.md"))
    assert sorted(table.CARD.findall(text)) == sorted(FORMULAS)


def test_both_languages_have_the_same_pages_and_formulas_in_the_same_order() -> None:
    """The derivation consists of the same pages in English and Chinese, formula by formula."""
    block = re.compile(r"^<!-- (?:formula|formulas) .*-->$", re.MULTILINE)
    english, chinese = (
        {page.name: block.findall(page.read_text("utf-8")) for page in folder.glob("*.md")}
        for folder in LANGUAGES.values()
    )
    assert english == chinese


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_of_all_formulas_has_all_of_them(language: str) -> None:
    """Each once."""
    page = (LANGUAGES[language] / "formulas.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\[\*\*`([^`]+)`\*\*\]", page, re.MULTILINE)) == sorted(FORMULAS)
