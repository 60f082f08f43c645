"""The pictures of docs/handwriting.md: what is still wrong, how refusing pays, what is refused.

Small samples of UNIPEN (CC BY 4.0, International Unipen Foundation) are shown; none of its data is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks.writing.measures import Read
from benchmarks.writing.nondigits import all_nondigits
from benchmarks.writing.strokes import Written, draw
from benchmarks.writing.styles import STYLES, find_styles
from matplotlib.figure import Figure

from inkling._types import ByteArray
from inkling.image.normalize import normalize
from inkling.model.model import Classifier

BLUE, ORANGE = "#1F6696", "#D9781E"
CREDIT = "UNIPEN train_r01_v07, © International Unipen Foundation, CC BY 4.0"


@dataclass(frozen=True)
class Material:
    """What the pictures are made of: the model, UNIPEN's digits, and what was read."""

    model: Classifier
    digits: list[Written]
    read: Read


def write_pictures(folder: Path, material: Material) -> None:
    """Writes all of them as PNG files."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = {
        "handwriting-mistakes": mistakes(material),
        "handwriting-styles": styles(material),
        "handwriting-coverage": coverage(material),
        "handwriting-nondigits": nondigits(material),
    }
    for name, figure in figures.items():
        figure.savefig(folder / f"{name}.png", dpi=100, bbox_inches="tight")


def sheet(images: list[ByteArray], captions: list[str], columns: int, title: str) -> Figure:
    """A grid of small images with captions, dark on white."""
    rows = -(-len(images) // columns)
    figure = Figure(figsize=(0.62 * columns, 0.78 * rows + 0.5))
    figure.suptitle(title, fontsize=9)
    for place, (image, caption) in enumerate(zip(images, captions, strict=True), start=1):
        axes = figure.add_subplot(rows, columns, place)
        axes.imshow(255 - image, cmap="gray", vmin=0, vmax=255)
        axes.set_title(caption, fontsize=6.5, pad=2, parse_math=False)
        axes.set_axis_off()
    return figure


def mistakes(material: Material) -> Figure:
    """The 60 most confident wrong answers."""
    read = material.read
    wrong = np.flatnonzero(read.answered & (read.best != read.labels))
    chosen = wrong[np.argsort(-read.confidence[wrong], kind="stable")][:60]
    images = [normalize(draw(material.digits[i].strokes, 0.1)) for i in chosen]
    captions = [f"{read.labels[i]}, read {read.best[i]}" for i in chosen]
    title = f"Read with the greatest confidence, and wrong. {CREDIT}"
    return sheet(images, captions, 15, title)


def styles(material: Material) -> Figure:
    """A row of each style that MNIST has seldom; wrong answers named, wrong ones first."""
    images, captions = [], []
    found = find_styles(material.digits)
    for name in STYLES:
        members = np.flatnonzero(found[name])
        wrong = material.read.best[members] != material.read.labels[members]
        members = members[np.argsort(~wrong, kind="stable")]
        few = [*members[: min(7, int(wrong.sum()))], *members[::-1]][:15]
        for place, i in enumerate(few):
            images.append(normalize(draw(material.digits[i].strokes, 0.1)))
            right = material.read.best[i] == material.read.labels[i]
            caption = "" if right else f"read {material.read.best[i]}"
            captions.append(name if place == 0 and right else caption)
        blank = 15 - len(few)
        images += [np.zeros((28, 28), np.uint8)] * blank
        captions += [""] * blank
    title = f"{', '.join(STYLES)}: a row each, wrong ones first. {CREDIT}"
    return sheet(images, captions, 15, title)


def coverage(material: Material) -> Figure:
    """What refusing costs and what it brings, for every threshold of the non-digit unit."""
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    unit = material.model.rejector
    if unit is None:
        return figure
    pads = np.stack([normalize(draw(digit.strokes, 0.1)) for digit in material.digits])
    others = np.stack([normalize(picture) for _, _, picture in all_nondigits()])
    digit_scores, other_scores = (material.model.answer(images)[1] for images in (pads, others))
    assert digit_scores is not None
    assert other_scores is not None
    wrong = material.read.best != material.read.labels
    thresholds = np.quantile(digit_scores, np.linspace(0.85, 1, 301))
    accepted = np.array([(digit_scores <= t).mean() for t in thresholds])
    refused = np.array([(other_scores > t).mean() for t in thresholds])
    error = np.array([wrong[digit_scores <= t].mean() for t in thresholds])
    own = 100 * (digit_scores <= unit.threshold).mean()
    for axes, curve, label in (
        (left, refused, "% of non-digits refused"),
        (right, error, "% wrong of the digits accepted"),
    ):
        axes.plot(100 * accepted, 100 * curve, color=BLUE)
        axes.axvline(own, color=ORANGE, linewidth=1)
        axes.set_xlabel("% of UNIPEN's digits accepted")
        axes.set_ylabel(label)
        axes.grid(color="#E4E8EC")
    left.annotate("the model's threshold", (own, 100 * refused.min()), (own - 7, 30), color=ORANGE)
    left.set_ylim(0, 102)
    return figure


def nondigits(material: Material) -> Figure:
    """A few of each kind of non-digit; those that were read are named."""
    kinds: dict[tuple[str, str], list[ByteArray]] = {}
    for group, kind, picture in all_nondigits():
        kinds.setdefault((group, kind), []).append(normalize(picture))
    images, captions = [], []
    unit = material.model.rejector
    for (group, _), pictures in kinds.items():
        if group == "blank":
            continue
        some = np.stack(pictures[:10])
        probabilities, scores = material.model.answer(some)
        taken = np.ones(len(some), bool)
        if unit is not None and scores is not None:
            taken = scores <= unit.threshold
        images += list(some)
        captions += [
            f"read {row.argmax()}" if read else ""
            for row, read in zip(probabilities, taken, strict=True)
        ]
    return sheet(images, captions, 20, "Non-digits; those that are read as a digit are named")
