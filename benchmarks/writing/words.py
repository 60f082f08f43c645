"""Pictures of digits next to words: dates, prices, formulas, crossed-out digits.

    a line of text → digits by UNIPEN's pens, everything else in a font → page, and a box per character

A digit that is crossed out counts as something else, like a letter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw
from PIL.ImageFont import FreeTypeFont

from inkling._types import ByteArray, FloatArray
from writing.nondigits import font
from writing.strokes import Written

FONTS = (
    *("DejaVuSans", "DejaVuSans-Oblique", "DejaVuSerif-Italic", "DejaVuSansMono"),
    *("STIXGeneral", "STIXGeneralItalic", "cmss10", "cmti10", "cmr10"),
)
MONTHS = ("Jan", "Feb", "March", "April", "May", "June", "July", "Sept", "Oct", "Nov", "Dec")
UNITS = ("kg", "m", "km", "cm", "EUR", "Euro", "pounds", "cents", "Stk", "people", "pages")
NAMES = ("No.", "Nr.", "Room", "Zimmer", "page", "Seite", "Tel.", "total", "sum", "Haus", "seats")
CROSSED = "#"
"""Stands for a digit that is crossed out."""
CAP = 60
"""Height of a capital letter, in pixels."""


Box = tuple[float, float, float, float]
"""Left, top, right and bottom, in pixels."""


class Character(NamedTuple):
    """A character on a page."""

    text: str
    box: Box


def write_pages(
    digits: Sequence[Written], count: int, seed: int
) -> Iterator[tuple[ByteArray, list[Character]]]:
    """Yields pages (H, W), dark on light, of one to three lines, and what is written on them."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield _page([_line(rng) for _ in range(rng.integers(1, 4))], digits, rng)


def _line(rng: np.random.Generator) -> str:
    month, unit, name = (str(rng.choice(words)) for words in (MONTHS, UNITS, NAMES))
    a, b, c = (str(rng.integers(1, 10**size)) for size in (1, 2, 3))
    year, letter, other = f"{rng.integers(1900, 2100)}", *rng.choice(list("abcdefghkmnrstuxyz"), 2)
    kinds = (
        *(f"{b} {month} {year}", f"{month} {a}", f"{b}. {a}. {year}"),
        *(f"{unit} {c}", f"{b},{rng.integers(10, 99)} {unit}", f"{c} {unit}"),
        *(f"{b} {letter}", f"{b}{letter}", f"{name} {a}", f"{name} {c}"),
        *(f"{letter} = {b}", f"{other}({letter}) = {c}", f"({b})", f"[{c}]", f"{a}{letter} + {b}"),
        *(f"{CROSSED}{b}", f"{c} {CROSSED}", f"{a}{CROSSED}{b}", f"{name} {CROSSED}{c}"),
    )
    return str(rng.choice(kinds))


def _page(
    lines: list[str], digits: Sequence[Written], rng: np.random.Generator
) -> tuple[ByteArray, list[Character]]:
    """Returns lines of text in one font, their digits by one pen, and the characters of all lines."""
    width = 160 + max(map(len, lines)) * CAP
    page = Image.new("L", (width, 120 + 2 * CAP * len(lines)), 255)
    pencil = ImageDraw.Draw(page)
    face = font(str(rng.choice(FONTS)), 100)
    letters = face.font_variant(size=100 * CAP / (face.getbbox("H")[3] - face.getbbox("H")[1]))
    hand = Hand(digits, CAP * rng.uniform(0.95, 1.2), float(rng.uniform(4, 9)), rng)
    found: list[Character] = []
    for number, line in enumerate(lines):
        found += _write(pencil, line, 60 + 1.5 * CAP + 2 * CAP * number, letters, hand)
    return _photograph(page, rng), found


def _write(
    pencil: ImageDraw.ImageDraw, line: str, base: float, letters: FreeTypeFont, hand: Hand
) -> Iterator[Character]:
    """Writes a line of text on a base; yields its characters but spaces."""
    x = 60.0
    for text in line:
        if text.isdigit() or text == CROSSED:
            box = hand.write(pencil, text, x, base)
            x = box[2] + hand.gap()
        else:
            left, top, right, bottom = map(float, letters.getbbox(text, anchor="ls"))
            box = left + x, top + base, right + x, bottom + base
            pencil.text((x, base), text, 0, letters, anchor="ls")
            x += letters.getlength(text) + (0 if text == " " else 2)
        if text != " ":
            yield Character(text, box)


class Hand(NamedTuple):
    """What writes the digits of a page."""

    digits: Sequence[Written]
    height: float
    pen: float
    rng: np.random.Generator

    def write(self, pencil: ImageDraw.ImageDraw, text: str, x: float, base: float) -> Box:
        """Writes a digit, or one that is crossed out, with its left side at x; returns its box."""
        rng = self.rng
        wanted = int(rng.integers(10)) if text == CROSSED else int(text)
        able = [number for number, digit in enumerate(self.digits) if digit.label == wanted]
        one, height = self.digits[int(rng.choice(able))], self.height * rng.uniform(0.9, 1.1)
        strokes = _placed(one, x, base + rng.uniform(-3, 3), height)
        if text == CROSSED:
            strokes += _crossing(strokes, rng)
        for stroke in strokes:
            _draw(pencil, stroke, self.pen)
        points, half = np.concatenate(strokes), self.pen / 2
        (left, top), (right, bottom) = points.min(axis=0) - half, points.max(axis=0) + half
        return float(left), float(top), float(right), float(bottom)

    def gap(self) -> float:
        """Returns the distance to the next character."""
        return CAP * self.rng.uniform(0.1, 0.25) + self.pen / 2


def _photograph(page: Image.Image, rng: np.random.Generator) -> ByteArray:
    """Returns a page (H, W) in light that falls off to one side, with grain."""
    gray = np.asarray(page).astype(np.float32)
    light = rng.uniform(180, 250) * np.linspace(1, rng.uniform(0.7, 1), page.width)
    noisy = gray / 255 * (light - 40) + 40 + rng.normal(0, 2, gray.shape)
    return np.asarray(noisy.clip(0, 255).astype(np.uint8))


def _placed(one: Written, x: float, base: float, height: float) -> list[FloatArray]:
    """Returns the strokes of a digit on the page, y down, from a left side and a base."""
    points = np.concatenate(one.strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = height / max(high[1] - low[1], 0.5 * (high[0] - low[0]), 1e-9)
    return [(stroke - low) * (scale, -scale) + (x, base) for stroke in one.strokes]


def _crossing(strokes: list[FloatArray], rng: np.random.Generator) -> list[FloatArray]:
    """Returns two or three lines across strokes."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, CAP / 4) * 1.1
    ways = np.array([((-1, -1), (1, 1)), ((-1, 1), (1, -1)), ((-1, 0.2), (1, -0.2))])
    chosen = rng.permutation(3)[: rng.integers(2, 4)]
    return [middle + half * (way + rng.normal(0, 0.1, (2, 2))) for way in ways[chosen]]


def _draw(pencil: ImageDraw.ImageDraw, stroke: FloatArray, pen: float) -> None:
    line = [(float(x), float(y)) for x, y in stroke]
    if len(line) > 1:
        pencil.line(line, fill=0, width=round(pen))
    for x, y in line:
        pencil.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=0)
