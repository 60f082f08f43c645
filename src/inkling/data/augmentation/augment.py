"""Augmentation: every image a little different each time it is seen, as if written once more.

    images → stroke width → shift, turn, scale, slant and elastic bend → images
    (N, H, W)  stroke.py                 warp.py                         (N, H, W)

A network without convolutions does not know that a digit that leans or is moved by a pixel is the same
digit; it has to be shown. This file draws how each image is changed; training asks for that chunk by
chunk, after the sample orders of ``batches.py``.

Reference:
    Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied to visual
    document analysis", ICDAR 2003; Cireşan et al., "Deep, big, simple neural nets for handwritten digit
    recognition", Neural Computation 22 (2010), who add turns, slants and scales.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields

import numpy as np

from inkling._checks import check_range, check_shape, complain
from inkling._types import ByteArray, FloatArray
from inkling.data.augmentation.stroke import StrokeWidth
from inkling.data.augmentation.warp import MARGIN, Warp, map_basis
from inkling.errors import ShapeError

SIDE = 28
"""The side of an image for which lengths are meant as they are; they grow and shrink with the image."""
BLOCK_PIXELS = 48 * SIDE**2
"""Pixels worked on at a time: few enough for what 48 images of MNIST need to stay in a core's cache."""
LARGEST_SIDE = 1000
"""The largest side of an image; float32 numbers the pixels of a page exactly far beyond it."""
CHANGES = 7
"""Random numbers of an image before those of its elastic field."""


@dataclass(frozen=True)
class Augmentation:
    """Random changes of images; a strength is the most that happens, in either direction, evenly drawn.

    The pixel at p of a new image is what the old one shows at

        q = c − shift + S⁻¹ K⁻¹ T⁻¹ (p − c) + d(p)

    bilinear between pixels, with paper outside; c is the middle (H/2, W/2), T turns, K slants, S scales
    and d is the elastic field. Random numbers are drawn for one image after another, for each in this
    order: shift down and right, turn, scale down and across, slant, stroke width, then the elastic
    field's numbers down and across, if there is one. So the images depend on the generator alone, and
    not on how many are changed in one call.

    Lengths are in pixels of an image whose longer side is 28; for other images they go with that side.

    Args:
        shift: pixels along each axis, in [0, 28].
        rotate: degrees, in [0, 180].
        scale: each axis by a factor from 1/(1 + scale) to 1 + scale, in [0, 1].
        shear: slant; the tangent of the angle by which an upright stroke leans, in [0, 1].
        elastic_alpha: Simard's α, the strength of the elastic field, in [0, 1000]: noise drawn from
            [−1, 1], smoothed, times α. A pixel moves by α / (σ √(12 π)) on each axis in the root mean
            square: 1.4 pixels with α = 34, σ = 4.
        elastic_sigma: Simard's σ, the smoothness of the field in pixels, in [0.5, 28].
        stroke: pixels by which a stroke's edges move outwards, in [0, 1]; inwards it is the square.

    Raises:
        SettingError: a strength is out of its range.

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
        """Checks every strength."""
        ranges = {
            "shift": (0, SIDE),
            "rotate": (0, 180),
            "scale": (0, 1),
            "shear": (0, 1),
            "elastic_alpha": (0, 1000),
            "elastic_sigma": (0.5, SIDE),
            "stroke": (0, 1),
        }
        for field in fields(self):
            low, high = ranges[field.name]
            strength = getattr(self, field.name)
            check_range("Augmentation", field.name, strength, low=low, high=high)
            object.__setattr__(self, field.name, float(strength))

    def settings(self) -> dict[str, float]:
        """Returns the strengths as plain data for JSON; ``Augmentation(**settings)`` reads them."""
        return asdict(self)

    def __call__(self, images: ByteArray, *, rng: np.random.Generator) -> ByteArray:
        """Changes images at random.

        Args:
            images: (N, H, W), uint8, 0 paper to 255 ink; left as they are.
            rng: the source of random numbers.

        Returns:
            (N, H, W), uint8, new images.

        Raises:
            ShapeError: the images are of another shape or dtype, or a side is not of 1 to 1,000 pixels.
        """
        _check_images(images)
        n_images, height, width = images.shape
        unit = _unit(height, width)
        sigma = self.elastic_sigma * unit if self.elastic_alpha else None
        block = max(BLOCK_PIXELS // (height * width), 1)
        warp = Warp(min(block, n_images), map_basis(height, sigma), map_basis(width, sigma))
        pen = StrokeWidth(warp.pages) if self.stroke else None
        new = np.empty(images.shape, np.uint8)
        for start in range(0, n_images, block):
            old = images[start : start + block]
            coefficients = warp.coefficients[: len(old)]
            draws = _draw(CHANGES + coefficients[0, :, 2:, 2:].size, len(old), rng=rng)
            warp.load(old)
            if pen is not None:
                pen.change(min(self.stroke * unit, 1) * draws[:, CHANGES - 1])
            self._set_straight_part(coefficients, draws, height, width)
            smooth = coefficients[:, :, 2:, 2:]
            smooth[...] = draws[:, CHANGES:].reshape(smooth.shape)
            # The field's size goes with α / σ, and σ has taken the unit once: α takes it twice.
            smooth *= self.elastic_alpha * unit**2
            warp.sample(new[start : start + block])
        return new

    def _set_straight_part(
        self, coefficients: FloatArray, draws: FloatArray, height: int, width: int
    ) -> None:
        """Writes c − shift and S⁻¹ K⁻¹ T⁻¹ into the coefficients of the constant and of the slopes.

        In the order down, across:

            T = ⎡cos −sin⎤    K = ⎡ 1  0⎤    S = ⎡scale₀    0  ⎤
                ⎣sin  cos⎦        ⎣−k  1⎦        ⎣   0   scale₁⎦
        """
        middle = np.array([height / 2, width / 2], np.float32)
        shift = self.shift * _unit(height, width) * draws[:, :2]
        turn = math.radians(self.rotate) * draws[:, 2]
        scale = (1 + self.scale) ** draws[:, 3:5]
        slant = self.shear * draws[:, 5]
        sine, cosine = np.sin(turn), np.cos(turn)
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
"""The names that a setting or the command line may say. None changes nothing."""


def _unit(height: int, width: int) -> float:
    """Pixels of an image for a pixel of one of MNIST."""
    return max(height, width) / SIDE


def _draw(numbers: int, images: int, *, rng: np.random.Generator) -> FloatArray:
    """Returns (B, numbers) even random numbers in [−1, 1), float32, image by image."""
    draws = rng.random((images, numbers), dtype=np.float32)
    draws *= 2
    draws -= 1
    return draws


def _check_images(images: ByteArray) -> None:
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8:
        got = images.dtype if isinstance(images, np.ndarray) else type(images).__name__
        advice = "change images before they are scaled"
        raise ShapeError(complain("Augmentation", "images as an array of uint8", got, advice))
    advice = "change images before they are flattened" if images.ndim == 2 else ""
    check_shape("Augmentation", "images", images, ("N", "H", "W"), advice)
    if not 1 <= min(images.shape[1:]) <= max(images.shape[1:]) <= LARGEST_SIDE:
        expected = f"images of 1 to {LARGEST_SIDE} pixels a side"
        raise ShapeError(complain("Augmentation", expected, images.shape))
