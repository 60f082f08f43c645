"""Augmented images a second, beside SciPy and a compiled kernel: ratios from one run on your machine.

    python benchmarks/augment.py                   shifts, turns, scales, slants and elastic bends
    python benchmarks/augment.py --images 20000

All contenders turn the same 28 × 28 images into new ones by an affine and an elastic change in a single
bilinear resampling. SciPy does it image by image, as it is usually written: two fields of noise, two
Gaussian filters, one map_coordinates. The Numba contender is Inkling with its interpolation compiled, if
Numba is installed; how many of its pixels differ is said. The last rows say what the parts cost. The
rounds go round-robin, so that a slow minute of the machine falls on all, and the best counts.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from time import perf_counter
from typing import Annotated
from unittest.mock import patch

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from inkling._types import ByteArray, FloatArray
from inkling.data.augmentation.augment import AUGMENTATIONS, Augmentation

ELASTIC = AUGMENTATIONS["elastic"] or Augmentation()
PLAIN = replace(ELASTIC, stroke=0.0)
SCIPY_SHARE = 20
"""SciPy gets one image in this many: it is slow, and its speed does not depend on how many there are."""

Run = Callable[[ByteArray], ByteArray]


def inkling(augmentation: Augmentation, images: ByteArray) -> ByteArray:
    """Inkling, as training calls it."""
    return augmentation(images, rng=np.random.default_rng(0))


def in_two_threads(run: Run, images: ByteArray) -> ByteArray:
    """The two halves at the same time."""
    with ThreadPoolExecutor(2) as pool:
        return np.concatenate(list(pool.map(run, np.array_split(images, 2))))


def scipy(images: ByteArray) -> ByteArray:
    """SciPy, image by image."""
    from scipy.ndimage import gaussian_filter, map_coordinates

    rng = np.random.default_rng(0)
    grid = np.indices(images.shape[1:]) - 14.0
    new = np.empty_like(images)
    for image, result in zip(images, new, strict=True):
        noise = rng.uniform(-1, 1, grid.shape)
        field = [gaussian_filter(part, PLAIN.elastic_sigma, mode="constant") for part in noise]
        matrix = np.eye(2) + rng.uniform(-PLAIN.shear, PLAIN.shear, (2, 2))
        coordinates = np.einsum("ij,jhw->ihw", matrix, grid) + 14
        coordinates += PLAIN.elastic_alpha * np.stack(field)
        map_coordinates(image, coordinates, output=result, order=1, mode="grid-constant")
    return new


Interpolate = Callable[[FloatArray, FloatArray, FloatArray], ByteArray]


def compiled_interpolate() -> Interpolate:
    """Returns the interpolation compiled by Numba, with the same arithmetic."""
    compiler = import_module("numba")

    @compiler.njit(nogil=True)  # type: ignore[untyped-decorator]
    def interpolate(pages: FloatArray, y: FloatArray, x: FloatArray) -> ByteArray:
        n_images, height, width = y.shape
        out = np.empty(y.shape, np.uint8)
        zero, last_y, last_x = np.float32(0), np.float32(height + 1), np.float32(width + 1)
        for i in range(n_images):
            for j in range(height):
                for k in range(width):
                    down, across = (
                        min(max(y[i, j, k], zero), last_y),
                        min(max(x[i, j, k], zero), last_x),
                    )
                    row, column = int(down), int(across)
                    down -= np.float32(row)
                    across -= np.float32(column)
                    left, right = pages[i, row, column], pages[i, row, column + 1]
                    upper = (right - left) * across + left
                    left, right = pages[i, row + 1, column], pages[i, row + 1, column + 1]
                    lower = (right - left) * across + left
                    out[i, j, k] = np.uint8(np.rint((lower - upper) * down + upper))
        return out

    compiled: Interpolate = interpolate
    return compiled


def numba(compiled: Interpolate, run: Run, images: ByteArray) -> ByteArray:
    """Inkling with the compiled interpolation."""
    with patch("inkling.data.augmentation.augment.interpolate", compiled):
        return run(images)


def contenders(images: ByteArray) -> dict[str, tuple[Run, ByteArray]]:
    """Returns what runs on which images."""
    one = partial(inkling, PLAIN)
    two = partial(in_two_threads, one)
    rows: dict[str, tuple[Run, ByteArray]] = {
        "Inkling": (one, images),
        "Inkling, 2 threads": (two, images),
    }
    if find_spec("numba"):
        compiled = compiled_interpolate()
        rows["Inkling + Numba"] = (partial(numba, compiled, one), images)
        rows["Inkling + Numba, 2 threads"] = (partial(numba, compiled, two), images)
        differing = np.count_nonzero(numba(compiled, one, images) != one(images))
        print(f"pixels that Numba computes differently: {differing}", file=sys.stderr)
    if find_spec("scipy"):
        rows["SciPy, image by image"] = (scipy, images[::SCIPY_SHARE])
    affine = replace(PLAIN, elastic_alpha=0.0)
    rows["Inkling, affine only"] = (partial(inkling, affine), images)
    rows["Inkling, with stroke width"] = (partial(inkling, ELASTIC), images)
    return rows


def main(
    images: Annotated[int, typer.Option(min=100)] = 4000,
    rounds: Annotated[int, typer.Option(min=1)] = 9,
    json_output: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Times every contender and prints images a second and ratios."""
    pixels = np.random.default_rng(0).integers(0, 256, (images, 28, 28), dtype=np.uint8)
    rows = contenders(pixels)
    best: dict[str, float] = dict.fromkeys(rows, 0.0)
    for _ in range(rounds):
        for name, (run, given) in rows.items():
            started = perf_counter()
            run(given)
            best[name] = max(best[name], len(given) / (perf_counter() - started))
    ratios = {name: best["Inkling"] / speed for name, speed in best.items()}
    if json_output:
        print(json.dumps({"images_per_second": best, "inkling_over": ratios}))
        return
    table = Table("contender", "images/s", "Inkling is faster by")
    for name, speed in best.items():
        table.add_row(name, f"{speed:,.0f}", f"{ratios[name]:.2f} ×")
    Console().print(f"{images:,} images of 28 × 28, affine + elastic, best of {rounds} rounds")
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
