"""What weights of eight bits cost in accuracy: the scales on validation images, then the rest once.

    python benchmarks/quantized.py
    python benchmarks/quantized.py --strokes FOLDER/unipen_strokes.json.gz

MNIST is the one that ``inkling train`` uses. The scales are compared on its validation images; its test
images and UNIPEN's drawings, where an answer that was refused counts as wrong, see the chosen ones
alone. The last line is the model's entry for ``MEASURED`` in ``src/inkling/interop/quantized.py``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))  # run as a program, it does not see its folder

from benchmarks.writing.strokes import draw, read_unipen

from inkling._types import ByteArray, FloatArray, IntArray
from inkling.data.dataset import load_dataset
from inkling.image.single import normalize_single
from inkling.interop.html import stored_parts
from inkling.interop.quantized import fingerprint, quantize, quantize_weights
from inkling.model.decision import Answers, classify
from inkling.model.model import Model
from inkling.nn.dense import Dense
from inkling.recognize.recognizer import Recognizer

BRUSH = 0.10
BATCH = 2000


def by_column(weights: FloatArray) -> FloatArray:
    """A scale for each output: what ``quantize`` does."""
    whole, scales = quantize_weights(weights)
    rounded: FloatArray = whole * scales
    return rounded


def by_row(weights: FloatArray) -> FloatArray:
    """A scale for each input."""
    return by_column(weights.T).T


def by_matrix(weights: FloatArray) -> FloatArray:
    """One scale for all."""
    return by_column(weights.reshape(-1, 1)).reshape(weights.shape)


SCHEMES: dict[str, Callable[[FloatArray], FloatArray]] = {
    "a scale an output": by_column,
    "a scale an input": by_row,
    "a scale a layer": by_matrix,
}


def rounded(model: Model, scheme: Callable[[FloatArray], FloatArray]) -> Model:
    """Returns the model with the weights of one scheme."""
    network = model.network.copy()
    for layer in network.layers:
        if isinstance(layer, Dense):
            layer.weights[...] = scheme(layer.weights)
    return replace(model, network=network)


def answer(model: Model, images: ByteArray) -> list[Answers]:
    """Judges images, a few thousand at a time."""
    return [
        classify(model, images[start : start + BATCH]) for start in range(0, len(images), BATCH)
    ]


def row(name: str, before: list[Answers], after: list[Answers], labels: IntArray) -> list[str]:
    """Compares answers: how many are right, and how far the probabilities moved."""
    best = [np.concatenate([part.label for part in answers]) for answers in (before, after)]
    given = [
        np.array([reason is None for part in answers for reason in part.reasons])
        for answers in (before, after)
    ]
    right = [best[i] == labels for i in (0, 1)]
    accepted = [right[i] & given[i] for i in (0, 1)]
    moved = np.concatenate(
        [np.abs(a.probabilities - b.probabilities) for a, b in zip(before, after, strict=True)]
    )
    lost = 100 * (right[0].mean() - right[1].mean())
    counts = [f"{before.sum():,} → {after.sum():,}" for before, after in (right, accepted, given)]
    return [name, f"{len(labels):,}", *counts, f"{lost:+.3f}", f"{moved.mean():.1e}"]


def main(
    strokes: Annotated[Path | None, typer.Option(help="UNIPEN's strokes.")] = None,
    model: Annotated[Path | None, typer.Option(help="The model that ships by default.")] = None,
) -> None:
    """Measures everything that is there."""
    plain = Recognizer(model).model.require_single("quantized").calibrated()
    mnist = load_dataset("mnist")
    table = Table(
        *("images", "number", "right", "right, answered", "answered", "points lost"),
        "mean change",
    )
    seen = mnist.validation
    before = answer(plain, seen.images)
    for name, scheme in SCHEMES.items():
        after = answer(rounded(plain, scheme), seen.images)
        table.add_row(*row(f"validation, {name}", before, after, seen.labels))
    coarse = quantize(plain)
    tests = [("MNIST test", mnist.test.images, mnist.test.labels)]
    if strokes is not None:
        digits = read_unipen(strokes)
        pixels = np.stack([normalize_single(draw(digit.strokes, BRUSH)) for digit in digits])
        tests.append(("UNIPEN", pixels, np.array([digit.label for digit in digits])))
    for name, images, labels in tests:
        table.add_row(*row(name, answer(plain, images), answer(coarse, images), labels))
    Console(width=130).print(table)
    shares = [
        float((each.predict(mnist.test.images) == mnist.test.labels).mean())
        for each in (plain, coarse)
    ]
    _, *stored = stored_parts(plain)
    print(f'"{fingerprint(*stored)}": {{"before": {shares[0]}, "after": {shares[1]}}},')


if __name__ == "__main__":
    typer.run(main)
