"""Images with what was read: boxes where the digits are, in the color of the answer."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageColor

from inkling.recognize.annotate import LARGEST, READ, REJECTED, SMALLEST, annotate, stack
from inkling.recognize.reading import Digit


def digit(box: tuple[int, int, int, int], reason: str | None = None) -> Digit:
    """A 4, or a rejected place, in a box."""
    label = None if reason else "4"
    return Digit(4 if label else None, reason, 0.93, (0.93,), box, label=label)


def where(image: Image.Image, color: str) -> NDArray[np.bool_]:
    """Where an image has a color, (H, W)."""
    same = np.asarray(image) == np.array(ImageColor.getrgb(color))
    return np.asarray(same.all(axis=2))


def test_a_box_around_each_digit() -> None:
    """It is blue if the digit was read, orange if not, with text above and below."""
    gray = np.full((600, 1000), 200, np.uint8)
    image = annotate(gray, [digit((100, 200, 160, 300)), digit((400, 200, 460, 300), "unsure")])
    assert image.size == (1000, 600)
    for color, left in ((READ, 100), (REJECTED, 400)):
        there = where(image, color)
        assert there[200:300, left - 1].all()
        assert there[300, left : left + 60].all()
        assert there[150:195, left : left + 60].any()  # the digit above
        assert there[302:330, left : left + 60].any()  # its confidence below
    assert (np.asarray(image)[420:] == 200).all()


def test_a_class_name_of_several_lines() -> None:
    """It is written in one, escaped."""
    gray = np.full((600, 1000), 200, np.uint8)
    box = (100, 200, 160, 300)
    images = [
        annotate(gray, [Digit(4, None, 0.93, (0.93,), box, label=label)])
        for label in ("a\nb", "a\\nb")
    ]
    assert images[0] == images[1]


@pytest.mark.parametrize("shape", [(28, 28), (4000, 3000), (1, 1), (3, 5000)])
def test_size(shape: tuple[int, int]) -> None:
    """Small images are enlarged, large ones shrunk, in the same proportions."""
    image = annotate(np.zeros(shape, np.uint8), [digit((0, 0, shape[1], shape[0]))])
    assert SMALLEST <= max(image.size) <= LARGEST
    assert image.width / image.height == pytest.approx(shape[1] / shape[0], rel=0.05)


def test_stack() -> None:
    """The images are below each other, on white."""
    images = [Image.new("RGB", (30, 20), "red"), Image.new("RGB", (50, 10), "blue")]
    pixels = np.asarray(stack(images))
    assert pixels.shape == (20 + 16 + 10, 50, 3)
    assert (pixels[:20, :30] == (255, 0, 0)).all()
    assert (pixels[36:] == (0, 0, 255)).all()
    assert (pixels[:36, 30:] == 255).all()
