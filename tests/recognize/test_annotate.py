"""Drawing what was read: boxes where the digits are, in the colour of the verdict."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageColor

from inkling.recognize.annotate import LARGEST, READ, REFUSED, SMALLEST, annotate, png, stack
from inkling.recognize.recognizer import Digit


def digit(box: tuple[int, int, int, int], reason: str | None = None) -> Digit:
    """A 4, or what was refused, in a box."""
    label = None if reason else "4"
    return Digit(4 if label else None, reason, 0.93, (0.93,), box, label=label)


def has_colour(picture: Image.Image, colour: str) -> NDArray[np.bool_]:
    """Where a picture has a colour, (H, W)."""
    same = np.asarray(picture) == np.array(ImageColor.getrgb(colour))
    return np.asarray(same.all(axis=2))


def test_a_box_round_each_digit() -> None:
    """At its place, blue where it was read and orange where not; grey elsewhere."""
    grey = np.full((600, 1000), 200, np.uint8)
    picture = annotate(grey, [digit((100, 200, 160, 300)), digit((400, 200, 460, 300), "unsure")])
    assert picture.size == (1000, 600)
    for colour, left in ((READ, 100), (REFUSED, 400)):
        there = has_colour(picture, colour)
        assert there[200:300, left - 1].all()
        assert there[200:300, left + 60].all()
        assert there[199, left : left + 60].all()
        assert there[300, left : left + 60].all()
        assert not there[:, :90].any()
        assert there[150:195, left : left + 60].any()  # the digit above
        assert there[302:330, left : left + 60].any()  # its confidence below
    assert (np.asarray(picture)[420:] == 200).all()


@pytest.mark.parametrize("shape", [(28, 28), (50, 300), (4000, 3000), (1, 1), (3, 5000)])
def test_size(shape: tuple[int, int]) -> None:
    """Small pictures are enlarged, large ones shrunk, in the same proportions."""
    picture = annotate(np.zeros(shape, np.uint8), [digit((0, 0, shape[1], shape[0]))])
    assert SMALLEST <= max(picture.size) <= LARGEST
    assert picture.width / picture.height == pytest.approx(shape[1] / shape[0], rel=0.7)


def test_stack_and_png() -> None:
    """Under each other on white, and back from the file as they were."""
    one, other = Image.new("RGB", (30, 20), "red"), Image.new("RGB", (50, 10), "blue")
    page = Image.open(io.BytesIO(png(stack([one, other]))))
    assert page.size == (50, 20 + 16 + 10)
    pixels = np.asarray(page)
    assert (pixels[:20, :30] == (255, 0, 0)).all()
    assert (pixels[36:] == (0, 0, 255)).all()
    assert (pixels[:36, 30:] == 255).all()
