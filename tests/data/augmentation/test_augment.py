"""Augmentation against SciPy, from the documented random numbers to the pixels."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import affine_transform, gaussian_filter, gaussian_filter1d, map_coordinates

from inkling._types import AnyArray, ByteArray, FloatArray
from inkling.data.augmentation.augment import AUGMENTATIONS, Augmentation
from inkling.data.augmentation.smooth_noise import smooth_basis
from inkling.errors import SettingError, ShapeError

ROUNDING = 0.5 + 2e-3
"""The most that a rounded grey level differs from an exact one, with float32 coordinates."""
AFFINE = Augmentation(shift=2.5, rotate=40, scale=0.4, shear=0.5)
SHAPES = [(28, 28), (7, 9), (31, 5)]


def noise(shape: tuple[int, ...]) -> ByteArray:
    """Images of noise, the hardest thing to interpolate."""
    return np.random.default_rng(7).integers(0, 256, shape, dtype=np.uint8)


def draws_of(seed: int, images: int, numbers: int) -> FloatArray:
    """The random numbers that each image takes, drawn as documented: image after image, in [−1, 1)."""
    draws = np.random.default_rng(seed).random(images * numbers, dtype=np.float32)
    return 2 * draws.reshape(images, numbers).astype(np.float64) - 1


def forward_matrix(augmentation: Augmentation, draw: FloatArray) -> FloatArray:
    """Turn · slant · scale, in the order down, across: where a point of the old image goes."""
    angle = math.radians(augmentation.rotate * draw[2])
    turn = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    slant = [[1, 0], [-augmentation.shear * draw[5], 1]]
    scale = np.diag((1 + augmentation.scale) ** draw[3:5])
    return np.array(turn) @ np.array(slant) @ scale


def expected_affine(augmentation: Augmentation, images: ByteArray, seed: int) -> FloatArray:
    """SciPy's affine_transform of each image, unrounded."""
    shape = np.array(images.shape[1:])
    results: list[FloatArray] = []
    for image, draw in zip(images, draws_of(seed, len(images), 7), strict=True):
        backward = np.linalg.inv(forward_matrix(augmentation, draw))
        shift = augmentation.shift * (shape.max() / 28) * draw[:2]
        offset = shape / 2 - shift - backward @ (shape / 2)
        results.append(
            affine_transform(
                image.astype(np.float64), backward, offset, order=1, mode="grid-constant"
            )
        )
    expected: FloatArray = np.stack(results)
    return expected


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "augmentation",
    [
        Augmentation(shift=4),
        Augmentation(rotate=180),
        Augmentation(scale=1),
        Augmentation(shear=1),
        AFFINE,
    ],
)
def test_affine_changes_as_in_scipy(augmentation: Augmentation, shape: tuple[int, int]) -> None:
    """Each change alone and all together, on images of several shapes, from the documented draws."""
    images = noise((53, *shape))
    new = augmentation(images, rng=np.random.default_rng(3))
    assert np.abs(new - expected_affine(augmentation, images, seed=3)).max() <= ROUNDING


def wide_noise(field_numbers: FloatArray, sigma: float, margin: int) -> FloatArray:
    """Noise, a number for each pixel, that SciPy's filter turns into the field of these numbers."""
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


def test_size_of_the_elastic_field() -> None:
    """A pixel moves by α / (σ √(12 π)) in the root mean square, in the middle and beside it."""
    ramp = np.tile(np.arange(40, 152, 4, dtype=np.uint8)[:, None], (1, 28))
    augment = Augmentation(elastic_alpha=34, elastic_sigma=4)
    new = augment(np.tile(ramp, (4000, 1, 1)), rng=np.random.default_rng(5))
    for column in (14, 7):  # nearer to the edge a few would look beyond it
        moved = (new[:, 14, column].astype(np.float64) - ramp[14, column]) / 4
        wanted = 34 / (4 * math.sqrt(12 * math.pi))
        assert moved.mean() == pytest.approx(0, abs=4 * wanted / math.sqrt(4000))
        # 4 standard deviations of the root mean square of 4,000 numbers are 4.5 %.
        assert math.sqrt(np.mean(moved**2)) == pytest.approx(wanted, rel=0.045)


def test_elastic_lengths_go_with_the_image() -> None:
    """On an image of half the side a pixel moves by half as many pixels."""
    ramp = np.tile(np.arange(100, 156, 4, dtype=np.uint8)[:, None], (1, 14))
    augment = Augmentation(elastic_alpha=34, elastic_sigma=4)
    new = augment(np.tile(ramp, (4000, 1, 1)), rng=np.random.default_rng(6))
    moved = (new[:, 7, 7].astype(np.float64) - ramp[7, 7]) / 4
    wanted = 34 / (4 * math.sqrt(12 * math.pi)) / 2
    assert math.sqrt(np.mean(moved**2)) == pytest.approx(wanted, rel=0.045)


@pytest.mark.parametrize(("side", "strength"), [(28, 0.8), (14, 0.4), (56, 1.0)])
def test_stroke_width(side: int, strength: float) -> None:
    """Strokes grow by the seventh number; the strength goes with the image, up to a whole pixel."""
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
    """Without any strength every pixel is the same, bit for bit."""
    images = noise((53, *shape))
    np.testing.assert_array_equal(Augmentation()(images, rng=np.random.default_rng(0)), images)


