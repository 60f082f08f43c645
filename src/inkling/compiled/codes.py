"""Integer codes of the layers, losses and optimizers that this engine supports.

Subclasses are not supported, because they may compute something else.
"""

from __future__ import annotations

from inkling.nn.activations import (
    GELU,
    Activation,
    Identity,
    LeakyReLU,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
)
from inkling.nn.losses import BinaryCrossEntropy, CrossEntropy, Loss, SquaredError
from inkling.optim.adaptive import Adam, AdamW, ScikitAdam
from inkling.optim.descent import SGD, Momentum, Nesterov, ScikitMomentum, ScikitNesterov
from inkling.optim.optimizer import Optimizer

IDENTITY, SIGMOID, TANH, RELU, LEAKY_RELU, GELU_TANH, SOFTMAX = range(7)
ACTIVATIONS: dict[type[Activation], int] = {
    Identity: IDENTITY,
    Sigmoid: SIGMOID,
    Tanh: TANH,
    ReLU: RELU,
    LeakyReLU: LEAKY_RELU,
    GELU: GELU_TANH,
    Softmax: SOFTMAX,
}

SOFTMAX_CROSS_ENTROPY, SIGMOID_BINARY, SQUARED = range(3)
LOSSES: tuple[type[Loss], ...] = (SquaredError, CrossEntropy, BinaryCrossEntropy)
PAIRS: dict[tuple[str, str], int] = {
    ("softmax", "cross_entropy"): SOFTMAX_CROSS_ENTROPY,
    ("sigmoid", "binary_cross_entropy"): SIGMOID_BINARY,
}
"""The pairs with a closed form; the squared error supports any activation, by the chain rule."""

PLAIN, MOMENTUM, MOMENTUM_SCALED, NESTEROV, NESTEROV_SCALED = range(5)
ADAM, ADAM_SHORTCUT, ADAMW = range(5, 8)
OPTIMIZERS: dict[type[Optimizer], int] = {
    SGD: PLAIN,
    Momentum: MOMENTUM,
    ScikitMomentum: MOMENTUM_SCALED,
    Nesterov: NESTEROV,
    ScikitNesterov: NESTEROV_SCALED,
    Adam: ADAM,
    ScikitAdam: ADAM_SHORTCUT,
    AdamW: ADAMW,
}
WEIGHT_DECAY, KEPT, KEPT_SQUARES, EPSILON = range(4)
"""Places in an optimizer's settings: λ, then μ or β₁, ρ or β₂, ε."""


def optimizer_code(optimizer: Optimizer) -> int | None:
    """Returns an optimizer's code; None if it has none."""
    return OPTIMIZERS.get(type(optimizer))


def optimizer_settings(optimizer: Optimizer) -> tuple[float, ...]:
    """Returns an optimizer's settings in their places; 0 for missing ones."""
    kept = getattr(optimizer, "momentum", getattr(optimizer, "beta1", 0.0))
    squares = getattr(optimizer, "smoothing", getattr(optimizer, "beta2", 0.0))
    return optimizer.weight_decay, kept, squares, getattr(optimizer, "epsilon", 0.0)
