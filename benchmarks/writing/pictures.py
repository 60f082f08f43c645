"""The images of docs/handwriting.md: remaining errors, the effect of rejecting, and what is rejected.

Small samples of UNIPEN (CC BY 4.0, International Unipen Foundation) are shown; none of its data is kept.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageColor, ImageDraw

from inkling._types import ByteArray, FloatArray
from inkling.image.normalize import normalize
from inkling.model.model import Classifier
from inkling.plots.canvas import GRAY, INK, PAPER
from writing.nondigits import all_nondigits, font
from writing.rows import Answers
from writing.strokes import STYLES, USUAL, Written, draw, find_styles

sys.path.append(str(Path(__file__).parents[2] / "docs" / "derivation" / "figures"))

from drawing import Drawing, Panel

CREDIT = "UNIPEN train_r01_v07, © International Unipen Foundation, CC BY 4.0"
COLUMNS, TILE, GAP = 10, 62, 12
CELL, HEIGHT = TILE + GAP, TILE + 36
"""Pixels: on a phone, digits and captions remain readable. They have no words to translate."""


def write_pictures(folder: Path, model: Classifier, digits: list[Written], read: Answers) -> None:
    """Writes all of them: sheets of digits as PNG, the plot as SVG."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = np.stack([normalize(draw(digit.strokes, USUAL)) for digit in digits])
    shown = list(all_nondigits())
    others = np.stack([normalize(picture) for _, _, picture in shown])
    scores, other_scores = (model.answer(images)[1] for images in (drawn, others))
    assert model.rejector is not None, "the model has no rejector"
    assert scores is not None
    assert other_scores is not None
    threshold = model.rejector.threshold
    images = {
        "mistakes": mistakes(drawn, read),
        "styles": styles(drawn, digits, read),
        "nondigits": nondigits(
            model, [kind for _, kind, _ in shown], others, other_scores, threshold
        ),
    }
    for name, content in images.items():
        (folder / f"handwriting-{name}.png").write_bytes(content)
    draw_coverage(folder, scores, other_scores, ~read.found, threshold)


def sheet(images: ByteArray, captions: list[str], credit: str = "") -> bytes:
    """Draws rows of ten images (K, 28, 28), with captions, and returns the content of a PNG file."""
    rows = -(-len(images) // COLUMNS)
    page = Image.new(
        "RGB", (COLUMNS * CELL + GAP, rows * HEIGHT + GAP + (30 if credit else 0)), "white"
    )
    pen = ImageDraw.Draw(page)
    for place, (image, caption) in enumerate(zip(images, captions, strict=True)):
        x, y = GAP + place % COLUMNS * CELL, GAP + place // COLUMNS * HEIGHT
        paper = np.full((28, 28, 3), ImageColor.getrgb(PAPER))
        shade = image[..., np.newaxis] / 255
        tile = Image.fromarray((paper + shade * (ImageColor.getrgb(INK) - paper)).astype(np.uint8))
        page.paste(tile.resize((TILE, TILE), Image.Resampling.BILINEAR), (x, y))
        middle = x + TILE / 2, y + TILE + 4
        pen.text(middle, caption, fill=INK, font=font("DejaVuSans", 22), anchor="mt")
    pen.text((GAP, page.height - 8), credit, fill=GRAY, font=font("DejaVuSans", 17), anchor="ls")
    file = io.BytesIO()
    page.quantize(32).save(file, "PNG", optimize=True)  # shades of one color
    return file.getvalue()


def mistakes(drawn: ByteArray, read: Answers) -> bytes:
    """The 60 most confident wrong answers, with the label and what was read."""
    wrong = np.flatnonzero(read.answered & ~read.found)
    chosen = wrong[np.argsort(-read.confidence[wrong], kind="stable")][:60]
    captions = [f"{read.labels[i]} → {read.best[i]}" for i in chosen]
    return sheet(drawn[chosen], captions, CREDIT)


def styles(drawn: ByteArray, digits: list[Written], read: Answers) -> bytes:
    """A row of each style that is rare in MNIST, up to five wrong answers first."""
    images, captions = [], []
    found = find_styles(digits)
    for name in STYLES:
        members = np.flatnonzero(found[name])
        wrong = [i for i in members if not read.found[i]][: COLUMNS // 2]
        chosen = (wrong + [i for i in members if read.found[i]])[:COLUMNS]
        blank = COLUMNS - len(chosen)
        images += [*drawn[chosen], *np.zeros((blank, 28, 28), np.uint8)]
        captions += ["" if read.found[i] else f"→ {read.best[i]}" for i in chosen] + [""] * blank
    return sheet(np.stack(images), captions, CREDIT)


def nondigits(
    model: Classifier, kinds: list[str], others: ByteArray, scores: FloatArray, threshold: float
) -> bytes:
    """A row of ten of each kind of non-digit; those that are read as a digit have a caption."""
    chosen = [
        i
        for i in range(len(kinds))
        if others[i].any() and kinds[:i].count(kinds[i]) < COLUMNS and kinds.count(kinds[i]) > 1
    ]
    best = model.answer(others)[0].argmax(axis=1)
    captions = [f"→ {best[i]}" if scores[i] <= threshold else "" for i in chosen]
    return sheet(others[chosen], captions)


def draw_coverage(
    folder: Path,
    scores: FloatArray,
    other_scores: FloatArray,
    wrong: np.ndarray,
    threshold: float,
) -> None:
    """Draws the cost and gain of rejection, for every threshold of the rejector."""
    thresholds = np.quantile(scores, np.linspace(0.85, 1, 301))
    accepted = [100 * (scores <= t).mean() for t in thresholds]
    rejected = [100 * (other_scores > t).mean() for t in thresholds]
    errors = [100 * wrong[scores <= t].mean() for t in thresholds]
    drawing = Drawing(460, 520)
    here = 100 * float((scores <= threshold).mean())
    for top, curve, most, name in (
        (40, rejected, 100, "non-digits rejected, %"),
        (290, errors, 1.6, "errors among the accepted digits, %"),
    ):
        panel = Panel(drawing, (46, top, 390, 180), x=(85, 100), y=(0, most))
        panel.axes([85, 90, 95, 100], [most * i / 4 for i in range(5)], above=name)
        panel.curve(accepted, curve, "one")
        panel.curve([here, here], [0, most], "two")
        panel.label(here, most / 8, "the model's threshold", "note two", by=(-8, 0), anchor="end")
    drawing.text(241, 508, "UNIPEN's digits accepted, %", "note", "middle")
    drawing.write("handwriting-coverage", folder)
