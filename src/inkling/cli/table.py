"""The table that ``inkling predict`` writes for a CSV, npz or IDX file: one label per image."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkling._checks import complain
from inkling._text import escape_controls
from inkling.cli.inputs import read_model
from inkling.cli.output import STDOUT, print_json, say, show
from inkling.errors import DataError

if TYPE_CHECKING:
    from inkling._types import ByteArray
    from inkling.model.decision import Answers
    from inkling.model.model import Classifier

BATCH = 1000  # images per forward pass
HEADER = ("ImageId", "Label")  # as in Kaggle's Digit Recognizer


def predict_table(path: Path, model: Path | None, out: Path | None, *, json: bool) -> None:
    """Classifies every image of a file and writes the table to ``out`` or to standard output.

    A table needs a label for every image, so one that is rejected gets its most probable class.
    """
    from inkling._files import atomic_write
    from inkling.data.images import read_images

    classifier, table = read_model(model), read_images(path)
    batches = _classify(path, classifier, table.images)
    labels = [classifier.classes[number] for answers in batches for number in answers.label]
    for note in table.notes:
        say(note)
    rejected = sum(reason is not None for answers in batches for reason in answers.reasons)
    if rejected:
        say(f"Rejected, but with the most probable label: {rejected:,} of {len(labels):,} images.")
    file = None if out is None or str(out) in STDOUT else out
    text = io.StringIO()
    rows = zip(map(escape_controls, table.names), map(escape_controls, labels), strict=True)
    csv.writer(text, lineterminator="\n").writerows([HEADER, *rows])
    if file is not None:
        atomic_write(file, text.getvalue().encode())
    if json:
        digits = _describe(labels, batches, table.images.shape)
        print_json({"files": [{"file": str(path), "text": labels, "digits": digits}]})
    elif file is not None:
        show(f"{file}: {len(labels):,} labels")
    else:
        sys.stdout.write(text.getvalue())


def _classify(path: Path, model: Classifier, images: ByteArray) -> list[Answers]:
    from inkling.model.decision import classify

    if images.shape[1:] != model.image_shape:
        height, width = model.image_shape
        expected = f"images of {height} × {width} pixels, as the model was trained on"
        raise DataError(complain(str(path), expected, " × ".join(map(str, images.shape[1:]))))
    starts = range(0, len(images), BATCH)
    return [classify(model, images[start : start + BATCH]) for start in starts]


def _describe(
    labels: list[str], batches: list[Answers], shape: tuple[int, ...]
) -> list[dict[str, Any]]:
    """Returns the answers as ``Reading.to_dict`` does: each image is a row of one digit."""
    from inkling.recognize.reading import Digit
    from inkling.recognize.recognizer import DIGITS

    _, height, width = shape
    confidences = [float(confidence) for answers in batches for confidence in answers.confidence]
    reasons = [reason for answers in batches for reason in answers.reasons]
    return [
        Digit(
            DIGITS.get(label), reason, confidence, (), (0, 0, width, height), row, label
        ).to_dict()
        for row, (label, reason, confidence) in enumerate(
            zip(labels, reasons, confidences, strict=True)
        )
    ]
