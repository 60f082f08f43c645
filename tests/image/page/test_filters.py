"""The filters, compared with SciPy's."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.image.page.filters import close, dilate

ndimage = pytest.importorskip("scipy.ndimage")
NOISE = np.random.default_rng(3).integers(0, 256, (37, 53), dtype=np.uint8)


@pytest.mark.parametrize("half", [1, 5, 40])
def test_dilate(half: int) -> None:
    """The largest value in a square window; beyond the image lies black."""
    expected = ndimage.maximum_filter(NOISE, size=2 * half + 1, mode="constant", cval=0)
    assert np.array_equal(dilate(NOISE, half), expected)


@pytest.mark.parametrize("half", [1, 3, 6])
def test_close(half: int) -> None:
    """Dilation, then erosion; away from the edge, where the two differ on purpose."""
    expected = ndimage.grey_closing(NOISE, size=2 * half + 1)
    inner = (slice(2 * half, -2 * half),) * 2
    assert np.array_equal(close(NOISE, half)[inner], expected[inner])


def test_close_along_one_axis() -> None:
    """A window of one pixel across; beyond the image its edge pixels are repeated."""
    padded = np.pad(NOISE, ((9, 9), (0, 0)), mode="edge")
    expected = ndimage.grey_closing(padded, size=(7, 1))[9:-9]
    assert np.array_equal(close(NOISE, 3, axis=0), expected)
    assert np.array_equal(close(NOISE.T, 3, axis=1), expected.T)


def test_close_paints_over_a_stroke_that_leaves_the_image() -> None:
    """A stroke is narrow at the edge too; a table is not."""
    page = np.full((40, 60), 200, dtype=np.uint8)
    page[:25, 30:33] = 40
    assert (close(page, 5) == 200).all()
    page[:, 45:] = 40
    assert (close(page, 5)[:, 45:] == 40).all()
