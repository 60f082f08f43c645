"""Draws what was read over an image: a box around every digit, the digit above, its confidence below.

Rejected places have a box of another color and a question mark. ``stages.py`` draws how they were read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from inkling._text import letter_name, printable
from inkling._types import ByteArray
from inkling.recognize.reading import Digit

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage
    from PIL.ImageDraw import ImageDraw

READ, REJECTED = "#0062b1", "#c24e00"
"""Blue and orange, which differ for color-blind readers too."""
LARGEST, SMALLEST = 1600, 960
"""Longer side, in pixels, to which larger images are shrunk and smaller ones enlarged."""


def annotate(gray: ByteArray, digits: Sequence[Digit]) -> PillowImage:
    """Draws what was read over the upright gray image (H, W); 960 to 1600 pixels on the longer side."""
    from PIL import Image, ImageDraw

    longest = max(gray.shape)
    scale = min(max(longest, SMALLEST), LARGEST) / longest
    image = rescale(Image.fromarray(gray), scale)
    draw = ImageDraw.Draw(image)
    heights = sorted(scale * (digit.box[3] - digit.box[1]) for digit in digits)
    size = min(max(heights[len(heights) // 2] / 2, 16), 40) if heights else 16  # half the median
    for digit in digits:
        left, top, right, bottom = (scale * side for side in digit.box)
        color, middle = color_of(digit), (left + right) / 2
        draw.rectangle((left - 1, top - 1, right, bottom), outline=color, width=2)
        write(draw, (middle, max(top - 3, size)), digit.text, size, color, "mb")
        below = middle, min(bottom + 3, image.height - size / 2)
        write(draw, below, digit.percent, size / 2, color, "mt")
    return image


def color_of(digit: Digit) -> str:
    """Returns the color in which a digit is drawn."""
    return READ if digit.reason is None else REJECTED


def rescale(image: PillowImage, scale: float) -> PillowImage:
    """Returns an image in RGB, larger or smaller; enlarged pixels stay visible as squares."""
    from PIL import Image

    size = max(1, round(scale * image.width)), max(1, round(scale * image.height))
    method = Image.Resampling.BOX if scale < 1 else Image.Resampling.NEAREST
    return image.convert("RGB").resize(size, method)


def write(
    draw: ImageDraw, place: tuple[float, float], text: str, size: float, color: str, anchor: str
) -> None:
    """Writes text with a white outline, which is readable on any background.

    ``anchor`` is Pillow's code of the point of the text that is at ``place`` (x, y).
    """
    from PIL import ImageFont

    font = ImageFont.load_default(size)
    # The name of a class may have several lines, which Pillow does not place, and letters that its
    # font lacks.
    text = "".join(
        char if char.isascii() else letter_name(char) or char for char in printable(text)
    )
    draw.text(place, text, color, font, anchor, stroke_width=2, stroke_fill="white")


def stack(images: Iterable[PillowImage]) -> PillowImage:
    """Puts images below each other, on white; at least one."""
    from PIL import Image

    images, gap = list(images), 16
    height = sum(image.height + gap for image in images) - gap
    page = Image.new("RGB", (max(image.width for image in images), height), "white")
    top = 0
    for image in images:
        page.paste(image, (0, top))
        top += image.height + gap
    return page
