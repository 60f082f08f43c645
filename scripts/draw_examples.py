"""Draws the example digits of the page, one of each allograph, as squares in one picture.

    python scripts/draw_examples.py

Run it after a change of ``data/synthetic/allographs.toml``; a test compares the picture with the table.
"""

import numpy as np
from PIL import Image

from inkling.data.synthetic.pen import Pen
from inkling.page import STATIC

SEED = 17
SPREAD = 0.5  # close to the table, yet by hand
ACROSS = 14
GRAYS = 17  # steps between gray values: 16 levels, half the bytes


def main() -> None:
    """Writes ``page/static/examples.png``."""
    pen = Pen()
    digits = pen.draw(
        np.arange(len(pen.allographs)), rng=np.random.default_rng(SEED), spread=SPREAD
    )
    side = digits.shape[1]
    squares = (digits // GRAYS * GRAYS).reshape(-1, ACROSS, side, side)
    picture = Image.fromarray(squares.swapaxes(1, 2).reshape(-1, ACROSS * side))
    picture.quantize(16).save(STATIC / "examples.png", optimize=True)


if __name__ == "__main__":
    main()
