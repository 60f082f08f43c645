"""Augmentation against SciPy, from the documented random numbers to the pixels."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import affine_transform, gaussian_filter, gaussian_filter1d, map_coordinates

from inkling._types import AnyArray, ByteArray, FloatArray
from inkling.data.augmentation.augment import AUGMENTATIONS, Augmentation
from inkling.data.augmentation.smooth_noise import smooth_basis
from inkling.errors import SettingError, ShapeError

ROUNDING = 0.5 + 2e-3
"""The largest difference between a rounded and an exact gray level, with float32 coordinates."""
AFFINE = Augmentation(shift=2.5, rotate=40, scale=0.4, shear=0.5)
SHAPES = [(28, 28), (7, 9), (31, 5)]


def noise(shape: tuple[int, ...]) -> ByteArray:
    """Images of noise, the hardest to interpolate."""
    return np.random.default_rng(7).integers(0, 256, shape, dtype=np.uint8)


def draws_of(seed: int, images: int, numbers: int) -> FloatArray:
    """The random numbers of each image, drawn as documented: image by image, in [−1, 1)."""
    draws = np.random.default_rng(seed).random(images * numbers, dtype=np.float32)
    return 2 * draws.reshape(images, numbers).astype(np.float64) - 1


def forward_matrix(augmentation: Augmentation, draw: FloatArray) -> FloatArray:
    """Rotation · slant · scale, in the order down, across: where a point of the old image goes."""
    angle = math.radians(augmentation.rotate * draw[2])
    rotation = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    slant = [[1, 0], [-augmentation.shear * draw[5], 1]]
    scale = np.diag((1 + augmentation.scale) ** draw[3:5])
    return np.array(rotation) @ np.array(slant) @ scale


def expected_affine(augmentation: Augmentation, images: ByteArray, seed: int) -> FloatArray:
    """SciPy's affine_transform of each image, unrounded."""
    shape = np.array(images.shape[1:])
    results: list[FloatArray] = []
    for image, draw in zip(images.astype(np.float64), draws_of(seed, len(images), 7), strict=True):
        backward = np.linalg.inv(forward_matrix(augmentation, draw))
        shift = augmentation.shift * (shape.max() / 28) * draw[:2]
        offset = shape / 2 - shift - backward @ (shape / 2)
        results.append(affine_transform(image, backward, offset, order=1, mode="grid-constant"))
    return np.stack(results)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "strengths", [{"shift": 4}, {"rotate": 180}, {"scale": 1}, {"shear": 1}, vars(AFFINE)]
)
def test_affine_changes_as_in_scipy(strengths: dict[str, float], shape: tuple[int, int]) -> None:
    """Each change alone and all together, on images of several shapes, from the documented draws."""
    augmentation = Augmentation(**strengths)
    images = noise((53, *shape))
    new = augmentation(images, rng=np.random.default_rng(3))
    assert np.abs(new - expected_affine(augmentation, images, seed=3)).max() <= ROUNDING


def wide_noise(field_numbers: FloatArray, sigma: float, margin: int) -> FloatArray:
    """Noise, one number per pixel, that SciPy's filter turns into the field of these numbers."""
    filtered = gaussian_filter1d(np.eye(28 + 2 * margin), sigma, axis=0, mode="constant")
    basis = smooth_basis(28, sigma).astype(np.float64)
    spread = np.linalg.lstsq(filtered[margin : margin + 28], basis, rcond=1e-9)[0]
    result: FloatArray = spread @ field_numbers @ spread.T
    return result


@pytest.mark.parametrize(("alpha", "sigma"), [(34.0, 4.0), (9.0, 2.0)])
def test_elastic_and_affine_as_in_scipy(alpha: float, sigma: float) -> None:
    """Noise → gaussian_filter → times α → added to the affine map → map_coordinates, all by SciPy."""
    images = noise((5, 28, 28))
    augmentation = replace(AFFINE, elastic_alpha=alpha, elastic_sigma=sigma)
    new = augmentation(images, rng=np.random.default_rng(4))
    rank, margin = smooth_basis(28, sigma).shape[1], int(6 * sigma)
    inside = slice(margin, margin + 28)
    grid = np.indices((28, 28)).astype(np.float64)
    for image, result, draw in zip(images, new, draws_of(4, 5, 7 + 2 * rank**2), strict=True):
        pixel_noise = [
            wide_noise(numbers, sigma, margin) for numbers in draw[7:].reshape(2, rank, rank)
        ]
        field = np.stack(
            [gaussian_filter(pixels, sigma, mode="constant") for pixels in pixel_noise]
        )
        backward = np.linalg.inv(forward_matrix(augmentation, draw))
        straight = 14 - augmentation.shift * draw[:2, None, None]
        straight = straight + np.einsum("ij,jhw->ihw", backward, grid - 14)
        coordinates = straight + alpha * field[:, inside, inside]
        exact = map_coordinates(
            image.astype(np.float64), coordinates, order=1, mode="grid-constant"
        )
        assert np.abs(result - exact).max() <= 0.6


