"""The filters, beside SciPy's."""

from __future__ import annotations

import numpy as np
import pytest

from inkling._types import ByteArray
from inkling.image.page.filters import close, dilate, resample, shrink

ndimage = pytest.importorskip("scipy.ndimage")


@pytest.fixture
def noise() -> ByteArray:
    """Grey noise, 37 × 53 pixels."""
    return np.random.default_rng(3).integers(0, 256, (37, 53), dtype=np.uint8)


@pytest.mark.parametrize("half", [1, 3, 5, 11, 40])
def test_dilate(noise: ByteArray, half: int) -> None:
    """The largest value in a square window; beyond the picture lies black."""
    expected = ndimage.maximum_filter(noise, size=2 * half + 1, mode="constant", cval=0)
    assert np.array_equal(dilate(noise, half), expected)


@pytest.mark.parametrize("half", [1, 3, 6])
def test_close(noise: ByteArray, half: int) -> None:
    """Dilation, then erosion; away from the edge, where the two differ on purpose."""
    expected = ndimage.grey_closing(noise, size=2 * half + 1)
    inner = (slice(2 * half, -2 * half),) * 2
    assert np.array_equal(close(noise, half)[inner], expected[inner])


@pytest.mark.parametrize("axis", [0, 1])
def test_close_along_one_axis(noise: ByteArray, axis: int) -> None:
    """A window of one pixel across; the picture goes on beyond its edge as it ends."""
    size, margin = ((7, 1), ((9, 9), (0, 0))) if axis == 0 else ((1, 7), ((0, 0), (9, 9)))
    expected = ndimage.grey_closing(np.pad(noise, margin, mode="edge"), size=size)
    inner = expected[9:-9] if axis == 0 else expected[:, 9:-9]
    assert np.array_equal(close(noise, 3, axis), inner)


def test_close_paints_over_a_stroke_that_leaves_the_picture() -> None:
    """A stroke is narrow at the edge too; a table is not."""
    page = np.full((40, 60), 200, dtype=np.uint8)
    page[:25, 30:33] = 40
    assert (close(page, 5) == 200).all()
    page[:, 45:] = 40
    assert (close(page, 5)[:, 45:] == 40).all()


def test_shrink_takes_means() -> None:
    """Of blocks; those at the edge are of fewer pixels."""
    image = np.arange(35, dtype=np.uint8).reshape(5, 7) * 5
    small = shrink(image, 3)
    assert small.shape == (2, 3)
    blocks = [[image[y : y + 3, x : x + 3].mean() for x in (0, 3, 6)] for y in (0, 3)]
    assert np.abs(small - np.array(blocks)).max() <= 0.5


def test_resample() -> None:
    """By area where it shrinks, so that nothing is skipped; smoothly where it grows."""
    image = np.zeros((30, 42), dtype=np.uint8)
    image[:, ::2] = 200
    assert (resample(image, (15, 21)) == 100).all()
    ramp = resample(np.array([[0, 100]], dtype=np.uint8), (1, 7)).astype(int)
    assert (np.diff(ramp) >= 0).all()
    assert len(np.unique(ramp)) > 4
    assert resample(image, (30, 42)) is image
