"""The names: what a setting, a model file or the command line may say, and the class it means.

To add an activation, write its class and add a line here; the contract tests, ``inkling gradcheck`` and
``--activation`` pick it up from this table.
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
from inkling.nn.initializers import Glorot, He, Initializer, LeCun, Normal, Uniform, Zeros
from inkling.nn.losses import BinaryCrossEntropy, CrossEntropy, Loss, SquaredError

ACTIVATIONS: dict[str, type[Activation]] = {
    "identity": Identity,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "gelu": GELU,
    "softmax": Softmax,
}

LOSSES: dict[str, type[Loss]] = {
    "squared_error": SquaredError,
    "cross_entropy": CrossEntropy,
    "binary_cross_entropy": BinaryCrossEntropy,
}

INITIALIZERS: dict[str, Initializer] = {
    "he_normal": He(),
    "he_uniform": He(uniform=True),
    "glorot_normal": Glorot(),
    "glorot_uniform": Glorot(uniform=True),
    "lecun_normal": LeCun(),
    "lecun_uniform": LeCun(uniform=True),
    "normal": Normal(),
    "uniform": Uniform(),
    "zeros": Zeros(),
}
