"""Interpolation at coordinates against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from inkling._types import ByteArray, FloatArray
from inkling.data.augmentation.smooth_noise import smooth_basis
from inkling.data.augmentation.warp import MARGIN, interpolate, map_basis, put_on_pages

B, H, W = 5, 7, 9
ROUNDING = 0.5 + 1e-3
"""The largest difference between a rounded and an exact value, with float32 near the middle of two."""


@pytest.fixture
def images() -> ByteArray:
    """Five images of noise, the hardest to interpolate."""
    return np.random.default_rng(0).integers(0, 256, (B, H, W), dtype=np.uint8)


def resample(images: ByteArray, coordinates: FloatArray) -> ByteArray:
    """Interpolates at coordinates (B, 2, H, W) of the images."""
    y, x = np.moveaxis(coordinates.astype(np.float32) + MARGIN, 1, 0)
    return interpolate(put_on_pages(images), y, x)


@pytest.mark.parametrize("distance", [0.4, 3.0, 40.0])
def test_bilinear_as_in_scipy(images: ByteArray, distance: float) -> None:
    """Points between pixels, at the edge, and far outside."""
    rng = np.random.default_rng(1)
    grid = np.indices((H, W)).astype(np.float32)
    coordinates = grid + rng.uniform(-distance, distance, (B, 2, H, W)).astype(np.float32)
    exact = [
        map_coordinates(image.astype(np.float64), points, order=1, mode="grid-constant")
        for image, points in zip(images, coordinates, strict=True)
    ]
    assert np.abs(resample(images, coordinates) - np.stack(exact)).max() <= ROUNDING


def test_halfway_between_two_pixels() -> None:
    """By hand: the means of neighbors, and of the last pixel and the empty one after it."""
    image = np.array([[[100, 200, 40]]], dtype=np.uint8)
    coordinates = np.array([[[[0.0, 0.0, 0.0]], [[0.5, 1.25, 2.5]]]])
    assert resample(image, coordinates).tolist() == [[[150, 160, 20]]]


def test_the_basis_of_one_axis() -> None:
    """A constant, a ramp from the middle, then the smooth functions."""
    basis = map_basis(9, 2.0)
    expected = np.column_stack([np.ones(9), np.arange(9) - 4.5, smooth_basis(9, 2.0)])
    np.testing.assert_array_equal(basis, expected)
    with pytest.raises(ValueError, match="read-only"):
        basis[0, 0] = 2
