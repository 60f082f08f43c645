"""Smooth random fields against SciPy's Gaussian filter."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from inkling.data.augmentation.smooth_noise import smooth_basis

SIZES = [(28, 4.0), (28, 1.5), (28, 9.0), (17, 2.5), (9, 0.3)]


@pytest.mark.parametrize(("length", "sigma"), SIZES)
def test_covariance_equals_that_of_filtered_noise(length: int, sigma: float) -> None:
    """L Lᵀ = K Kᵀ, with SciPy's filter as K, for noise that extends beyond the image."""
    margin = int(np.ceil(6 * sigma))
    wide = gaussian_filter1d(np.eye(length + 2 * margin), sigma, axis=0, mode="constant")
    smoothing = wide[margin : margin + length]
    basis = smooth_basis(length, sigma).astype(np.float64)
    expected = smoothing @ smoothing.T
    np.testing.assert_allclose(basis @ basis.T, expected, atol=2e-5 * expected.max())


@pytest.mark.parametrize(("length", "sigma"), SIZES)
def test_filtered_noise_is_a_combination_of_the_basis(length: int, sigma: float) -> None:
    """Noise filtered by SciPy in both directions is L G Lᵀ within a few thousandths."""
    margin = int(np.ceil(6 * sigma))
    noise = np.random.default_rng(3).uniform(-1, 1, (length + 2 * margin,) * 2)
    inside = slice(margin, margin + length)
    field = gaussian_filter(noise, sigma, mode="constant")[inside, inside]
    basis = smooth_basis(length, sigma).astype(np.float64)
    inverse = np.linalg.pinv(basis)
    rebuilt = basis @ (inverse @ field @ inverse.T) @ basis.T
    assert np.sqrt(np.mean((rebuilt - field) ** 2)) < 3e-3 * field.std()


def test_a_smoother_field_needs_fewer_numbers() -> None:
    """The rank decreases with σ; without smoothing it is the number of pixels."""
    ranks = [smooth_basis(28, sigma).shape[1] for sigma in (0.1, 2.0, 4.0, 8.0)]
    assert ranks == sorted(ranks, reverse=True)
    assert ranks[0] == 28
    assert ranks[2] < 14


def test_the_basis_is_unique_and_read_only() -> None:
    """The first pixel's values are positive, whatever sign the library gives an eigenvector."""
    assert (smooth_basis(28, 4.0)[0] > 0).all()
    with pytest.raises(ValueError, match="read-only"):
        smooth_basis(13, 2.0)[0, 0] = 1
