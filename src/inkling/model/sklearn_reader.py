"""Reads a fitted ``MLPClassifier`` of scikit-learn, alone, at the end of a pipeline or in a search.

    steps x ↦ (x − shift) · factor, coefs_ (I, O), intercepts_ (O,)  →  Network, class names, scaling

Scalers of a pipeline become part of the first layer: with W' = factor · W and b' = b − shift W',
x W' + b' = ((x − shift) · factor) W + b. For two classes scikit-learn has one logistic output; here it
becomes two softmax outputs with the same probabilities: softmax(0, z) = (1 − σ(z), σ(z)).
``Model.from_sklearn`` uses this.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from inkling._checks import complain, look_up
from inkling._types import FloatArray
from inkling.data.scaling import PixelScaling
from inkling.errors import ModelFileError, SettingError
from inkling.nn import registry
from inkling.nn.dense import Dense
from inkling.nn.layer import Layer
from inkling.nn.network import Network

ACTIVATIONS = {"identity": "identity", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}
"""scikit-learn's names and ours; ``inkling.MLPClassifier`` takes both."""
WHO = "from_sklearn"
ROUNDED = 1 + 1e-6
"""Statistics of values up to 1 may be a little larger."""
SCALERS = ("StandardScaler", "MinMaxScaler", "MaxAbsScaler")


class Scaler(NamedTuple):
    """What a step computes, (x − shift) · factor, and the range of inputs that its statistics show."""

    shift: FloatArray | float
    factor: FloatArray | float
    negative: bool  # some were below 0
    highest: float  # at least one was as large


def read_classifier(
    estimator: Any, scaling: PixelScaling | None = None
) -> tuple[Network, tuple[str, ...], PixelScaling]:
    """Returns the network, class names and scaling of a fitted estimator for ``Model.from_sklearn``."""
    steps, classifier = _unwrap(estimator)
    if not hasattr(classifier, "coefs_") or not hasattr(classifier, "out_activation_"):
        expected = "a fitted MLPClassifier, a pipeline that ends in one, or a search for one"
        raise ModelFileError(complain(WHO, expected, _describe(classifier)))
    classes = tuple(str(name) for name in getattr(classifier, "classes_", ()))
    weights, biases = list(classifier.coefs_), list(classifier.intercepts_)
    scalers = [_scaler(step) for step in steps if not _is_identity(step)]
    for shift, factor, _, _ in reversed(scalers):
        # In float64: a float32 bias would lose the digits that shift · W' cancels.
        weights[0] = np.reshape(factor, (-1, 1)) * weights[0].astype(np.float64)
        biases[0] = biases[0] - np.broadcast_to(shift, len(weights[0])) @ weights[0]
    if scalers:
        weights, biases = ([array.astype(np.float64) for array in a] for a in (weights, biases))
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
    return Network(layers), classes, scaling or _scaling(scalers)


def _unwrap(estimator: Any) -> tuple[list[Any], Any]:
    """Returns the steps before the classifier, and the classifier."""
    if hasattr(estimator, "best_estimator_"):
        return _unwrap(estimator.best_estimator_)
    if not hasattr(estimator, "steps"):
        return [], estimator
    *steps, last = (step for _, step in estimator.steps)
    inner, classifier = _unwrap(last)
    return [*steps, *inner], classifier


def _describe(estimator: Any) -> str:
    name = type(estimator).__name__
    if name.endswith("SearchCV"):
        return f"{name} without best_estimator_, which fit sets with refit=True"
    unfitted = name == "MLPClassifier"
    return f"{name}, which is not fitted: call its fit first" if unfitted else name


def _is_identity(step: Any) -> bool:
    if type(step).__name__ == "FunctionTransformer":
        return step.func is None
    return step is None or (isinstance(step, str) and step == "passthrough")


def _scaler(step: Any) -> Scaler:
    """Returns what a step of a pipeline computes; raises if that is not a scaling of each pixel."""
    name = type(step).__name__
    ours = name in SCALERS and type(step).__module__.startswith("sklearn.")
    if not ours or getattr(step, "clip", False):
        got = f"the step {name}" + (" with clip=True" if ours else "")
        advice = "fit the pipeline again without it"
        raise ModelFileError(complain(WHO, f"steps from {', '.join(SCALERS)}", got, advice))
    if name == "MinMaxScaler":
        shift = -step.min_ / step.scale_
        return Scaler(shift, step.scale_, step.data_min_.min() < 0, step.data_max_.max())
    if name == "MaxAbsScaler":
        return Scaler(0.0, 1 / step.scale_, False, step.max_abs_.max())
    mean, variance = (np.zeros(1) if a is None else a for a in (step.mean_, step.var_))
    negative = ((mean < 0) | ((mean == 0) & (variance > 0))).any()
    # Values from 0 to M have E[x²] ≤ M · E[x], so that M is at least E[x²] / E[x].
    highest = (mean + variance / np.where(mean > 0, mean, np.inf)).max()
    shift = mean if step.with_mean else 0.0
    return Scaler(shift, 1 / step.scale_ if step.with_std else 1.0, negative, highest)


def _scaling(scalers: list[Scaler]) -> PixelScaling:
    """Returns the scaling from pixels to what the first scaler was fitted on."""
    if not scalers:
        return PixelScaling()
    _, _, negative, highest = scalers[0]
    if negative or highest > 255 * ROUNDED:
        got = f"inputs {'below 0' if negative else 'above 255'}"
        advice = "pass scaling=PixelScaling.to_range(low, high), the inputs for pixels of 0 and 255"
        raise SettingError(complain(WHO, "a pipeline fitted on pixels", got, advice))
    return PixelScaling() if highest <= ROUNDED else PixelScaling(1.0)


def _with_zero(array: FloatArray) -> FloatArray:
    """Puts a zero in front of the single number of each row, as the first class's logit."""
    return np.concatenate([np.zeros_like(array), array], axis=-1)
