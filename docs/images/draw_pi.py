"""Draws ``pi.png``, digits to read in the first five minutes: ``python docs/images/draw_pi.py``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from inkling.data.synthetic.pen import default_pen

PICTURE = Path(__file__).with_name("pi.png")
ROWS = "3141", "5926"
SEED = 142
SPREAD = 0.5  # close to the table of allographs, yet by hand
SIDE, ACROSS, DOWN = 84, 72, 96  # pixels: of a digit, and from one to the next


def draw() -> Image.Image:
    """Returns the picture: dark ink on white paper."""
    pen, rng = default_pen(), np.random.default_rng(SEED)
    size = (len(ROWS[0]) * ACROSS + SIDE // 2, len(ROWS) * DOWN + SIDE // 4)
    page = Image.new("L", size, 255)
    for row, digits in enumerate(ROWS):
        numbers = pen.choose(np.array([int(digit) for digit in digits]), rng=rng)
        for column, ink in enumerate(pen.draw(numbers, rng=rng, spread=SPREAD)):
            digit = Image.fromarray(255 - ink).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
            page.paste(digit, (SIDE // 6 + column * ACROSS, SIDE // 8 + row * DOWN))
    return page


def main() -> None:
    """Writes the picture, in 16 grays."""
    draw().quantize(16).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
