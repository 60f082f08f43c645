"""Reads the weights of scikit-learn's fitted ``MLPClassifier``.

    coefs_ (I, O), intercepts_ (O,), activation, out_activation_  →  Network, class names

For two classes scikit-learn has one logistic output; here it becomes two softmax outputs with the same
probabilities: softmax(0, z) = (1 − σ(z), σ(z)). ``Model.from_sklearn`` uses this.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from inkling._checks import complain, look_up
from inkling._types import FloatArray
from inkling.errors import ModelFileError
from inkling.nn import registry
from inkling.nn.dense import Dense
from inkling.nn.layer import Layer
from inkling.nn.network import Network

ACTIVATIONS = {"identity": "identity", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}
"""scikit-learn's names and ours; ``inkling.MLPClassifier`` takes both."""
WHO = "from_sklearn"


def read_classifier(classifier: Any) -> tuple[Network, tuple[str, ...]]:
    """Returns the network of a fitted ``MLPClassifier``, scikit-learn's or ours, and its class names."""
    if not hasattr(classifier, "coefs_"):
        advice = "call its fit first; of a pipeline, pass the last step"
        got = type(classifier).__name__
        raise ModelFileError(complain(WHO, "a fitted MLPClassifier", got, advice))
    classes = tuple(str(name) for name in getattr(classifier, "classes_", ()))
    weights, biases = list(classifier.coefs_), list(classifier.intercepts_)
    output = classifier.out_activation_
    if output == "logistic" and len(classes) == 2 and weights[-1].shape[1] == 1:
        weights[-1], biases[-1] = _with_zero(weights[-1]), _with_zero(biases[-1])
        output = "softmax"
    if output != "softmax":
        got = f"{type(classifier).__name__} with {output} output"
        raise ModelFileError(complain(WHO, "a classifier with one class per image", got))
    hidden = classifier.activation
    names = [hidden] * (len(weights) - 1) if isinstance(hidden, str) else list(hidden)
    layers: list[Layer] = []
    for weight, bias, name in zip(weights, biases, [*names, output], strict=True):
        layers += [
            Dense.from_arrays(np.array(weight, order="C"), np.array(bias)),  # copies
            look_up(WHO, "activation", ACTIVATIONS.get(name, name), registry.ACTIVATIONS)(),
        ]
    return Network(layers), classes


def _with_zero(array: FloatArray) -> FloatArray:
    """Puts a zero in front of the single number of each row, as the first class's logit."""
    return np.concatenate([np.zeros_like(array), array], axis=-1)
