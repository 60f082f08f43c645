"""A brush of any width, drawn along the samples of curves without a loop over pixels.

    field = Gyᵀ diag(w) Gx,    G[s, i] = exp(−(p_s − i)² / 2σ²)       (R, R), two factors per sample
    d² = −2σ² log field                                               squared distance from the curve
    ink = (r − d) / e + ½, from 0 to 1                                radius r, soft edge of width e

A Gaussian in two dimensions is the product of two in one, so that the field is a product of matrices.
With w_s the length of curve around a sample over √(2π) σ, a straight line has the field exp(−d²/2σ²)
exactly: d is its distance. Elsewhere d is a smooth minimum of distances. It is a little smaller where
curves meet, as if ink gathered there.
"""

from __future__ import annotations

import numpy as np

from inkling._types import BoolArray, ByteArray, FloatArray

SIDE = 48
"""R, the side of the page, in pixels."""
SIGMA = np.float32(0.6)
"""σ, in pixels: with samples 1.6 σ apart a line is even to a thousandth; most radii are larger."""
FARTHEST = np.float32(40.0)
"""The largest exponent. Beyond 5.4 pixels every distance is the same, and no product underflows."""


def draw_lines(
    samples: FloatArray,
    inked: BoolArray,
    radius: FloatArray,
    edge: FloatArray,
    pressure: FloatArray,
) -> ByteArray:
    """Draws pages (B, R, R), uint8, 0 paper to 255 ink.

    Args:
        samples: (B, S, 2), x and y in pixels, in the order of writing.
        inked: (B, S), whether the line from the sample before to this one is drawn.
        radius: (B, 1), r in pixels, at most 4.
        edge: (B, 1), e in pixels.
        pressure: (B, S), the relative change of r² at each sample, small against 1.
    """
    weights = _lengths(samples, inked) / (np.sqrt(2 * np.pi, dtype=np.float32) * SIGMA)
    # exp(c) more field is 2σ² c less squared distance, and so as much more squared radius.
    weights *= np.exp(radius**2 * pressure / (2 * SIGMA**2))
    pixels = np.arange(SIDE, dtype=np.float32) + np.float32(0.5)
    exponents = samples[..., np.newaxis] - pixels  # (B, S, 2, R)
    np.multiply(exponents, exponents, out=exponents)
    exponents /= 2 * SIGMA**2
    np.minimum(exponents, FARTHEST, out=exponents)  # also because denormal numbers are slow
    factors = np.exp(np.negative(exponents, out=exponents), out=exponents)
    columns, rows = factors[:, :, 0], factors[:, :, 1] * weights[..., np.newaxis]
    field = rows.swapaxes(1, 2) @ columns
    distance = SIGMA * np.sqrt(np.maximum(-2 * np.log(np.maximum(field, 1e-36)), 0))
    ink = (radius[..., np.newaxis] - distance) / edge[..., np.newaxis] + np.float32(0.5)
    pages: ByteArray = np.rint(255 * ink.clip(0, 1)).astype(np.uint8)
    return pages


def _lengths(samples: FloatArray, inked: BoolArray) -> FloatArray:
    """Returns the length (B, S) of drawn line around each sample, half of that to its neighbors."""
    steps = np.diff(samples, axis=1)
    half = np.sqrt(np.einsum("bsi,bsi->bs", steps, steps)) * inked[:, 1:] / 2
    lengths = np.zeros(inked.shape, np.float32)
    lengths[:, 1:] += half
    lengths[:, :-1] += half
    return lengths
