"""The images of docs/handwriting.md: remaining errors, the effect of rejecting, and what is rejected.

Small samples of UNIPEN (CC BY 4.0, International Unipen Foundation) are shown; none of its data is kept.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from inkling._types import ByteArray, FloatArray
from inkling.image.normalize import normalize
from inkling.model.model import Classifier
from inkling.plots.canvas import BLUE, FAINT, INK, ORANGE, style, to_png
from inkling.plots.charts import digit_sheet
from writing.nondigits import all_nondigits, font
from writing.rows import Answers
from writing.strokes import STYLES, USUAL, Written, draw, find_styles

CREDIT = "UNIPEN train_r01_v07, © International Unipen Foundation, CC BY 4.0"


def write_pictures(folder: Path, model: Classifier, digits: list[Written], read: Answers) -> None:
    """Writes all of them as PNG files."""
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
        "coverage": coverage(scores, other_scores, ~read.found, threshold),
        "nondigits": nondigits(
            model, [kind for _, kind, _ in shown], others, other_scores, threshold
        ),
    }
    for name, content in images.items():
        (folder / f"handwriting-{name}.png").write_bytes(content)


def sheet(images: ByteArray, captions: list[str], columns: int, title: str) -> bytes:
    """Draws a sheet of images with a title, and returns the content of a PNG file."""
    page = Image.open(io.BytesIO(digit_sheet(images, captions, columns)))
    ImageDraw.Draw(page).text((62, 22), title, fill=INK, font=font("DejaVuSans", 18))
    file = io.BytesIO()
    page.save(file, "PNG")
    return file.getvalue()


def mistakes(drawn: ByteArray, read: Answers) -> bytes:
    """The 60 most confident wrong answers."""
    wrong = np.flatnonzero(read.answered & ~read.found)
    chosen = wrong[np.argsort(-read.confidence[wrong], kind="stable")][:60]
    captions = [f"{read.labels[i]}, read {read.best[i]}" for i in chosen]
    return sheet(drawn[chosen], captions, 15, f"The most confident mistakes. {CREDIT}")


def styles(drawn: ByteArray, digits: list[Written], read: Answers) -> bytes:
    """A row of each style that is rare in MNIST, up to seven wrong answers first."""
    images, captions = [], []
    found = find_styles(digits)
    for name in STYLES:
        members = np.flatnonzero(found[name])
        wrong = [i for i in members if not read.found[i]][:7]
        chosen = (wrong + [i for i in members if read.found[i]])[:15]
        blank = 15 - len(chosen)
        images += [*drawn[chosen], *np.zeros((blank, 28, 28), np.uint8)]
        captions += ["" if read.found[i] else f"read {read.best[i]}" for i in chosen] + [""] * blank
    return sheet(np.stack(images), captions, 15, f"{', '.join(STYLES)}. {CREDIT}")


def coverage(
    scores: FloatArray, other_scores: FloatArray, wrong: np.ndarray, threshold: float
) -> bytes:
    """The cost and gain of rejection, for every threshold of the rejector."""
    thresholds = np.quantile(scores, np.linspace(0.85, 1, 301))
    accepted = [100 * (scores <= t).mean() for t in thresholds]
    rejected = [100 * (other_scores > t).mean() for t in thresholds]
    errors = [100 * wrong[scores <= t].mean() for t in thresholds]
    with style("--pictures"):
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8, 3.4), layout="constrained")
        axes = figure.subplots(1, 2)
        for ax, curve, label in (
            (axes[0], rejected, "% of non-digits rejected"),
            (axes[1], errors, "% wrong of the digits accepted"),
        ):
            ax.plot(accepted, curve, color=BLUE)
            ax.axvline(
                100 * (scores <= threshold).mean(), color=ORANGE, label="the model's threshold"
            )
            ax.set_xlabel("% of UNIPEN's digits accepted")
            ax.set_ylabel(label)
            ax.grid(color=FAINT)
        axes[0].legend(frameon=False)
        return to_png(figure)


def nondigits(
    model: Classifier, kinds: list[str], others: ByteArray, scores: FloatArray, threshold: float
) -> bytes:
    """Up to ten of each kind of non-digit; those that are read as a digit have a caption."""
    chosen = [i for i in range(len(kinds)) if others[i].any() and kinds[:i].count(kinds[i]) < 10]
    best = model.answer(others)[0].argmax(axis=1)
    captions = [f"read {best[i]}" if scores[i] <= threshold else "" for i in chosen]
    title = "Non-digits; those that are read as a digit have a caption"
    return sheet(others[chosen], captions, 20, title)
