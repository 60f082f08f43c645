"""Augmentation: random changes of training images, which simulate writing each one again.

    images → stroke width → shift, rotation, scale, slant and elastic distortion → images
    (N, H, W)  stroke.py                        warp.py                           (N, H, W)

A fully connected network has to learn from examples that a slanted or shifted digit is the same digit.
Training changes each chunk of images just before it is used.

Reference:
    Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied to visual
    document analysis", ICDAR 2003; Cireşan et al., "Deep, big, simple neural nets for handwritten digit
    recognition", Neural Computation 22 (2010), who add rotations, slants and scales.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from inkling._checks import check_array, check_range, check_shape, complain
from inkling._types import ByteArray, FloatArray
from inkling.data.augmentation.stroke import change_strokes
from inkling.data.augmentation.warp import MARGIN, interpolate, map_basis, put_on_pages
from inkling.errors import ShapeError

SIDE = 28  # the side of an image for which lengths are given; they scale with the image
BLOCK_PIXELS = 48 * SIDE**2  # the arrays for 48 images of MNIST fit into the cache of a CPU core
LARGEST_SIDE = 1000  # float32 represents the pixel numbers of such a page exactly
CHANGES = 7  # random numbers per image before those of its elastic field


@dataclass(frozen=True)
class Augmentation:
    """Random changes of images; each strength is the maximum, in either direction, drawn uniformly.

    The pixel at p of a new image is the old image, bilinear between pixels and 0 outside, at

        q = c − shift + S⁻¹ K⁻¹ T⁻¹ (p − c) + d(p)

    where c is the middle (H/2, W/2), T rotates, K slants, S scales and d is the elastic field. Random
    numbers are drawn image by image, in this order: shift down and right, rotation, scale down and
    across, slant, stroke width, then the numbers of the elastic field down and across, if there is one.
    The result therefore depends on the generator and not on the number of images per call. Lengths are
    in pixels of an image whose longer side is 28, and scale with that side.

    Args:
        shift: pixels along each axis, in [0, 28].
        rotate: degrees, in [0, 180].
        scale: the factor of each axis is from 1/(1 + scale) to 1 + scale, in [0, 1].
        shear: the slant, as the tangent of the angle by which an upright stroke leans, in [0, 1].
        elastic_alpha: Simard's α, the strength of the elastic field, in [0, 1000]: smoothed
            noise from [−1, 1], times α. The root mean square displacement per axis is α / (σ √(12 π)):
            1.4 pixels for α = 34, σ = 4.
        elastic_sigma: Simard's σ, the smoothness of the field in pixels, in [0.5, 28].
        stroke: pixels by which the edges of a stroke move outward, in [0, 1]; inward its square.

    Raises:
        SettingError: if a strength is out of range.

    Example:
        >>> augment = Augmentation(shift=2, rotate=10, elastic_alpha=34)
        >>> images = np.zeros((3, 28, 28), dtype=np.uint8)
        >>> images[:, 4:24, 13:15] = 255  # three upright strokes
        >>> new = augment(images, rng=np.random.default_rng(0))
        >>> new.shape, new.dtype, bool((new[0] == new[1]).all())
        ((3, 28, 28), dtype('uint8'), False)
    """

    shift: float = 0.0
    rotate: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    elastic_alpha: float = 0.0
    elastic_sigma: float = 4.0
    stroke: float = 0.0

    def __post_init__(self) -> None:
        ranges = {
            "shift": (0, SIDE),
            "rotate": (0, 180),
            "scale": (0, 1),
            "shear": (0, 1),
            "elastic_alpha": (0, 1000),
            "elastic_sigma": (0.5, SIDE),
            "stroke": (0, 1),
        }
        for name, (low, high) in ranges.items():
            strength = getattr(self, name)
            check_range("Augmentation", name, strength, low=low, high=high)
            object.__setattr__(self, name, float(strength))  # a NumPy scalar would widen float32

    def __call__(self, images: ByteArray, *, rng: np.random.Generator) -> ByteArray:
        """Returns randomly changed copies of images (N, H, W), uint8, from 0 (paper) to 255 (ink).

        Raises:
            ShapeError: if the shape or dtype is wrong, or a side is not 1 to 1,000 pixels long.
        """
        _check_images(images)
        n_images, height, width = images.shape
        unit = _unit(height, width)
        sigma = self.elastic_sigma * unit if self.elastic_alpha else None
        rows, columns = map_basis(height, sigma), map_basis(width, sigma)
        transposed = np.ascontiguousarray(columns.T)  # in this layout BLAS starts no threads
        new = np.empty(images.shape, np.uint8)
        block = max(BLOCK_PIXELS // (height * width), 1)
        for start in range(0, n_images, block):
            pages = put_on_pages(images[start : start + block])
            coefficients = np.zeros((len(pages), 2, rows.shape[1], columns.shape[1]), np.float32)
            smooth = coefficients[:, :, 2:, 2:]
            draws = rng.random((len(pages), CHANGES + smooth[0].size), dtype=np.float32) * 2 - 1
            if self.stroke:
                change_strokes(pages, min(self.stroke * unit, 1) * draws[:, CHANGES - 1])
            self._set_affine_part(coefficients, draws, height, width)
            smooth[...] = draws[:, CHANGES:].reshape(smooth.shape)
            # The field scales with α / σ, and σ already contains the unit once: α needs it twice.
            smooth *= self.elastic_alpha * unit**2
            coordinates = rows @ (coefficients @ transposed)
            new[start : start + block] = interpolate(pages, coordinates[:, 0], coordinates[:, 1])
        return new

    def _set_affine_part(
        self, coefficients: FloatArray, draws: FloatArray, height: int, width: int
    ) -> None:
        """Writes c − shift and S⁻¹ K⁻¹ T⁻¹ into the coefficients of the constant and of the slopes.

        The axes are in the order down, across:

            T = ⎡cos −sin⎤    K = ⎡ 1  0⎤    S = ⎡scale₀    0  ⎤
                ⎣sin  cos⎦        ⎣−k  1⎦        ⎣   0   scale₁⎦
        """
        middle = np.array([height / 2, width / 2], np.float32)
        shift = self.shift * _unit(height, width) * draws[:, :2]
        angle = math.radians(self.rotate) * draws[:, 2]
        scale = (1 + self.scale) ** draws[:, 3:5]
        slant = self.shear * draws[:, 5]
        sine, cosine = np.sin(angle), np.cos(angle)
        coefficients[:, :, 0, 0] = middle + MARGIN - shift
        coefficients[:, 0, 1, 0] = cosine / scale[:, 0]
        coefficients[:, 0, 0, 1] = sine / scale[:, 0]
        coefficients[:, 1, 1, 0] = (slant * cosine - sine) / scale[:, 1]
        coefficients[:, 1, 0, 1] = (slant * sine + cosine) / scale[:, 1]


AUGMENTATIONS: dict[str, Augmentation | None] = {
    "none": None,
    "affine": Augmentation(shift=1, rotate=10, scale=0.15, shear=0.2),
    "elastic": Augmentation(
        shift=1, rotate=10, scale=0.15, shear=0.2, elastic_alpha=36, elastic_sigma=5, stroke=0.5
    ),
    "simard": Augmentation(elastic_alpha=34, elastic_sigma=4),
}
"""The augmentations by name. None changes nothing."""


def _unit(height: int, width: int) -> float:
    """Returns how many pixels of an image correspond to one of MNIST."""
    return max(height, width) / SIDE


def _check_images(images: ByteArray) -> None:
    check_array("Augmentation", "images", images)
    if images.dtype != np.uint8:
        advice = "augment images before they are scaled"
        raise ShapeError(complain("Augmentation", "images of uint8", images.dtype, advice))
    advice = "augment images before they are flattened" if images.ndim == 2 else ""
    check_shape("Augmentation", "images", images, ("N", "H", "W"), advice)
    if not 1 <= min(images.shape[1:]) <= max(images.shape[1:]) <= LARGEST_SIDE:
        expected = f"images of 1 to {LARGEST_SIDE} pixels per side"
        raise ShapeError(complain("Augmentation", expected, images.shape))
