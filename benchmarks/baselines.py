"""Compares the baselines of "why this digit and not that one".

    python benchmarks/baselines.py --strokes FOLDER/unipen_strokes.json.gz

For each drawing and its two most probable classes k and m, the share of d(x) = z_k − z_m that a baseline
leaves unexplained is |d(x̄)| / |d(x)|. Every tenth digit of UNIPEN's development writers is
drawn. A model without mean images gets those of the data set "mnist+pen".
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from inkling._types import FloatArray
from inkling.data.dataset import load_dataset
from inkling.explain.baseline import baseline
from inkling.image.normalize import normalize
from inkling.model.file import load_model
from inkling.model.model import Model
from inkling.training.post_training import class_means
from writing.strokes import USUAL, Writers, draw, read_unipen


def baselines(model: Model, k: int, m: int) -> dict[str, FloatArray]:
    """Returns the logits of each baseline of the classes k and m."""
    means = model.class_means
    assert means is not None
    first, second = means[[k, m]].astype(float)
    pictures = {
        "a blank picture": np.zeros_like(first),
        "the mean of all images": means.mean(axis=0),
        "the mean image of m": second,
        "the mean image of k": first,
        "the middle of both": (first + second) / 2,
        "the darker of both, pixel by pixel": np.maximum(first, second),
        "the lighter of both, pixel by pixel": np.minimum(first, second),
    }
    inputs = model.scaling(np.stack(list(pictures.values())), model.network.dtype)
    found = model.network.logits(inputs.reshape(len(inputs), -1))
    blend = baseline(model, k, m).logits[0]
    return {**dict(zip(pictures, found, strict=True)), "the undecided blend": blend}


def main(
    strokes: Annotated[Path, typer.Option(help="UNIPEN's list of pen strokes.")],
    model: Annotated[Path | None, typer.Option(help="By default the model that ships.")] = None,
) -> None:
    """Prints a table."""
    one = (load_model(model) if model else load_model()).require_single("baselines").calibrated()
    if one.class_means is None:
        means = class_means(load_dataset("mnist+pen").train, len(one.classes))
        one = replace(one, class_means=means)
    digits = read_unipen(strokes, 10, Writers.DEVELOPMENT)
    logits = one.logits(np.stack([normalize(draw(digit.strokes, USUAL)) for digit in digits]))
    shares: dict[str, list[float]] = {}
    for z in logits:
        m, k = z.argsort()[-2:]
        for name, rest in baselines(one, k, m).items():
            shares.setdefault(name, []).append(abs((rest[k] - rest[m]) / (z[k] - z[m])))
    table = Table(
        "baseline", "median", "quartiles", title=f"|d(x̄)| / |d(x)|, {len(digits)} drawings"
    )
    for name, some in shares.items():
        low, middle, high = np.quantile(some, (0.25, 0.5, 0.75))
        table.add_row(name, f"{middle:.1%}", f"{low:.1%} … {high:.1%}")
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
