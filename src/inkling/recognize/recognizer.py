"""Reads digits in images: normalization, network, decision.

    one digit: image  →  gray pixels  ───────────────────→  28 × 28  →  model  →  answer
    a page:    image  →  gray pixels  →  rows, candidates  →  28 × 28  →  model  →  choose  →  answers

``image/page/segment.py`` finds what may be digits, and where touching ones may be cut; the model's
confidence decides which of these readings is the most probable.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from inkling._checks import Guided, check_type, complain
from inkling._types import ByteArray
from inkling.errors import ModelFileError
from inkling.image.normalize import FIELD, normalize
from inkling.image.open import open_image
from inkling.image.page.lattice import Candidate, Lattice
from inkling.image.page.segment import segment
from inkling.image.single import THUMBNAIL, normalize_single_in_steps
from inkling.model.committee import CommitteeModel
from inkling.model.decision import EMPTY, IF_REJECTED, NOT_A_DIGIT, Answers, classify
from inkling.model.file import load_model
from inkling.model.locations import SHIPPED
from inkling.model.model import Classifier, Model
from inkling.recognize.context import Seen, find_non_digits, stroke_width
from inkling.recognize.reading import Digit, DigitTrace, PageTrace, Reading

if TYPE_CHECKING:
    from inkling.image.open import Picture
    from inkling.image.page.candidates import Row
    from inkling.image.page.components import Box


PER_DIGIT = 0.2
"""What each digit costs, so that one good reading is preferred to two that are half as good."""
NO_DIGIT = 0.31
"""What a candidate costs that the model rejects: a letter, two digits, half of one. Its lower confidence
costs 0.69 more."""
CUT = 0.4
"""What cutting through one stroke costs, on either side."""
DOUBTFUL = 0.5
"""A mark of at most this cost is read whole, because any two halves cost more."""
WIDE, TOO_WIDE = 1.2, 1.5
"""Beyond 1.2 usual widths, each further width costs 1.5: it is probably two digits."""
INSTEAD = dict.fromkeys(
    ("predict", "predict_proba", "recognize", "classify"),
    "use read(image), read_digit(image), or model.predict(images)",
)
"""What other libraries call something else."""
DIGITS = {str(digit): digit for digit in range(10)}


class Recognizer(Guided, instead=INSTEAD):
    """Reads digits with a model. It does not change, so threads may share one.

    Args:
        model: a model, a model file, or a run directory; by default the model that ships.

    Raises:
        ModelFileError: the file is not a model, or the model is not for images of 28 × 28 pixels.

    Example:
        >>> recognizer = Recognizer()
        >>> recognizer.read_digit(np.full((90, 60), 255, dtype=np.uint8)).reason
        'empty'
    """

    def __init__(self, model: Classifier | str | Path | None = None) -> None:
        if model is None or isinstance(model, str | Path):
            model = load_model(SHIPPED if model is None else model)
        advice = "give a file, the model of a result, or Model(network, classes)"
        check_type("Recognizer", "model", model, (Model, CommitteeModel), advice)
        self.model: Classifier = model
        height, width = model.image_shape
        if (height, width) != (FIELD, FIELD):
            expected = f"a model for images of {FIELD} × {FIELD} pixels"
            raise ModelFileError(complain("Recognizer", expected, f"{height} × {width}"))

    def read_digit(self, image: Picture) -> Digit:
        """Reads an image of exactly one digit, whose box is the whole image.

        Args:
            image: a path, a Pillow image, or uint8 (H, W), (H, W, 3) or (H, W, 4); any size, dark on
                light or light on dark.

        Returns:
            The digit, or the ``reason`` why there is none.

        Raises:
            ImageError: the image cannot be opened or is too large.
            ShapeError: the array is not an image.

        Example:
            >>> page = np.full((90, 60), 255, dtype=np.uint8)
            >>> page[20:70, 28:33] = 0  # an upright stroke
            >>> Recognizer().read_digit(page).digit
            1
        """
        return self.trace_digit(image).digit

    def trace_digit(self, image: Picture) -> DigitTrace:
        """Reads an image of exactly one digit as ``read_digit`` does, and keeps every step.

        Returns:
            The gray levels (H, W), the steps of normalization, and the digit.

        Raises:
            ImageError, ShapeError: as in ``read_digit``.

        Example:
            >>> trace = Recognizer().trace_digit(np.full((90, 60), 255, dtype=np.uint8))
            >>> trace.gray.shape, trace.digit.reason
            ((90, 60), 'empty')
        """
        gray = open_image(image)
        height, width = gray.shape
        steps = normalize_single_in_steps(gray)
        pixels = steps.pixels[np.newaxis]
        answers = classify(self.model, pixels)
        return DigitTrace(
            gray, steps, self._digit(answers, pixels, 0, (0, 0, width, height), row=0)
        )

    def read(self, image: Picture) -> Reading:
        """Reads all digits in an image, such as a photograph of a page.

        Args:
            image: as in ``read_digit``.

        Returns:
            The digits by row; for an image without writing, one with the reason "empty". In a printed
            grid, a row of cells is a row; empty cells and rows of empty cells give nothing.

        Raises:
            ImageError, ShapeError: as in ``read_digit``.
            ImageTooLargeError: the image has thousands of marks, more than a page of digits.

        Example:
            >>> page = np.full((200, 300), 235, dtype=np.uint8)
            >>> page[60:130, 80:90] = page[60:130, 160:170] = 20  # two upright strokes
            >>> Recognizer().read(page).text
            ('11',)
        """
        return self.trace(image).reading

    def trace(self, image: Picture) -> PageTrace | DigitTrace:
        """Reads all digits in an image as ``read`` does, and keeps every step.

        Returns:
            The gray levels (H, W), what was found on the page, all ways to read each row, and the
            reading; for a thumbnail, which is read as one digit, what ``trace_digit`` returns.

        Raises:
            ImageError, ShapeError, ImageTooLargeError: as in ``read``.

        Example:
            >>> trace = Recognizer().trace(np.full((200, 300), 235, dtype=np.uint8))
            >>> trace.reading.digits[0].reason
            'empty'
        """
        gray = open_image(image)
        if max(gray.shape) < THUMBNAIL:
            return self.trace_digit(gray)
        found = segment(gray)
        rows = [self._read_row(row, number) for number, row in enumerate(found.rows)]
        digits = _reject_by_context([row for _, row, _ in rows], [seen for _, _, seen in rows])
        if not digits:
            height, width = gray.shape
            nothing = (0.0,) * len(self.model.classes)
            digits = [Digit(None, EMPTY, 0.0, nothing, (0, 0, width, height))]
        lattices = tuple(lattice for lattice, _, _ in rows)
        return PageTrace(gray, found, lattices, self._reading(digits))

    def _read_row(self, row: Row, number: int) -> tuple[Lattice, list[Digit], list[Seen]]:
        """Returns all ways to read a row, doubtful marks cut as well, and the most probable one."""
        lattice = row.lattice()
        pixels, answers, costs = self._weigh(lattice)
        doubtful = {
            candidate.first
            for candidate, cost in zip(lattice.candidates, costs, strict=True)
            if candidate.stop == candidate.first + 1 and cost > DOUBTFUL
        }
        if doubtful:
            lattice = row.lattice(cut=doubtful)
            pixels, answers, costs = self._weigh(lattice)
        chosen = lattice.choose(costs)
        digits = [
            self._digit(answers, pixels, one, lattice.candidates[one].box, number) for one in chosen
        ]
        margins = answers.margins
        if margins is None:
            return lattice, digits, []
        seen = [
            Seen(
                candidate.box,
                stroke_width(candidate.ink),
                float(margins[one]),
                digit.confidence,
                candidate.cut > 0,
                row.in_cells,
                int(answers.label[one]),
                digit.pixels,
            )
            for one, digit in zip(chosen, digits, strict=True)
            for candidate in [lattice.candidates[one]]
        ]
        return lattice, digits, seen

    def _weigh(self, lattice: Lattice) -> tuple[ByteArray, Answers, list[float]]:
        """Returns the pixels, the answer and the cost of each candidate."""
        pixels = np.stack([normalize(candidate.ink) for candidate in lattice.candidates])
        answers = classify(self.model, pixels)
        return pixels, answers, _costs(lattice.candidates, answers)

    def _digit(self, answers: Answers, pixels: ByteArray, number: int, box: Box, row: int) -> Digit:
        """Returns one of several answers."""
        name = answers.names[number]
        return Digit(
            digit=DIGITS.get(name or ""),
            reason=answers.reasons[number],
            confidence=float(answers.confidence[number]),
            probabilities=tuple(answers.probabilities[number].tolist()),
            box=box,
            row=row,
            label=name,
            between=" or ".join(answers.candidates[number]) or None,
            pixels=pixels[number],
        )

    def _reading(self, digits: Sequence[Digit]) -> Reading:
        """Returns digits with their rows of text; names of several letters are separated by spaces."""
        between = "" if all(len(name) == 1 for name in self.model.classes) else " "
        rows = range(digits[-1].row + 1)
        text = (between.join(d.text for d in digits if d.row == row) for row in rows)
        return Reading(tuple(text), tuple(digits))


def _reject_by_context(rows: list[list[Digit]], seen: list[list[Seen]]) -> list[Digit]:
    """Returns the digits of all rows, those rejected that are none in their context."""
    digits = [digit for row in rows for digit in row]
    if not any(seen):  # a model without a rejector
        return digits
    flat = [other for row in find_non_digits(seen) for other in row]
    return [
        digit.rejected(NOT_A_DIGIT, IF_REJECTED) if other and digit.reason is None else digit
        for digit, other in zip(digits, flat, strict=True)
    ]


def _costs(candidates: Sequence[Candidate], answers: Answers) -> list[float]:
    """Returns how improbable each candidate is: low confidence, cuts through strokes, an odd width.

    cost = −log p + 0.2 + 0.31 · [rejected] + 0.4 · cut + 1.5 · max(0, width − 1.2)
    """
    surprises = -np.log(np.maximum(answers.confidence, 1e-6))
    return [
        float(surprise)
        + PER_DIGIT
        + NO_DIGIT * (reason == NOT_A_DIGIT)
        + CUT * candidate.cut
        + TOO_WIDE * max(0.0, candidate.width - WIDE)
        for candidate, surprise, reason in zip(candidates, surprises, answers.reasons, strict=True)
    ]
