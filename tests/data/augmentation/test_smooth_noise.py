"""Smooth random fields against SciPy's Gaussian filter."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from inkling._types import FloatArray
from inkling.data.augmentation.smooth_noise import smooth_basis

SIZES = [(28, 4.0), (28, 1.5), (28, 9.0), (17, 2.5), (9, 0.3)]


def smoothing_matrix(length: int, sigma: float) -> FloatArray:
    """SciPy's filter as a matrix (H, H + 2 M), for noise that goes on M pixels beyond the image."""
    margin = int(np.ceil(6 * sigma))
    wide = np.eye(length + 2 * margin)
    filtered = gaussian_filter1d(wide, sigma, axis=0, mode="constant")
    matrix: FloatArray = filtered[margin : margin + length]
    return matrix


@pytest.mark.parametrize(("length", "sigma"), SIZES)
def test_covariance_is_that_of_filtered_noise(length: int, sigma: float) -> None:
    """L Lᵀ = K Kᵀ: any two pixels are as much alike as after SciPy's filter."""
    basis = smooth_basis(length, sigma).astype(np.float64)
    smoothing = smoothing_matrix(length, sigma)
    wanted = smoothing @ smoothing.T
    np.testing.assert_allclose(basis @ basis.T, wanted, atol=2e-5 * wanted.max())


@pytest.mark.parametrize(("length", "sigma"), SIZES)
def test_filtered_noise_is_a_combination_of_the_basis(length: int, sigma: float) -> None:
    """Noise filtered by SciPy, in both directions, is L G Lᵀ up to a thousandth of its size."""
    margin = int(np.ceil(6 * sigma))
    noise = np.random.default_rng(3).uniform(-1, 1, (length + 2 * margin,) * 2)
    inside = slice(margin, margin + length)
    field = gaussian_filter(noise, sigma, mode="constant")[inside, inside]
    basis = smooth_basis(length, sigma).astype(np.float64)
    inverse = np.linalg.pinv(basis)
    rebuilt = basis @ (inverse @ field @ inverse.T) @ basis.T
    assert np.sqrt(np.mean((rebuilt - field) ** 2)) < 3e-3 * field.std()


def test_a_smoother_field_needs_fewer_numbers() -> None:
    """The numbers of a side fall with σ; without smoothing there is one for each pixel."""
    ranks = [smooth_basis(28, sigma).shape[1] for sigma in (0.1, 2.0, 4.0, 8.0)]
    assert ranks == sorted(ranks, reverse=True)
    assert ranks[0] == 28
    assert ranks[2] < 14


def test_the_basis_is_shared_and_cannot_be_changed() -> None:
    """One who writes into it would change it for all."""
    basis = smooth_basis(13, 2.0)
    assert smooth_basis(13, 2.0) is basis
    with pytest.raises(ValueError, match="read-only"):
        basis[0, 0] = 1


def test_eigenvectors_point_one_way() -> None:
    """The first pixel's values are positive, so that the library's free choice of sign plays no part."""
    assert (smooth_basis(28, 4.0)[0] > 0).all()
