"""Smooth random fields, such as the displacements of an elastic distortion.

    field = L G Lᵀ,    G (R, R) a few random numbers,    L (H, R) ``smooth_basis``

Simard's recipe draws a random number per pixel and smooths them with a Gaussian of σ pixels. Few of the
results are independent: 11 per side instead of 28 at σ = 4. Here those few are drawn directly, so that
each image gets its own field for one draw and two small products.

Reference:
    Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied to visual
    document analysis", ICDAR 2003, section 2.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from inkling._types import FloatArray

REACH = 4.0  # where the Gaussian is cut off, in σ; it has fallen to 1/3000 of its height there
NEGLECTED = 1e-6  # share of the field's variance that may be missing: 1/1000 of the displacement


@lru_cache(maxsize=16)
def smooth_basis(length: int, sigma: float) -> FloatArray:
    """Computes the L (H, R) for which L G Lᵀ is white noise smoothed by a Gaussian of σ pixels.

    Smoothing is linear: noise N on an area that extends beyond the image on all sides becomes K N Kᵀ,
    where row i of K is the Gaussian around pixel i. Therefore any L with L Lᵀ = K Kᵀ gives fields with
    the same covariance between any two pixels. The smallest such L uses the largest eigenvalues:

        K Kᵀ = U Λ Uᵀ,    L = U √Λ

    R ≤ H is smaller for a larger σ. For normal G the fields have exactly the distribution of smoothed
    normal noise. For uniform G, which is cheaper to draw, mean and covariance are those of smoothed
    uniform noise.
    """
    reach = int(REACH * sigma + 0.5)
    distances = np.arange(length + 2 * reach) - np.arange(reach, reach + length)[:, None]
    weights = np.exp(-0.5 * (distances / sigma) ** 2) * (np.abs(distances) <= reach)
    smoothing = weights / weights[0].sum()  # K (H, H + 2 reach); each row sums to 1
    eigenvalues, vectors = np.linalg.eigh(smoothing @ smoothing.T)
    eigenvalues, vectors = eigenvalues[::-1], vectors[:, ::-1]
    kept = np.cumsum(eigenvalues) / eigenvalues.sum()
    rank = int(np.searchsorted(kept, 1 - NEGLECTED)) + 1
    # The sign of an eigenvector differs between libraries; the first pixel decides.
    vectors = vectors[:, :rank] * np.where(vectors[0, :rank] < 0, -1, 1)
    basis: FloatArray = (vectors * np.sqrt(eigenvalues[:rank])).astype(np.float32)
    basis.flags.writeable = False  # the cached array is shared
    return basis