@pytest.mark.parametrize("name", ["affine", "elastic"])
def test_images_depend_on_the_generator_alone(name: str) -> None:
    """The same images in one call, in calls of odd sizes, and from a view of every second row."""
    augment = AUGMENTATIONS[name]
    assert augment is not None
    images = noise((131, 28, 28))
    at_once = augment(images, rng=np.random.default_rng(9))
    rng = np.random.default_rng(9)
    in_parts = [augment(part, rng=rng) for part in np.split(images, [1, 7, 60, 60])]
    np.testing.assert_array_equal(np.concatenate(in_parts), at_once)
    doubled = np.repeat(images, 2, axis=0)
    np.testing.assert_array_equal(augment(doubled[::2], rng=np.random.default_rng(9)), at_once)
    assert (augment(images, rng=np.random.default_rng(10)) != at_once).any(axis=(1, 2)).all()


def test_every_image_is_changed_in_its_own_way() -> None:
    """300 copies of one image become 300 different ones; the given one stays."""
    augment = AUGMENTATIONS["elastic"]
    assert augment is not None
    images = np.zeros((300, 28, 28), np.uint8)
    images[:, 5:23, 12:16] = 255
    before = images.copy()
    new = augment(images, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(images, before)
    assert len({image.tobytes() for image in new}) == 300
    assert new.dtype == np.uint8
    assert new.shape == images.shape


def test_no_images() -> None:
    """An empty block is changed into an empty block, and draws nothing."""
    rng = np.random.default_rng(2)
    state = rng.bit_generator.state
    assert AFFINE(np.zeros((0, 28, 28), np.uint8), rng=rng).shape == (0, 28, 28)
    assert rng.bit_generator.state == state


def test_the_named_ones() -> None:
    """None changes nothing; every other one survives a trip through JSON."""
    assert list(AUGMENTATIONS) == ["none", "affine", "elastic", "simard"]
    assert AUGMENTATIONS["none"] is None
    for augmentation in (AUGMENTATIONS["affine"], AUGMENTATIONS["elastic"]):
        assert augmentation is not None
        settings = json.loads(json.dumps(augmentation.settings()))
        assert Augmentation(**settings) == augmentation


@pytest.mark.parametrize(
    ("strengths", "sentence"),
    [
        ({"shift": -1}, "Augmentation: expected shift in [0, 28], got -1."),
        ({"rotate": 181.0}, "Augmentation: expected rotate in [0, 180], got 181.0."),
        ({"scale": 1.5}, "Augmentation: expected scale in [0, 1], got 1.5."),
        ({"shear": math.nan}, "Augmentation: expected shear in [0, 1], got nan."),
        (
            {"elastic_alpha": math.inf},
            "Augmentation: expected elastic_alpha in [0, 1000], got inf.",
        ),
        ({"elastic_sigma": 0}, "Augmentation: expected elastic_sigma in [0.5, 28], got 0."),
        ({"stroke": "0.5"}, "Augmentation: expected stroke in [0, 1], got '0.5'."),
    ],
)
def test_a_strength_out_of_range(strengths: dict[str, float], sentence: str) -> None:
    """Every strength has its range."""
    with pytest.raises(SettingError) as error:
        Augmentation(**strengths)
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("images", "sentence"),
    [
        (
            np.zeros((5, 28, 28)),
            "Augmentation: expected images as an array of uint8, got float64; "
            "change images before they are scaled.",
        ),
        (
            [[[0, 255]]],
            "Augmentation: expected images as an array of uint8, got list; "
            "change images before they are scaled.",
        ),
        (
            np.zeros((5, 784), np.uint8),
            "Augmentation: expected images of shape (N, H, W), got (5, 784); "
            "change images before they are flattened.",
        ),
        (
            np.zeros((5, 28, 0), np.uint8),
            "Augmentation: expected images of 1 to 1000 pixels a side, got (5, 28, 0).",
        ),
        (
            np.zeros((5, 3, 1001), np.uint8),
            "Augmentation: expected images of 1 to 1000 pixels a side, got (5, 3, 1001).",
        ),
    ],
)
def test_wrong_images(images: AnyArray, sentence: str) -> None:
    """Dtype, axes and sides are checked before anything is drawn."""
    with pytest.raises(ShapeError) as error:
        AFFINE(images, rng=np.random.default_rng(0))
    assert str(error.value) == sentence


@pytest.mark.parametrize("shape", [(3, 1, 1), (3, 1, 300), (3, 300, 200)])
def test_unusual_sizes(shape: tuple[int, int, int]) -> None:
    """A single pixel, a line, and images larger than a block: the grey levels stay in the range."""
    augment = Augmentation(shift=1, rotate=5, elastic_alpha=5, elastic_sigma=2, stroke=1)
    images = np.full(shape, 200, np.uint8)
    new = augment(images, rng=np.random.default_rng(0))
    assert new.shape == shape
    assert new.max() <= 200
