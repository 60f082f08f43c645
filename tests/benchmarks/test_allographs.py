"""The benchmark that shows which allographs people write."""

from __future__ import annotations

import numpy as np

import allographs
from inkling.data.synthetic.pen import Pen


def test_a_drawing_is_nearest_to_its_own_allograph() -> None:
    """Three drawings of each of four unlike allographs are counted for these."""
    everyone = Pen().allographs
    chosen = [("0", "plain"), ("0", "long slash"), ("1", "bar"), ("1", "upstroke and foot")]
    pen = Pen([one for one in everyone if (str(one.digit), one.name) in chosen])
    rng = np.random.default_rng(0)
    drawings = pen.draw(np.repeat(np.arange(4), allographs.DRAWINGS), rng=rng)
    images = pen.draw(np.repeat(np.arange(4), 3), rng=rng, spread=0.3)
    labels = np.array([pen.allographs[number].digit for number in np.repeat(np.arange(4), 3)])
    counts = allographs.count_nearest(pen, drawings, images, labels)
    np.testing.assert_array_equal(counts, [3, 3, 3, 3])
