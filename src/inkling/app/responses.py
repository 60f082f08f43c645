"""Computes the responses as plain data, which the page and other programs get as JSON.

    predict    the digit, or the reason why there is none, and the 28 × 28 pixels the network was given
    inside     the same, and everything between the pixels and the answer
    read       every digit of a photograph

The digit comes from ``model/decision.py`` and ``recognize/``, the explanation from ``explain/``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from inkling._checks import check_name, complain
from inkling._types import AnyArray, ByteArray
from inkling.app.model_store import LoadedModel
from inkling.app.upload import Upload
from inkling.errors import SettingError
from inkling.explain.baseline import baseline
from inkling.explain.contributions import explain_difference
from inkling.explain.forward_trace import forward_trace
from inkling.explain.units import layer_activations, strongest_units
from inkling.image.single import normalize_single
from inkling.model.decision import classify, descending
from inkling.model.model import Classifier

STRONGEST = 6
"""How many units are listed for the answer, and how many against it."""


def predict(model: LoadedModel, upload: Upload) -> dict[str, Any]:
    """POST /api/predict: one digit."""
    return _prediction(model.recognizer.model, _normalized(upload))


def inside(
    model: LoadedModel, upload: Upload, *, wanted: str | None = None, other: str | None = None
) -> dict[str, Any]:
    """POST /api/inside: one digit, and why it is the class ``wanted`` and not ``other``.

    By default these are the two most probable classes; an unknown class, or one class twice, raises
    SettingError. For a committee, the explanation is that of the member closest to the mean.
    """
    pixels = _normalized(upload)
    single = model.calibrated.representative(pixels[np.newaxis])
    classes = single.classes
    for name in (wanted, other):
        if name is not None:
            check_name("model", "a class", name, classes)
    if wanted is not None and wanted == other:
        raise SettingError(complain("pair", "two different classes", f"{wanted!r} twice"))
    prediction = _prediction(model.recognizer.model, pixels)  # raises unless all outputs are finite
    inputs = single.scaling(pixels.reshape(1, -1), single.network.dtype)
    trace = forward_trace(single.network, inputs)
    ranked = [classes[k] for k in descending(trace.logits[0])]
    wanted = wanted or next((name for name in ranked if name != other), ranked[0])
    other = other or next((name for name in ranked if name != wanted), ranked[0])
    pair = classes.index(wanted), classes.index(other)
    difference = explain_difference(trace, baseline(single, *pair), *pair)
    return {
        **prediction,
        "layers": [
            {
                "name": layer.name,
                "activation": layer.activation,
                "values": _rounded(layer.values, 5),
                "label": "dense-forward",
            }
            for layer in layer_activations(trace)
        ],
        "logits": trace.logits[0].tolist(),
        "difference": {
            "for": wanted,
            "against": other,
            "total": difference.total,
            "parts": _rounded(difference.parts, 9),
            "biases": difference.baseline,
            "label": "contribution-pixel",
        },
        "units": [
            {
                "layer": unit.layer,
                "unit": unit.number,
                "activation": unit.activation,
                "push": unit.push,
                "weights": _rounded(unit.picture, 5),
            }
            for unit in strongest_units(trace, difference.units, STRONGEST)
        ],
    }


def read(model: LoadedModel, upload: Upload) -> dict[str, Any]:
    """POST /api/read: every digit of a photograph, in reading order."""
    gray = upload.pixels()
    height, width = gray.shape
    reading = model.recognizer.read(gray)
    return {
        "width": width,
        "height": height,
        "text": list(reading.text),
        "digits": [
            {
                "digit": digit.label,
                "reason": digit.reason,
                "confidence": digit.confidence,
                "box": list(digit.box),
                "row": digit.row,
                "pixels": digit.pixels.ravel().tolist(),
            }
            for digit in reading.digits
        ],
    }


def _normalized(upload: Upload) -> ByteArray:
    """The network's view of a single digit (28, 28)."""
    gray = upload.pixels()
    return gray if upload.normalized else normalize_single(gray)


def _prediction(model: Classifier, pixels: ByteArray) -> dict[str, Any]:
    """The digit, or the reason why there is none."""
    answers = classify(model, pixels[np.newaxis])
    return {
        "digit": answers.names[0],
        "reason": answers.reasons[0],
        "candidates": list(answers.candidates[0]),
        "confidence": float(answers.confidence[0]),
        "probabilities": answers.probabilities[0].tolist(),
        "classes": list(model.classes),
        "pixels": pixels.ravel().tolist(),
    }


def _rounded(numbers: AnyArray, places: int) -> list[float]:
    """Numbers with few digits, which halves the JSON."""
    result: list[float] = numbers.astype(np.float64).round(places).tolist()
    return result
