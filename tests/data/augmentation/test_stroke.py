"""Stroke width against SciPy's grey-scale morphology."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import generate_binary_structure, grey_dilation, grey_erosion

from inkling._types import FloatArray
from inkling.data.augmentation.stroke import StrokeWidth

CROSS = generate_binary_structure(2, 1)
"""A pixel and its four neighbours."""


@pytest.fixture
def pages() -> FloatArray:
    """Five pages with images of 7 × 9 that have ink up to their edges."""
    pages = np.zeros((5, 10, 12), np.float32)
    pages[:, 1:-2, 1:-2] = np.random.default_rng(0).integers(0, 256, (5, 7, 9))
    return pages


def test_grows_and_shrinks_as_in_scipy(pages: FloatArray) -> None:
    """Each image by its own amount; beyond the image there is paper, before and after."""
    images = pages[:, 1:-2, 1:-2].astype(np.float64)
    amounts = np.array([0.7, -0.3, 0.0, -1.0, 1.0], np.float32)
    StrokeWidth(pages).change(amounts)
    for page, image, amount in zip(pages, images, amounts.astype(np.float64), strict=True):
        if amount >= 0:
            grown = grey_dilation(image, footprint=CROSS, mode="constant")
            wanted = image + amount * (grown - image)
        else:
            shrunk = grey_erosion(image, footprint=CROSS, mode="constant")
            wanted = np.minimum((1 - amount) * (image - amount * (shrunk - image)), image)
        np.testing.assert_allclose(page[1:-2, 1:-2], wanted, atol=1e-3)
        margin = page.copy()
        margin[1:-2, 1:-2] = 0
        assert not margin.any()


def test_a_stroke_by_hand() -> None:
    """Three pixels wide: a pixel of half the ink more, or a quarter less, and full ink inside."""
    pages = np.zeros((3, 8, 12), np.float32)
    pages[:, 1:-2, 4:7] = 255
    StrokeWidth(pages).change(np.array([0.5, -0.5, 0.0], np.float32))
    assert pages[0, 3, 2:9].tolist() == [0, 127.5, 255, 255, 255, 127.5, 0]
    assert pages[1, 3, 2:9].tolist() == [0, 0, 191.25, 255, 191.25, 0, 0]
    assert pages[2, 3, 2:9].tolist() == [0, 0, 255, 255, 255, 0, 0]


def test_a_thin_stroke_does_not_vanish() -> None:
    """One pixel wide, thinned by a: 1 − a² of its ink is left."""
    pages = np.zeros((3, 9, 11), np.float32)
    pages[:, 2:7, 5] = 200
    amounts = np.array([-0.25, -0.5, -0.75], np.float32)
    StrokeWidth(pages).change(amounts)
    np.testing.assert_allclose(pages[:, 4, 5], 200 * (1 - amounts**2), rtol=1e-6)


def test_fewer_pages_than_the_block_holds(pages: FloatArray) -> None:
    """Only as many pages are changed as amounts are given."""
    before = pages.copy()
    StrokeWidth(pages).change(np.full(3, 0.5, np.float32))
    np.testing.assert_array_equal(pages[3:], before[3:])
    assert (pages[:3] > before[:3]).any(axis=(1, 2)).all()
