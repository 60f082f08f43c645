"""The answers as plain data: what the page and other programs get as JSON.

    predict    the digit, or why there is none, and the 28 × 28 pixels the network saw
    inside     the same, and everything between the pixels and the answer
    read       every digit of a photo

The digit comes from ``answers.py`` and ``recognize.py``, the insight from ``explain/``; here they are
only written out.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from inkling._checks import check_name
from inkling._types import AnyArray, ByteArray, FloatArray
from inkling.app.model_store import LoadedModel
from inkling.app.upload import Upload
from inkling.explain.contributions import Difference, explain_difference
from inkling.explain.forward_trace import forward_trace
from inkling.explain.units import LayerActivations, Unit, layer_activations, strongest_units
from inkling.image.single import normalize_single
from inkling.model.decision import EMPTY, UNSURE, classify
from inkling.model.model import Classifier
from inkling.recognize.recognizer import Digit

STRONGEST = 6
"""Units named for the answer, and as many against it."""


def predict(reader: LoadedModel, upload: Upload) -> dict[str, Any]:
    """Answers POST /api/predict: what one digit is.

    Raises:
        RefusedError: the upload is not a picture.
    """
    return _verdict(reader.recognizer.model, _seen(upload))


def inside(
    reader: LoadedModel, upload: Upload, *, wanted: str | None = None, other: str | None = None
) -> dict[str, Any]:
    """Answers POST /api/inside: what one digit is, and why this and not that.

    A committee's inside is that of its member which comes closest to its answer.

    Args:
        reader: the model.
        upload: the picture.
        wanted: the class it is about, by name; the most probable one by default.
        other: the class it is compared with; the most probable other one by default.

    Raises:
        RefusedError: the upload is not a picture.
        SettingError: the model has no class of that name.
    """
    pixels = _seen(upload)
    model = reader.calibrated.representative(pixels[np.newaxis])
    for name in (wanted, other):
        if name is not None:
            check_name("model", "a class", name, model.classes)
    verdict = _verdict(reader.recognizer.model, pixels)  # finds out whether all numbers are finite
    inputs = model.scaling(pixels.reshape(1, -1), model.network.dtype)
    passage = forward_trace(model.network, inputs)
    ranked = [model.classes[k] for k in passage.logits[0].argsort()[::-1]]
    wanted = wanted or next((name for name in ranked if name != other), ranked[0])
    other = other or next((name for name in ranked if name != wanted), ranked[0])
    pair = model.classes.index(wanted), model.classes.index(other)
    return {
        **verdict,
        "layers": [_layer(layer) for layer in layer_activations(passage)],
        "logits": passage.logits[0].tolist(),
        "difference": {
            "for": wanted,
            "against": other,
            **_difference(explain_difference(passage, *pair, blank=model.scaling.offset)),
        },
        "units": [_unit(unit) for unit in strongest_units(passage, *pair, STRONGEST)],
    }


def read(reader: LoadedModel, upload: Upload) -> dict[str, Any]:
    """Answers POST /api/read: every digit of a photo, in reading order.

    Raises:
        RefusedError: the upload is not a picture.
    """
    grey = upload.pixels()
    height, width = grey.shape
    reading = reader.recognizer.read(grey)
    return {
        "width": width,
        "height": height,
        "text": list(reading.text),
        "digits": [_place(digit) for digit in reading.digits],
    }


def _seen(upload: Upload) -> ByteArray:
    """What the network sees of a single digit (28, 28)."""
    grey = upload.pixels()
    return grey if upload.normalized else normalize_single(grey)


def _verdict(model: Classifier, pixels: ByteArray) -> dict[str, Any]:
    """The digit, or why there is none."""
    answers = classify(model, pixels[np.newaxis])
    reason = answers.reasons[0]
    probabilities: FloatArray = answers.probabilities[0] * (reason != EMPTY)
    ranked = [model.classes[k] for k in probabilities.argsort()[::-1]]
    return {
        "digit": ranked[0] if reason is None else None,
        "reason": reason,
        "candidates": ranked[:2] if reason == UNSURE else [],
        "confidence": float(probabilities.max()),
        "probabilities": probabilities.tolist(),
        "classes": list(model.classes),
        "pixels": pixels.ravel().tolist(),
    }


def _place(digit: Digit) -> dict[str, Any]:
    return {
        "digit": digit.label,
        "reason": digit.reason,
        "confidence": digit.confidence,
        "box": list(digit.box),
        "row": digit.row,
        "pixels": digit.pixels.ravel().tolist(),
    }


def _layer(layer: LayerActivations) -> dict[str, Any]:
    return {
        "name": layer.name,
        "kind": "dense",
        "activation": layer.activation,
        "values": shortened(layer.values, 4),
        "label": "dense-forward",
    }


def _difference(why: Difference) -> dict[str, Any]:
    return {
        "total": why.total,
        "kind": why.kind,
        "layer": why.layer,
        "parts": shortened(why.parts, 7),
        "biases": why.biases,
        "label": why.label,
    }


def _unit(unit: Unit) -> dict[str, Any]:
    return {
        "layer": unit.layer,
        "unit": unit.number,
        "activation": unit.activation,
        "push": unit.push,
        "weights": shortened(unit.picture, 3),
        "weights_of": "weights" if unit.own_weights else "slope",
    }


def shortened(numbers: AnyArray, digits: int) -> list[float]:
    """Returns numbers rounded to so many digits of the largest: half the JSON, and no difference to see.

    Example:
        >>> shortened(np.array([123.456, -0.01234, 0.0]), 4)
        [123.5, -0.0, 0.0]
    """
    largest = float(np.abs(numbers).max(initial=0))
    places = digits - 1 - math.floor(math.log10(largest)) if largest > 0 else 0
    rounded: list[float] = numbers.astype(np.float64).round(places).tolist()
    return rounded
