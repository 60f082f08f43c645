"""Taking over what scikit-learn's ``MLPClassifier`` has learned.

    coefs_ (I, O), intercepts_ (O,), activation, out_activation_  →  the parts of a model file

Two classes are one logistic output there; here they are two outputs of a softmax, which say the same:
softmax(0, z) = (1 − σ(z), σ(z)). Next: ``model_file.py``, whose ``Model.from_sklearn`` uses this.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from inkling._checks import complain
from inkling._types import FloatArray
from inkling.errors import ModelFileError
from inkling.model.parts import describe_parts, name_tensors, square_shape

ACTIVATIONS = {"identity": "identity", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}
"""scikit-learn's names and ours; ``inkling.MLPClassifier`` takes both."""
WHO = "from_sklearn"


def read_classifier(
    classifier: Any, image_shape: tuple[int, int] | None
) -> tuple[dict[str, FloatArray], dict[str, Any]]:
    """Reads a fitted classifier.

    Args:
        classifier: the ``MLPClassifier``, scikit-learn's or ours; nothing is imported for it.
        image_shape: (H, W) of its pictures; None for square ones.

    Returns:
        The tensors by name, and what describes them.

    Raises:
        ModelFileError: it is not a fitted ``MLPClassifier``, or gives a picture several classes.
    """
    if not hasattr(classifier, "coefs_"):
        advice = "call its fit first; of a pipeline, pass the last step"
        got = type(classifier).__name__
        raise ModelFileError(complain(WHO, "a fitted MLPClassifier", got, advice))
    classes = [str(name) for name in getattr(classifier, "classes_", ())]
    weights, biases = list(classifier.coefs_), list(classifier.intercepts_)
    output = classifier.out_activation_
    if output == "logistic" and len(classes) == 2 and weights[-1].shape[1] == 1:
        weights[-1], biases[-1] = _with_zero(weights[-1]), _with_zero(biases[-1])
        output = "softmax"
    if output != "softmax":
        got = f"{type(classifier).__name__} with {output} output"
        raise ModelFileError(complain(WHO, "a classifier with one class a picture", got))
    hidden = classifier.activation
    names = [hidden] * (len(weights) - 1) if isinstance(hidden, str) else list(hidden)
    activations = [*(ACTIVATIONS.get(name, name) for name in names), output]
    shape = square_shape(WHO, len(weights[0])) if image_shape is None else image_shape
    description = describe_parts(weights, activations, classes, shape)
    return name_tensors(weights, biases), description


def _with_zero(array: FloatArray) -> FloatArray:
    """Puts a zero before the one number of each row: the first class's logit."""
    zero = np.zeros_like(array)
    return np.concatenate([zero, array], axis=-1)