@pytest.mark.parametrize("side", [28, 14])
def test_size_of_the_elastic_field(side: int) -> None:
    """The root mean square displacement is α / (σ √(12 π)), scaled with the image."""
    ramp = np.tile(np.arange(100 - 2 * side, 100 + 2 * side, 4, dtype=np.uint8)[:, None], (1, side))
    augment = Augmentation(elastic_alpha=34, elastic_sigma=4)
    new = augment(np.tile(ramp, (4000, 1, 1)), rng=np.random.default_rng(5))
    middle = side // 2  # nearer to the edge, a few coordinates would be outside
    moved = (new[:, middle, middle].astype(np.float64) - ramp[middle, 0]) / 4
    expected = 34 / (4 * math.sqrt(12 * math.pi)) * side / 28
    assert moved.mean() == pytest.approx(0, abs=4 * expected / math.sqrt(4000))
    # 4 standard deviations of the root mean square of 4,000 numbers are 4.5 %.
    assert math.sqrt(np.mean(moved**2)) == pytest.approx(expected, rel=0.045)


@pytest.mark.parametrize(("side", "strength"), [(28, 0.8), (14, 0.4), (56, 1.0)])
def test_stroke_width(side: int, strength: float) -> None:
    """The seventh number changes strokes; the strength scales with the image, up to a whole pixel."""
    images = np.zeros((5, side, side), np.uint8)
    images[:, 2:-2, 6:9] = 255
    new = Augmentation(stroke=0.8)(images, rng=np.random.default_rng(8))
    amounts = strength * draws_of(8, 5, 7)[:, 6]
    assert (amounts > 0).any()
    assert (amounts < 0).any()
    beside = np.where(amounts > 0, 255 * amounts, 0)
    at_the_edge = np.where(amounts > 0, 255, 255 * (1 - amounts**2))
    np.testing.assert_allclose(new[:, 7, 5], beside, atol=0.51)
    np.testing.assert_allclose(new[:, 7, 6], at_the_edge, atol=0.51)
    np.testing.assert_array_equal(new[:, 7, 7], 255)


@pytest.mark.parametrize("shape", SHAPES)
def test_no_strength_changes_nothing(shape: tuple[int, int]) -> None:
    """Without any strength, every pixel stays the same."""
    images = noise((53, *shape))
    np.testing.assert_array_equal(Augmentation()(images, rng=np.random.default_rng(0)), images)


@pytest.mark.parametrize("name", ["affine", "elastic"])
def test_images_depend_only_on_the_generator(name: str) -> None:
    """One call, calls of odd sizes, and a view of every second row give the same images."""
    augment = AUGMENTATIONS[name]
    assert augment is not None
    images = noise((131, 28, 28))
    images.flags.writeable = False  # the input is not changed
    at_once = augment(images, rng=np.random.default_rng(9))
    rng = np.random.default_rng(9)
    in_parts = [augment(part, rng=rng) for part in np.split(images, [1, 7, 60, 60])]
    np.testing.assert_array_equal(np.concatenate(in_parts), at_once)
    doubled = np.repeat(images, 2, axis=0)
    np.testing.assert_array_equal(augment(doubled[::2], rng=np.random.default_rng(9)), at_once)
    assert (augment(images, rng=np.random.default_rng(10)) != at_once).any(axis=(1, 2)).all()


@pytest.mark.parametrize("name", [*vars(AFFINE)])
def test_a_strength_out_of_range_is_an_error(name: str) -> None:
    """Every strength has its range."""
    with pytest.raises(SettingError, match=f"expected {name} in "):
        Augmentation(**{name: -1})


@pytest.mark.parametrize(
    ("images", "reason"),
    [
        (np.zeros((5, 28, 28)), "images of uint8, got float64"),
        ([[[0, 255]]], "images as an array, got list"),
        (np.zeros((5, 784), np.uint8), "images of shape (N, H, W), got (5, 784)"),
        (np.zeros((5, 28, 0), np.uint8), "1 to 1000 pixels per side, got (5, 28, 0)"),
        (np.zeros((5, 3, 1001), np.uint8), "1 to 1000 pixels per side, got (5, 3, 1001)"),
    ],
)
def test_wrong_images_are_an_error(images: AnyArray, reason: str) -> None:
    """Dtype, axes and sides are checked before anything is drawn."""
    with pytest.raises(ShapeError, match=re.escape(reason)):
        AFFINE(images, rng=np.random.default_rng(0))


@pytest.mark.parametrize("shape", [(0, 28, 28), (3, 1, 1), (3, 1, 300), (3, 300, 200)])
def test_unusual_sizes(shape: tuple[int, int, int]) -> None:
    """No images, a single pixel, a line, and images larger than a block: levels stay in range."""
    augment = Augmentation(shift=1, rotate=5, elastic_alpha=5, elastic_sigma=2, stroke=1)
    images = np.full(shape, 200, np.uint8)
    new = augment(images, rng=np.random.default_rng(0))
    assert new.shape == shape
    assert new.max(initial=0) <= 200
