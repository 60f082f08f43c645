"""From a picture to digits: the one normalisation, the network, an honest answer.

    one digit: picture → grey pixels ───────────────────→ 28 × 28 → network → answer
    a page:    picture → grey pixels → rows, candidates → 28 × 28 → network → choose → answers

``image/page/segment.py`` finds what may be digits and where touching ones might be cut; which of these
readings is the likeliest, the network says. ``answers.py`` refuses where there is nothing to read. This
is the end of the line that begins in ``image/open.py``; ``annotate.py`` draws what was read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from inkling._checks import complain
from inkling._types import ByteArray
from inkling.errors import ModelFileError
from inkling.image.normalize import FIELD, normalize
from inkling.image.open import open_image
from inkling.image.page.lattice import Candidate, Lattice
from inkling.image.page.segment import segment
from inkling.image.single import THUMBNAIL, normalize_single
from inkling.model.decision import EMPTY, NOT_A_DIGIT, Answers, judge
from inkling.model.model import Model, load_model

if TYPE_CHECKING:
    from inkling.image.open import Picture
    from inkling.image.page.candidates import Row
    from inkling.image.page.components import Box

SHIPPED = Path(__file__).parents[1] / "model" / "digits.safetensors"
"""The model that comes with Inkling."""
NOTHING_READ = "?"
"""What stands in a row's text for what was refused."""

EACH = 0.2
"""What every digit costs, so that one good reading is preferred to two halves as good."""
NO_DIGIT = 1.0
"""What a candidate costs that the model holds for no digit: a letter, two digits, a half of one."""
CUT = 0.4
"""What cutting through one stroke costs, from either side."""
DOUBTFUL = 0.5
"""Up to this cost a mark is read whole: any two halves cost more."""
WIDE, TOO_WIDE = 1.2, 1.5
"""Beyond 1.2 usual widths, a digit costs 1.5 for each further one: it is more likely two."""


@dataclass(frozen=True)
class Digit:
    """What was read in one place.

    Attributes:
        digit: 0 to 9, or None where nothing could be read or the model's classes are not digits.
        reason: why there is no answer: "empty", "not_a_digit" or "unsure"; None where there is one.
        confidence: the calibrated probability of the likeliest class; 0 where there is no ink.
        probabilities: what each class gets; all 0 where there is no ink.
        box: (left, top, right, bottom) of what was read, in pixels of the upright picture.
        row: the row of digits it stands in, from 0.
        label: the name of the class that was read; for digits, the digit. None where refused.
        between: for an unsure answer the classes it lies between, such as "3 or 8".
        pixels: (28, 28), uint8, what the network was shown.
    """

    digit: int | None
    reason: str | None
    confidence: float
    probabilities: tuple[float, ...]
    box: Box
    row: int = 0
    label: str | None = None
    between: str | None = None
    pixels: ByteArray = field(
        default_factory=lambda: np.zeros((FIELD, FIELD), dtype=np.uint8), compare=False, repr=False
    )

    @property
    def text(self) -> str:
        """What was read, or "?"."""
        return self.label or NOTHING_READ

    def to_dict(self) -> dict[str, Any]:
        """Returns the answer as plain data for JSON."""
        plain = {
            "digit": self.digit,
            "reason": self.reason,
            "confidence": self.confidence,
            "box": list(self.box),
            "row": self.row,
        }
        return (
            plain if self.label is None or self.digit is not None else plain | {"label": self.label}
        )


@dataclass(frozen=True)
class Reading:
    """What was read in a picture.

    Attributes:
        text: the rows from top to bottom, each from left to right, "?" for what was refused.
        digits: the digits in the same order.
    """

    text: tuple[str, ...]
    digits: tuple[Digit, ...]

    def to_dict(self) -> dict[str, Any]:
        """Returns the reading as plain data for JSON."""
        return {"text": list(self.text), "digits": [digit.to_dict() for digit in self.digits]}


