"""Smooth random fields against SciPy's Gaussian filter."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

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


def test_a_smoother_field_needs_fewer_numbers() -> None:
    """11 per side for σ = 4; without smoothing one per pixel."""
    assert [smooth_basis(28, sigma).shape[1] for sigma in (0.1, 4.0)] == [28, 11]


def test_the_basis_is_unique_and_read_only() -> None:
    """The first pixel's values are positive, whatever sign the library gives an eigenvector."""
    assert (smooth_basis(28, 4.0)[0] > 0).all()
    with pytest.raises(ValueError, match="read-only"):
        smooth_basis(13, 2.0)[0, 0] = 1
