"""Networks, losses and optimizers for scikit-learn's parameters and arrays.

    coefs_, intercepts_, "logistic"  →  Network(Dense · Sigmoid · …)
    solver="sgd", momentum=0.9       →  ScikitNesterov(momentum=0.9)

A network is built around the arrays of the estimator: training changes ``coefs_`` in place, and
``coefs_`` set by hand are the weights of the next network.
"""

from __future__ import annotations

from collections.abc import Sequence

from inkling._types import FloatArray
from inkling.estimator.parameters import FitParams
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.layer import Layer
from inkling.nn.losses import BinaryCrossEntropy, CrossEntropy, Loss, SquaredError
from inkling.nn.network import Network
from inkling.nn.poisson import Poisson
from inkling.nn.registry import ACTIVATIONS
from inkling.optim.adaptive import AdamW, ScikitAdam
from inkling.optim.descent import ScikitMomentum, ScikitNesterov
from inkling.optim.optimizer import Optimizer

LOSSES: dict[str, type[Loss]] = {
    "softmax": CrossEntropy,
    "logistic": BinaryCrossEntropy,
    "identity": SquaredError,
    "exp": Poisson,
}
"""The loss for each output activation; δ = a − y for all of them."""


def network_from_arrays(
    weights: Sequence[FloatArray],
    biases: Sequence[FloatArray],
    activations: Sequence[str],
    dropout: float = 0.0,
) -> Network:
    """Builds a network whose parameters are the given arrays (I, O) and (O,), not copies.

    ``activations`` are scikit-learn's or Inkling's names, one per layer, the output layer last.
    """
    layers: list[Layer] = []
    for matrix, bias, name in zip(weights, biases, activations, strict=True):
        if dropout and layers:
            layers.append(Dropout(dropout))
        layers += [
            Dense.from_arrays(matrix, bias),
            ACTIVATIONS["sigmoid" if name == "logistic" else name](),
        ]
    return Network(layers)


def build_optimizer(params: FitParams) -> Optimizer:
    """Builds the optimizer; only adamw's has weight decay, because the engine adds the L2 term."""
    rate = params.learning_rate_init
    if params.solver == "sgd":
        kind = ScikitNesterov if params.nesterovs_momentum else ScikitMomentum
        return kind(rate, momentum=params.momentum)
    betas = {"beta1": params.beta_1, "beta2": params.beta_2}
    if params.solver == "adam":
        return ScikitAdam(rate, **betas, epsilon=params.epsilon)
    return AdamW(rate, **betas, epsilon=params.epsilon, weight_decay=params.alpha)
