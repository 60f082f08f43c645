"""What has machine code: layers, losses and optimizers, each with an integer code.

Subclasses have none: they may compute something else. ``formulas.py`` uses the optimizers' order.
"""

from __future__ import annotations

from inkling.nn import activations
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.losses import BinaryCrossEntropy, CrossEntropy, Loss, SquaredError
from inkling.nn.network import Network
from inkling.optim import adaptive, descent
from inkling.optim.optimizer import Optimizer

IDENTITY, SIGMOID, TANH, RELU, LEAKY_RELU, GELU_TANH, SOFTMAX = range(7)
ACTIVATIONS: dict[type[activations.Activation], int] = {
    activations.Identity: IDENTITY,
    activations.Sigmoid: SIGMOID,
    activations.Tanh: TANH,
    activations.ReLU: RELU,
    activations.LeakyReLU: LEAKY_RELU,
    activations.GELU: GELU_TANH,
    activations.Softmax: SOFTMAX,
}

SOFTMAX_CROSS_ENTROPY, SIGMOID_BINARY, SQUARED = range(3)
PAIRS: dict[tuple[type[activations.Activation], type[Loss]], int] = {
    (activations.Softmax, CrossEntropy): SOFTMAX_CROSS_ENTROPY,
    (activations.Sigmoid, BinaryCrossEntropy): SIGMOID_BINARY,
    **{(activation, SquaredError): SQUARED for activation in ACTIVATIONS},
}

PLAIN, MOMENTUM, MOMENTUM_SCALED, NESTEROV, NESTEROV_SCALED, ADAM, ADAM_SHORTCUT, ADAMW = range(8)
OPTIMIZERS: dict[type[Optimizer], int] = {
    descent.SGD: PLAIN,
    descent.Momentum: MOMENTUM,
    descent.ScikitMomentum: MOMENTUM_SCALED,
    descent.Nesterov: NESTEROV,
    descent.ScikitNesterov: NESTEROV_SCALED,
    adaptive.Adam: ADAM,
    adaptive.ScikitAdam: ADAM_SHORTCUT,
    adaptive.AdamW: ADAMW,
}


def reason_against(network: Network, loss: Loss, optimizer: Optimizer) -> str:
    """Returns what the compiled engine does not support here, in words; empty if it supports all."""
    for place, layer in enumerate(network.layers):
        if type(layer) is Dropout:
            return "dropout"
        if type(layer) is not Dense and type(layer) not in ACTIVATIONS:
            return f"the layer {type(layer).__name__}"
        if (type(layer) is Dense) != (place % 2 == 0):
            return "layers that are not Dense, activation, Dense, activation"
    for name, array in network.parameters.items():
        if not array.flags.writeable:  # writing to it would crash the process
            return f"{name} as a read-only array"
    if type(loss) not in {kind for _, kind in PAIRS}:
        return f"the loss {type(loss).__name__}"
    if (type(network.output), type(loss)) not in PAIRS:
        return f"the loss {type(loss).__name__} after {type(network.output).__name__}"
    return "" if type(optimizer) in OPTIMIZERS else f"the optimizer {type(optimizer).__name__}"
