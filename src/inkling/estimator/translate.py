"""scikit-learn's names and arrays on one side, Inkling's networks, losses and optimizers on the other.

    coefs_, intercepts_, "logistic"  →  Network(Dense · Sigmoid · …)
    solver="sgd", momentum=0.9       →  ScikitNesterov(momentum=0.9)

A network here is built around the estimator's own arrays: training changes ``coefs_`` in place, and
whoever sets ``coefs_`` by hand has changed the network. Next: ``stochastic.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from inkling._types import FloatArray
from inkling.nn.activations import Activation
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

if TYPE_CHECKING:
    from inkling.estimator.base import BaseMLP

LOSSES: dict[str, type[Loss]] = {
    "softmax": CrossEntropy,
    "logistic": BinaryCrossEntropy,
    "identity": SquaredError,
    "exp": Poisson,
}
"""The loss that goes with each output activation, so that δ is always a − y."""


def activation_named(name: str) -> Activation:
    """Builds an activation from scikit-learn's name or Inkling's.

    Example:
        >>> activation_named("logistic"), activation_named("gelu")
        (Sigmoid(), GELU())
    """
    return ACTIVATIONS["sigmoid" if name == "logistic" else name]()


def network_around(
    weights: Sequence[FloatArray],
    biases: Sequence[FloatArray],
    activations: Sequence[str],
    dropout: float = 0.0,
) -> Network:
    """Builds a network whose parameters are these very arrays.

    Args:
        weights: (I, O) of each layer.
        biases: (O,) of each layer.
        activations: of each layer, the output's last.
        dropout: the rate with which hidden units are silenced while training.

    Example:
        >>> import numpy as np
        >>> network_around([np.zeros((7, 3))], [np.zeros(3)], ["softmax"])
        Network(7 → 3 softmax; 24 parameters, float64)
    """
    layers: list[Layer] = []
    for matrix, bias, name in zip(weights, biases, activations, strict=True):
        if dropout and layers:
            layers.append(Dropout(dropout))
        layers += [Dense.from_arrays(matrix, bias), activation_named(name)]
    return Network(layers)


def build_optimizer(mlp: BaseMLP) -> Optimizer:
    """Builds the optimizer that the parameters describe, without weight decay but for adamw.

    scikit-learn divides its L2 term by the size of each batch, so that ``stochastic.py`` sets the
    decay anew for every batch; adamw's is taken off the weights as it is.
    """
    rate = mlp.learning_rate_init
    if mlp.solver == "sgd":
        kind = ScikitNesterov if mlp.nesterovs_momentum else ScikitMomentum
        return kind(rate, momentum=mlp.momentum)
    if mlp.solver == "adam":
        return ScikitAdam(rate, beta1=mlp.beta_1, beta2=mlp.beta_2, epsilon=mlp.epsilon)
    return AdamW(
        rate, beta1=mlp.beta_1, beta2=mlp.beta_2, epsilon=mlp.epsilon, weight_decay=mlp.alpha
    )


def sklearn_loss_scale(loss: float, out_activation: str, n_outputs: int) -> float:
    """Returns a loss as scikit-learn counts it: squared errors as a mean over the outputs.

    Inkling sums ½ (a − y)² over a sample's outputs; the gradient is that of the sum in both.
    """
    return loss / n_outputs if out_activation == "identity" else loss
