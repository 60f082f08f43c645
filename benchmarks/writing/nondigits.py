"""Images that are not digits, which a model should reject: the list, and how each is made.

    blank · noise · scribbles · ten letters unlike digits in five fonts

The same seed gives the same images, and the fonts come with Matplotlib. None of these generators is the
one that models learn to reject with (``inkling.data.synthetic.non_digits``), and it draws no letters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from inkling._types import ByteArray, FloatArray
from writing.strokes import PAD, draw

LETTERS = "AEFHKMNRWX"
"""Without B D I J L O Q S T U Y Z, which resemble digits, and a few others."""
FONTS = ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono-Bold", "STIXGeneralItalic", "cmr10")
EACH = 25
"""Images of each kind of noise and of scribbles."""
SIDE = 112
"""Side of an image of noise, in pixels."""


def all_nondigits(seed: int = 0) -> Iterator[tuple[str, str, ByteArray]]:
    """Yields group, kind and image (H, W), uint8."""
    rng = np.random.default_rng(seed)
    for level in (0, 64, 128, 200, 255):
        yield "blank", f"gray level {level}", np.full((PAD, PAD), level, np.uint8)
    for name in FONTS:
        for character in LETTERS:
            yield "letters", name, letter(character, name)
    for group, kinds in (("noise", NOISE), ("scribbles", SCRIBBLES)):
        for kind, make in kinds.items():
            for _ in range(EACH):
                yield group, kind, make(rng)


def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """Returns one of Matplotlib's fonts."""
    return ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/{name}.ttf", size)


def letter(character: str, name: str) -> ByteArray:
    """Draws a character in the middle of a pad, dark on white."""
    page, middle = Image.new("L", (PAD, PAD), 255), (PAD / 2, PAD / 2)
    ImageDraw.Draw(page).text(middle, character, font=font(name, 200), fill=0, anchor="mm")
    return np.asarray(page)


def _blurred(rng: np.random.Generator) -> FloatArray:
    grains = Image.fromarray(rng.integers(0, 256, (SIDE, SIDE), dtype=np.uint8))
    clouds = np.asarray(grains.filter(ImageFilter.GaussianBlur(6)), dtype=float)
    stretched: FloatArray = (clouds - clouds.min()) / np.ptp(clouds)
    return stretched


def _blobs(rng: np.random.Generator) -> ByteArray:
    clouds = _blurred(rng)
    return np.where(clouds > np.quantile(clouds, 0.75), 0, 255).astype(np.uint8)


NOISE: dict[str, Callable[[np.random.Generator], ByteArray]] = {
    "every gray level": lambda rng: rng.integers(0, 256, (SIDE, SIDE), dtype=np.uint8),
    "bell curve": lambda rng: rng.normal(200, 30, (SIDE, SIDE)).clip(0, 255).astype(np.uint8),
    "salt": lambda rng: np.where(rng.random((SIDE, SIDE)) < 0.1, 0, 255).astype(np.uint8),
    "coarse gray": lambda rng: rng.integers(0, 256, (28, 28), dtype=np.uint8),
    "coarse salt": lambda rng: np.where(rng.random((28, 28)) < 0.15, 0, 255).astype(np.uint8),
    "clouds": lambda rng: (255 * _blurred(rng)).astype(np.uint8),
    "blobs": _blobs,
}


def _brush(rng: np.random.Generator) -> float:
    return float(rng.uniform(0.05, 0.11))


def _round_line(rng: np.random.Generator, knots: int) -> FloatArray:
    """A line through random points, its corners rounded by a running mean."""
    steps = np.linspace(0, knots - 1, knots * 8)
    axes = [np.interp(steps, np.arange(knots), rng.random(knots)) for _ in range(2)]
    padded = [np.pad(axis, 8, mode="edge") for axis in axes]
    return np.stack([np.convolve(axis, np.full(8, 1 / 8), "valid") for axis in padded], axis=1)


def _scrawl(rng: np.random.Generator) -> ByteArray:
    return draw((_round_line(rng, int(rng.integers(10, 30))),), _brush(rng))


def _zigzag(rng: np.random.Generator) -> ByteArray:
    knots = int(rng.integers(6, 14))
    height = (np.arange(knots) % 2 + rng.normal(0, 0.1, knots)) * rng.uniform(0.4, 1)
    angle = rng.uniform(0, np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return draw((np.stack([np.linspace(0, 1, knots), height], axis=1) @ turn,), _brush(rng))


def _spiral(rng: np.random.Generator) -> ByteArray:
    turns = np.linspace(0, rng.uniform(3, 5) * 2 * np.pi, 120)
    line = np.stack([turns * np.cos(turns), turns * np.sin(turns)], axis=1)
    return draw((line,), 0.6 * _brush(rng))


def _strokes(rng: np.random.Generator) -> ByteArray:
    count = int(rng.integers(4, 8))
    lines = tuple(_round_line(rng, int(rng.integers(2, 5))) for _ in range(count))
    return draw(lines, _brush(rng))


def _hatching(rng: np.random.Generator) -> ByteArray:
    at = np.linspace(0, 1, int(rng.integers(5, 8)))
    upright = [np.array([[x, 0], [x + rng.normal(0, 0.05), 1]]) for x in at]
    level = [np.array([[0, y], [1, y]]) for y in at[:-1]]
    return draw((*upright, *level), 0.5 * _brush(rng))


SCRIBBLES: dict[str, Callable[[np.random.Generator], ByteArray]] = {
    "scrawl": _scrawl,
    "zigzag": _zigzag,
    "spiral": _spiral,
    "crossing strokes": _strokes,
    "hatching": _hatching,
}