class Recognizer:
    """Reads digits with a model. Nothing in it changes, so that threads may share one.

    Args:
        model: the model, a model file, or a run directory; the model that ships by default.

    Raises:
        ModelFileError: the file is not a model, or the model is not for pictures of 28 × 28 pixels.

    Example:
        >>> from inkling.nn.mlp import build_mlp
        >>> network = build_mlp((784, 10), rng=np.random.default_rng(0))
        >>> recognizer = Recognizer(Model(network, tuple("0123456789")))
        >>> recognizer.read_digit(np.full((90, 60), 255, dtype=np.uint8)).reason
        'empty'
    """

    def __init__(self, model: Model | str | Path | None = None) -> None:
        self.model: Model = model if isinstance(model, Model) else load_model(model or SHIPPED)
        if self.model.image_shape != (FIELD, FIELD):
            expected = f"a model for pictures of {FIELD} × {FIELD} pixels"
            height, width = self.model.image_shape
            raise ModelFileError(complain("Recognizer", expected, f"{height} × {width}"))

    def read_digit(self, image: Picture) -> Digit:
        """Reads a picture of exactly one digit.

        Args:
            image: a path, a Pillow image, or uint8 (H, W), (H, W, 3) or (H, W, 4); any size, dark on
                light or light on dark.

        Raises:
            ImageError: the picture cannot be opened or is too large.
            ShapeError: the array is not a picture.
        """
        grey = open_image(image)
        height, width = grey.shape
        pixels = normalize_single(grey)[np.newaxis]
        return self._digit(judge(self.model, pixels), pixels, 0, (0, 0, width, height), row=0)

    def read(self, image: Picture) -> Reading:
        """Reads all digits in a picture, such as a photograph of a page.

        Args:
            image: as for ``read_digit``.

        Returns:
            The rows and their digits; one digit with the reason "empty" where nothing is written.

        Raises:
            ImageError: the picture cannot be opened or is too large.
            ShapeError: the array is not a picture.
        """
        grey = open_image(image)
        if max(grey.shape) < THUMBNAIL:
            digits = [self.read_digit(grey)]
        else:
            rows = enumerate(segment(grey).rows)
            digits = [digit for number, row in rows for digit in self._read_row(row, number)]
        digits = digits or [self._empty(grey)]
        return Reading(self._text(digits), tuple(digits))

    def _read_row(self, row: Row, number: int) -> list[Digit]:
        """The likeliest way to read a row; marks that are read in doubt are cut as well."""
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
        return [
            self._digit(answers, pixels, chosen, lattice.candidates[chosen].box, number)
            for chosen in lattice.choose(costs)
        ]

    def _weigh(self, lattice: Lattice) -> tuple[ByteArray, Answers, list[float]]:
        """What the network is shown of each candidate, what it says, and what the candidate costs."""
        pixels = np.stack([normalize(candidate.ink) for candidate in lattice.candidates])
        answers = judge(self.model, pixels)
        return pixels, answers, _costs(lattice.candidates, answers)

    def _digit(self, answers: Answers, pixels: ByteArray, number: int, box: Box, row: int) -> Digit:
        """The answer for one of several pictures."""
        reason = answers.reasons[number]
        name = None if reason else self.model.classes[answers.label[number]]
        probabilities = answers.probabilities[number] * (reason != EMPTY)
        return Digit(
            digit=int(name) if name is not None and name in _DIGITS else None,
            reason=reason,
            confidence=float(probabilities.max()),
            probabilities=tuple(probabilities.tolist()),
            box=box,
            row=row,
            label=name,
            between=answers.candidates[number],
            pixels=pixels[number],
        )

    def _empty(self, grey: ByteArray) -> Digit:
        height, width = grey.shape
        nothing = (0.0,) * len(self.model.classes)
        return Digit(None, EMPTY, 0.0, nothing, (0, 0, width, height))

    def _text(self, digits: list[Digit]) -> tuple[str, ...]:
        """The rows of text; names of several letters stand apart."""
        between = "" if all(len(name) == 1 for name in self.model.classes) else " "
        rows = range(digits[-1].row + 1)
        return tuple(between.join(d.text for d in digits if d.row == row) for row in rows)


_DIGITS = frozenset("0123456789")


def _costs(candidates: Sequence[Candidate], answers: Answers) -> list[float]:
    """How unlikely each candidate is: the network's doubt, the cuts it takes, an odd width.

    cost = −log p + 0.2 + [no digit] + 0.4 · cut + 1.5 · max(0, width − 1.2)
    """
    doubts = -np.log(np.maximum(answers.confidence, 1e-6))
    return [
        float(doubt)
        + EACH
        + NO_DIGIT * (reason == NOT_A_DIGIT)
        + CUT * candidate.cut
        + TOO_WIDE * max(0.0, candidate.width - WIDE)
        for candidate, doubt, reason in zip(candidates, doubts, answers.reasons, strict=True)
    ]
