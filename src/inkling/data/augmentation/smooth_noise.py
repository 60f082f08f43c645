"""Smooth random fields, such as the one that bends a digit elastically.

    field = L G Lᵀ,    G (R, R) a few random numbers,    L (H, R) ``smooth_basis``

Simard's recipe draws a random number for every pixel and smooths them with a Gaussian of σ pixels, which
leaves few independent numbers: 11 a side instead of 28 at σ = 4. Here those few are drawn directly, so
every image gets a field of its own for the price of one draw and two small products. ``warp.py`` adds
the fields to shifts and turns.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from inkling._types import FloatArray

REACH = 4.0
"""How far the Gaussian is followed, in σ; 1/3000 of its height is left there."""
NEGLECTED = 1e-6
"""Share of the field's variance that may be missing: a thousandth of the displacement."""


@lru_cache(maxsize=16)
def smooth_basis(length: int, sigma: float) -> FloatArray:
    """Computes the L for which L G Lᵀ is white noise smoothed by a Gaussian.

    Smoothing is linear: noise N on an area that reaches beyond the image on all sides becomes K N Kᵀ,
    where row i of K holds the Gaussian around pixel i. So any L with L Lᵀ = K Kᵀ gives fields with the
    same covariance between any two pixels, and the shortest takes the largest eigenvalues:

        K Kᵀ = U Λ Uᵀ,    L = U √Λ

    For normal numbers G the fields have the very distribution of smoothed normal noise. For even ones,
    which are cheaper to draw, mean and covariance are those of smoothed even noise.

    Args:
        length: H, pixels of one side.
        sigma: σ of the Gaussian in pixels, in (0, ∞).

    Returns:
        (H, R), float32, read-only; R ≤ H, smaller for a larger σ.

    Example:
        >>> smooth_basis(28, 4.0).shape
        (28, 11)
        >>> rng = np.random.default_rng(0)
        >>> basis = smooth_basis(28, 4.0)
        >>> field = basis @ rng.uniform(-1, 1, (11, 11)) @ basis.T
        >>> bool(np.abs(np.diff(field)).max() < field.std() / 2)  # neighbours differ little
        True

    Reference:
        Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied to
        visual document analysis", ICDAR 2003, section 2.
    """
    smoothing = _smoothing_matrix(length, sigma)
    eigenvalues, vectors = np.linalg.eigh(smoothing @ smoothing.T)
    eigenvalues, vectors = eigenvalues[::-1], vectors[:, ::-1]
    kept = np.cumsum(eigenvalues) / eigenvalues.sum()
    rank = int(np.searchsorted(kept, 1 - NEGLECTED)) + 1
    # An eigenvector may point either way, and libraries differ; the first pixel decides.
    vectors = vectors[:, :rank] * np.where(vectors[0, :rank] < 0, -1, 1)
    basis: FloatArray = (vectors * np.sqrt(eigenvalues[:rank])).astype(np.float32)
    basis.flags.writeable = False  # it is shared by all who ask for the same one
    return basis


def _smoothing_matrix(length: int, sigma: float) -> FloatArray:
    """K (H, H + 2 reach): row i is the Gaussian around pixel i, each row's sum 1."""
    reach = int(REACH * sigma + 0.5)
    distances = np.arange(length + 2 * reach) - np.arange(reach, reach + length)[:, None]
    weights = np.exp(-0.5 * (distances / sigma) ** 2) * (np.abs(distances) <= reach)
    matrix: FloatArray = weights / weights[0].sum()
    return matrix
