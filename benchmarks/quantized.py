"""Measures the accuracy lost with 8-bit weights.

    python benchmarks/quantized.py
    python benchmarks/quantized.py --strokes FOLDER/unipen_strokes.json.gz

The ways to scale are compared on MNIST's validation images; its test images and UNIPEN's drawings are
read with the chosen one only. "accepted" counts a rejected answer as wrong. The last line is the
model's entry for ``MEASURED`` in ``src/inkling/interop/quantized.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from inkling._types import ByteArray, FloatArray, IntArray
from inkling.data.dataset import load_dataset
from inkling.image.single import normalize_single
from inkling.interop.quantized import fingerprint, quantize, quantize_weights
from inkling.model.decision import classify
from inkling.model.model import Model
from inkling.nn.dense import Dense
from inkling.recognize.recognizer import Recognizer
from writing.strokes import USUAL, draw, read_unipen


def per_output(weights: FloatArray) -> FloatArray:
    """Rounds with a scale per output, as ``quantize`` does."""
    whole, scales = quantize_weights(weights)
    rounded: FloatArray = whole * scales
    return rounded


SCALES: dict[str, Callable[[FloatArray], FloatArray]] = {
    "a scale per output": per_output,
    "a scale per input": lambda weights: per_output(weights.T).T,
    "a scale per layer": lambda weights: per_output(weights.reshape(-1, 1)).reshape(weights.shape),
}


def rounded(model: Model, scale: Callable[[FloatArray], FloatArray]) -> Model:
    """Returns the model with rounded weights."""
    network = model.network.copy()
    for layer in network.layers:
        if isinstance(layer, Dense):
            layer.weights[...] = scale(layer.weights)
    return replace(model, network=network)


def row(
    name: str, before: Model, after: Model, images: ByteArray, labels: IntArray
) -> tuple[list[str], tuple[float, float]]:
    """Returns a row that compares two models on the same images, and the accuracy of each."""
    answers = [classify(model, images) for model in (before, after)]
    right = [answer.label == labels for answer in answers]
    given = [np.array([reason is None for reason in answer.reasons]) for answer in answers]
    accepted = [one & other for one, other in zip(right, given, strict=True)]
    counts = [f"{one.sum():,} → {other.sum():,}" for one, other in (right, accepted, given)]
    shares = float(right[0].mean()), float(right[1].mean())
    moved = np.abs(answers[0].probabilities - answers[1].probabilities).mean()
    lost = f"{100 * (shares[0] - shares[1]):+.3f}"
    return [name, f"{len(labels):,}", *counts, lost, f"{moved:.1e}"], shares


def main(
    strokes: Annotated[Path | None, typer.Option(help="UNIPEN's strokes.")] = None,
    model: Annotated[Path | None, typer.Option(help="By default the model that ships.")] = None,
) -> None:
    """Measures everything that is available."""
    plain = Recognizer(model).model.require_single("quantized")
    coarse = quantize(plain).require_single("quantized")
    mnist = load_dataset("mnist")
    table = Table("images", "number", "right", "accepted", "answered", "points lost", "mean change")
    seen = mnist.validation
    for name, scale in SCALES.items():
        cells, _ = row(
            f"validation, {name}", plain, rounded(plain, scale), seen.images, seen.labels
        )
        table.add_row(*cells)
    cells, shares = row("MNIST test", plain, coarse, mnist.test.images, mnist.test.labels)
    table.add_row(*cells)
    if strokes is not None:
        digits = read_unipen(strokes)
        images = np.stack([normalize_single(draw(digit.strokes, USUAL)) for digit in digits])
        labels = np.array([digit.label for digit in digits])
        table.add_row(*row("UNIPEN", plain, coarse, images, labels)[0])
    Console(width=130).print(table)
    print(f'"{fingerprint(plain)}": {{"before": {shares[0]}, "after": {shares[1]}}},')


if __name__ == "__main__":
    typer.run(main)
