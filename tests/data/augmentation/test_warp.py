"""Resampling through coordinate maps against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from inkling._types import ByteArray, FloatArray
from inkling.data.augmentation.smooth_noise import smooth_basis
from inkling.data.augmentation.warp import MARGIN, Warp, map_basis

B, H, W = 5, 7, 9
ROUNDING = 0.5 + 1e-3
"""The most that a rounded number differs from an exact one, with float32 near the middle of two."""


@pytest.fixture
def images() -> ByteArray:
    """Five images of noise, the hardest thing to interpolate."""
    return np.random.default_rng(0).integers(0, 256, (B, H, W), dtype=np.uint8)


def interpolate(images: ByteArray, coordinates: FloatArray) -> FloatArray:
    """SciPy's bilinear interpolation, each image at its own coordinates (B, 2, H, W), unrounded."""
    pairs = zip(images, coordinates, strict=True)
    return np.stack(
        [
            map_coordinates(image.astype(np.float64), where, order=1, mode="grid-constant")
            for image, where in pairs
        ]
    )


def resample(images: ByteArray, coordinates: FloatArray) -> ByteArray:
    """Inkling's, with a basis in which the coordinates of each pixel are a coefficient of its own."""
    height, width = images.shape[1:]
    warp = Warp(len(images), np.eye(height, dtype=np.float32), np.eye(width, dtype=np.float32))
    warp.load(images)
    warp.coefficients[...] = coordinates + MARGIN
    out = np.empty_like(images)
    warp.sample(out)
    return out


@pytest.mark.parametrize("reach", [0.4, 3.0, 40.0])
def test_bilinear_as_in_scipy(images: ByteArray, reach: float) -> None:
    """Points between pixels, at the edge, where ink meets the paper outside, and far beyond."""
    rng = np.random.default_rng(1)
    grid = np.indices((H, W)).astype(np.float32)
    coordinates = grid + rng.uniform(-reach, reach, (B, 2, H, W)).astype(np.float32)
    exact = interpolate(images, coordinates)
    assert np.abs(resample(images, coordinates) - exact).max() <= ROUNDING


@pytest.mark.parametrize("down", [-2, -1, 0, 1, 3])
@pytest.mark.parametrize("across", [-8, -1, 0, 2])
def test_whole_pixels_are_copied(images: ByteArray, down: int, across: int) -> None:
    """Looking at whole pixels gives those pixels and no mixture, and zeros outside."""
    rows, columns = np.mgrid[:H, :W] + np.array([down, across])[:, None, None]
    inside = (rows >= 0) & (rows < H) & (columns >= 0) & (columns < W)
    wanted = np.where(inside, images[:, rows % H, columns % W], 0)
    coordinates = np.broadcast_to(np.stack([rows, columns]), (B, 2, H, W))
    np.testing.assert_array_equal(resample(images, coordinates.astype(np.float32)), wanted)


def test_half_way_between_two_pixels() -> None:
    """By hand: the means of neighbours, and of the last pixel and the paper behind it."""
    image = np.array([[[100, 200, 40]]], dtype=np.uint8)
    coordinates = np.array([[[[0.0, 0.0, 0.0]], [[0.5, 1.25, 2.5]]]], dtype=np.float32)
    assert resample(image, coordinates).tolist() == [[[150, 160, 20]]]


def test_the_map_is_a_product_of_three_matrices(images: ByteArray) -> None:
    """coordinates = rows C columnsᵀ, for the row and the column that are looked at."""
    rng = np.random.default_rng(2)
    rows, columns = map_basis(H, 2.0), map_basis(W, 1.5)
    warp = Warp(B, rows, columns)
    warp.load(images)
    coefficients = rng.uniform(-0.8, 0.8, warp.coefficients.shape).astype(np.float32)
    coefficients[:, :, 0, 0] += (H / 2, W / 2)
    warp.coefficients[...] = coefficients
    out = np.empty_like(images)
    warp.sample(out)
    coordinates = np.einsum(
        "hr,bkrq,wq->bkhw", rows.astype(np.float64), coefficients.astype(np.float64), columns
    )
    assert np.abs(out - interpolate(images, coordinates - MARGIN)).max() <= ROUNDING


def test_a_smaller_block_after_a_larger_one(images: ByteArray) -> None:
    """The last block of a chunk is shorter; what an earlier one left in the arrays plays no part."""
    identity = [(np.eye(side, dtype=np.float32)) for side in (H, W)]
    warp = Warp(B, *identity)
    grid = np.indices((H, W)).astype(np.float32) + MARGIN
    warp.coefficients[...] = grid
    out = np.empty_like(images)
    warp.load(images)
    warp.sample(out)
    np.testing.assert_array_equal(out, images)
    fewer = 255 - images[:3]
    warp.load(fewer)
    warp.sample(out[:3])
    np.testing.assert_array_equal(out[:3], fewer)
    np.testing.assert_array_equal(out[3:], images[3:])


def test_basis_of_one_axis() -> None:
    """A constant, a ramp from the middle, then the smooth functions."""
    basis = map_basis(9, 2.0)
    np.testing.assert_array_equal(basis[:, 0], np.ones(9))
    np.testing.assert_array_equal(basis[:, 1], np.arange(9) - 4.5)
    np.testing.assert_array_equal(basis[:, 2:], smooth_basis(9, 2.0))
    assert map_basis(9, None).shape == (9, 2)
    with pytest.raises(ValueError, match="read-only"):
        basis[0, 0] = 2
