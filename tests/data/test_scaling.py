"""Scaling from pixels to inputs."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.data.scaling import PixelScaling

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 7), dtype=np.uint8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-1.0, 1.0), (-3.0, 2.0)])
def test_pixels_are_mapped_to_the_range(dtype: type, low: float, high: float) -> None:
    """0 becomes low, 255 becomes high, and everything between lies on a line."""
    inputs = PixelScaling.to_range(low, high)(PIXELS, dtype)
    assert inputs.dtype == dtype
    np.testing.assert_allclose(inputs, np.interp(PIXELS, [0, 255], [low, high]), atol=1e-6)


def test_gathered_rows_equal_scaled_rows() -> None:
    """Rows may repeat; the result is written into the given array."""
    scaling, rows = PixelScaling.to_range(-1, 1), np.array([3, 0, 3])
    out = np.empty((3, 7), np.float32)
    assert scaling.gather(PIXELS, rows, out) is out
    np.testing.assert_array_equal(out, scaling(PIXELS)[rows])
