"""The network: layers, losses and their gradients, every formula derived by hand, in NumPy alone.

Read in this order:

    layer.py         the contract of every layer, and the axis letters
    dense.py         z = x W + b and its three gradients
    activations.py   sigmoid, ReLU, softmax ...: a = f(z), and the product with the derivative
    losses.py        the distance between outputs and targets, and its gradient
    output.py        where the output activation meets the loss: δ = ∂L/∂z
    network.py       a list of layers: forward, backward, loss and gradients
    gradcheck.py     every gradient compared with finite differences; gradcheck_suite.py: all of them

``dropout.py``, ``initializers.py``, ``poisson.py`` and ``mlp.py`` complete it; ``registry.py`` lists
the names; ``targets.py`` and ``structure.py`` check what comes in. A name in square brackets behind a
line, such as [dense-forward], is the label of its formula in ``docs/derivation``, where it is derived.
"""

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
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.gradcheck import GradientCheck, check_gradients
from inkling.nn.initializers import Glorot, He, Initializer, LeCun, Normal, Uniform, Zeros
from inkling.nn.layer import Layer
from inkling.nn.losses import BinaryCrossEntropy, CrossEntropy, Loss, SquaredError
from inkling.nn.mlp import build_mlp
from inkling.nn.network import ForwardPass, LossAndGradients, Network
from inkling.nn.output import loss_and_delta
from inkling.nn.poisson import Exp, Poisson
from inkling.nn.registry import ACTIVATIONS, INITIALIZERS, LOSSES

__all__ = [
    "ACTIVATIONS",
    "GELU",
    "INITIALIZERS",
    "LOSSES",
    "Activation",
    "BinaryCrossEntropy",
    "CrossEntropy",
    "Dense",
    "Dropout",
    "Exp",
    "ForwardPass",
    "Glorot",
    "GradientCheck",
    "He",
    "Identity",
    "Initializer",
    "Layer",
    "LeCun",
    "LeakyReLU",
    "Loss",
    "LossAndGradients",
    "Network",
    "Normal",
    "Poisson",
    "ReLU",
    "Sigmoid",
    "Softmax",
    "SquaredError",
    "Tanh",
    "Uniform",
    "Zeros",
    "build_mlp",
    "check_gradients",
    "loss_and_delta",
]
