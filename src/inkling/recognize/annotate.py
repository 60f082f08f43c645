"""A picture with what was read in it: a box round every digit, the digit above, the confidence below.

    recognize.py → Reading → annotate → a Pillow image

Refused places have a box in another colour and a question mark. ``stages.py`` shows the way there.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from inkling._types import ByteArray
from inkling.recognize.recognizer import Digit

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage
    from PIL.ImageDraw import ImageDraw as Pencil

READ, REFUSED = "#0062b1", "#c24e00"
"""Blue and orange, which look different to everyone."""
LARGEST, SMALLEST = 1600, 960
"""Longer side, in pixels, to which larger pictures are shrunk and smaller ones enlarged."""


def annotate(grey: ByteArray, digits: Sequence[Digit]) -> PillowImage:
    """Draws what was read over a picture.

    Args:
        grey: (H, W), uint8, the upright picture, from ``open_image``.
        digits: what was read in it.

    Returns:
        The picture in colour, 960 to 1600 pixels on its longer side.

    Example:
        >>> import numpy as np
        >>> four = Digit(4, None, 0.98, (0.98,), (10, 12, 30, 40), label="4")
        >>> annotate(np.full((50, 80), 230, dtype=np.uint8), [four]).size
        (960, 600)
    """
    from PIL import Image, ImageDraw

    longest = max(grey.shape)
    scale = min(max(longest, SMALLEST), LARGEST) / longest
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.NEAREST
    picture = Image.fromarray(grey).resize(size, how).convert("RGB")
    pencil = ImageDraw.Draw(picture)
    letters = _letter_size([digit.box[3] * scale - digit.box[1] * scale for digit in digits])
    for digit in digits:
        _mark(pencil, digit, [side * scale for side in digit.box], letters)
    return picture


def _mark(pencil: Pencil, digit: Digit, box: list[float], letters: float) -> None:
    left, top, right, bottom = box
    colour = READ if digit.reason is None else REFUSED
    pencil.rectangle((left - 1, top - 1, right, bottom), outline=colour, width=2)
    middle = (left + right) / 2
    write(pencil, (middle, max(top - 3, letters)), digit.text, letters, colour, "mb")
    beneath = min(bottom + 3, pencil.im.size[1] - letters / 2)
    write(pencil, (middle, beneath), f"{100 * digit.confidence:.0f}", letters / 2, colour, "mt")


def _letter_size(heights: Sequence[float]) -> float:
    """Half of a usual digit's height, within reason."""
    usual = sorted(heights)[len(heights) // 2] if heights else 0.0
    return min(max(0.5 * usual, 16.0), 40.0)


def write(
    pencil: Pencil, place: tuple[float, float], text: str, size: float, colour: str, anchor: str
) -> None:
    """Writes a word with a white rim, readable on anything.

    Args:
        pencil: draws on the picture.
        place: (x, y), in pixels.
        text: the word.
        size: the height of its letters, in pixels.
        colour: a colour's name.
        anchor: which point of the word lies there, in Pillow's two letters.
    """
    from PIL import ImageFont

    font = ImageFont.load_default(size)
    pencil.text(
        place, text, fill=colour, font=font, anchor=anchor, stroke_width=2, stroke_fill="white"
    )


def stack(pictures: Iterable[PillowImage]) -> PillowImage:
    """Puts pictures under each other, on white, at least one."""
    from PIL import Image

    pictures = list(pictures)
    gap = 16
    width = max(picture.width for picture in pictures)
    height = sum(picture.height for picture in pictures) + gap * (len(pictures) - 1)
    page = Image.new("RGB", (width, height), "white")
    top = 0
    for picture in pictures:
        page.paste(picture, (0, top))
        top += picture.height + gap
    return page


def png(picture: PillowImage) -> bytes:
    """Returns a picture as the bytes of a PNG file."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
