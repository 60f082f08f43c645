"""Stroke width against SciPy's gray-scale morphology."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import generate_binary_structure, grey_dilation, grey_erosion

from inkling.data.augmentation.stroke import change_strokes

CROSS = generate_binary_structure(2, 1)
"""A pixel and its four neighbors."""


def test_strokes_grow_and_shrink_as_in_scipy() -> None:
    """Each image by its own amount; the margin stays empty."""
    pages = np.zeros((5, 10, 12), np.float32)
    pages[:, 1:-2, 1:-2] = np.random.default_rng(0).integers(0, 256, (5, 7, 9))
    images = pages[:, 1:-2, 1:-2].astype(np.float64)
    amounts = np.array([0.7, -0.3, 0.0, -1.0, 1.0], np.float32)
    change_strokes(pages, amounts)
    for page, image, amount in zip(pages, images, amounts.astype(np.float64), strict=True):
        if amount >= 0:
            grown = grey_dilation(image, footprint=CROSS, mode="constant")
            expected = image + amount * (grown - image)
        else:
            shrunk = grey_erosion(image, footprint=CROSS, mode="constant")
            expected = np.minimum((1 - amount) * (image - amount * (shrunk - image)), image)
        np.testing.assert_allclose(page[1:-2, 1:-2], expected, atol=1e-3)
        page[1:-2, 1:-2] = 0
        assert not page.any()


def test_a_stroke_by_hand() -> None:
    """Three pixels wide: half the ink of a pixel more, or a quarter less, and full ink inside."""
    pages = np.zeros((3, 8, 12), np.float32)
    pages[:, 1:-2, 4:7] = 255
    change_strokes(pages, np.array([0.5, -0.5, 0.0], np.float32))
    assert pages[0, 3, 2:9].tolist() == [0, 127.5, 255, 255, 255, 127.5, 0]
    assert pages[1, 3, 2:9].tolist() == [0, 0, 191.25, 255, 191.25, 0, 0]
    assert pages[2, 3, 2:9].tolist() == [0, 0, 255, 255, 255, 0, 0]
