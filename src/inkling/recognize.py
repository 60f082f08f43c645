"""From a picture to a digit: the one normalisation, the network, an honest answer.

    picture → grey pixels → 28 × 28 as MNIST was made → network → digit and confidence

A picture without ink gets no digit. This is the end of the line that begins in ``image/open.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from inkling._checks import complain
from inkling._types import ByteArray
from inkling.errors import ModelFileError
from inkling.image.normalize import is_empty, normalize
from inkling.image.open import open_image
from inkling.model_file import Model, load_model

if TYPE_CHECKING:
    from PIL.Image import Image

EMPTY = "empty"


@dataclass(frozen=True)
class Digit:
    """What was read.

    Attributes:
        digit: 0 to 9, or None where there is nothing to read.
        reason: why there is no digit: "empty"; None where there is one.
        confidence: the probability the network gives its answer; 0 where there is none.
        probabilities: what it gives each class; all 0 where there is nothing to read.
        box: [left, top, right, bottom] of what was read, in pixels of the upright picture.
        row: the row of digits it stands in, from 0.
    """

    digit: int | None
    reason: str | None
    confidence: float
    probabilities: tuple[float, ...]
    box: tuple[int, int, int, int]
    row: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Returns the answer as plain data for JSON."""
        return {
            "digit": self.digit,
            "reason": self.reason,
            "confidence": self.confidence,
            "box": list(self.box),
            "row": self.row,
        }


class Recognizer:
    """Reads digits with a model.

    Args:
        model: the model, a model file, or a run directory.

    Raises:
        ModelFileError: the file is not a model, or the model does not tell digits apart.

    Example:
        >>> from inkling.nn.mlp import build_mlp
        >>> network = build_mlp((784, 10), rng=np.random.default_rng(0))
        >>> recognizer = Recognizer(Model(network, tuple("0123456789")))
        >>> recognizer.read_digit(np.full((90, 60), 255, dtype=np.uint8)).reason
        'empty'
    """

    def __init__(self, model: Model | str | Path) -> None:
        self.model = model if isinstance(model, Model) else load_model(model)
        if self.model.image_shape != (28, 28) or not set(self.model.classes) <= set("0123456789"):
            got = f"{self.model.image_shape} pixels, classes {', '.join(self.model.classes)}"
            expected = "a model of digits in 28 × 28 pixels"
            raise ModelFileError(complain("Recognizer", expected, got))

    def read_digit(self, image: str | Path | Image | ByteArray) -> Digit:
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
        box = (0, 0, width, height)
        if is_empty(grey):
            return Digit(None, EMPTY, 0.0, (0.0,) * len(self.model.classes), box)
        probabilities = self.model.predict_proba(normalize(grey)[np.newaxis])[0]
        best = int(probabilities.argmax())
        return Digit(
            int(self.model.classes[best]),
            None,
            float(probabilities[best]),
            tuple(float(p) for p in probabilities),
            box,
        )
