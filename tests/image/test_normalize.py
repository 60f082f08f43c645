"""MNIST's recipe: what every stage must hold, and that MNIST itself passes through unharmed."""

from __future__ import annotations

import gzip
import io
import itertools
import os
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from inkling._types import ByteArray, IntArray
from inkling.errors import ShapeError
from inkling.image.normalize import center, crop, is_empty, normalize, resize


def enlarge(image: ByteArray, factor: int) -> ByteArray:
    """Every pixel becomes a block of ``factor`` × ``factor``."""
    return np.kron(image, np.ones((factor, factor), dtype=np.uint8))


def center_of_mass(image: ByteArray) -> tuple[float, float]:
    """Row and column, in pixel indices."""
    weights = image.astype(np.float64)
    rows, columns = np.indices(image.shape)
    return (rows * weights).sum() / weights.sum(), (columns * weights).sum() / weights.sum()


def extent(image: ByteArray, threshold: int = 0) -> tuple[int, int]:
    """Height and width of the ink's box."""
    rows, columns = (image > threshold).nonzero()
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


@st.composite
def drawings(draw: st.DrawFn) -> ByteArray:
    """A few thick strokes on a white page with a margin, as an app's canvas would send them."""
    height, width = draw(st.integers(40, 90)), draw(st.integers(40, 90))
    page = np.full((height, width), 255, dtype=np.uint8)
    points = st.tuples(st.integers(8, height - 9), st.integers(8, width - 9))
    corners = draw(st.lists(points, min_size=2, max_size=5, unique=True))
    for (y0, x0), (y1, x1) in itertools.pairwise(corners):
        for t in np.linspace(0, 1, 60):
            y, x = round(y0 + t * (y1 - y0)), round(x0 + t * (x1 - x0))
            page[y - 2 : y + 3, x - 2 : x + 3] = 0
    return page


any_image = st.tuples(st.integers(1, 40), st.integers(1, 40)).flatmap(
    lambda shape: arrays(np.uint8, shape)
)


@settings(deadline=None)
@given(any_image)
def test_every_image_gives_a_field_of_bytes_with_full_ink_or_none(image: ByteArray) -> None:
    """Whatever comes in, (28, 28) uint8 comes out, with its strongest ink at 255, or all zeros."""
    digit = normalize(image)
    assert digit.shape == (28, 28)
    assert digit.dtype == np.uint8
    assert digit.max() == (0 if is_empty(image) else 255)


@settings(deadline=None)
@given(drawings())
def test_longer_side_is_twenty_and_mass_lies_on_pixel_fourteen(page: ByteArray) -> None:
    """The two numbers that define MNIST's geometry."""
    digit = normalize(page)
    assert max(extent(digit)) == 20
    for axis, middle in enumerate(center_of_mass(digit)):
        ends = digit.take([0, 27], axis=axis)
        assert 13.5 <= middle < 14.5 or ends.any()  # held back by the end of the field, only there


@settings(deadline=None)
@given(any_image)
def test_an_image_and_its_negative_give_the_same_digit(image: ByteArray) -> None:
    """Dark on light equals light on dark, bit for bit."""
    edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    away = image.astype(np.float64) - np.median(edge)
    lighter, darker = np.ceil(away.clip(min=0)).sum(), np.ceil((-away).clip(min=0)).sum()
    assume(lighter != darker)  # as much lighter as darker than the edge: neither is the ink
    np.testing.assert_array_equal(normalize(image), normalize(255 - image))


@settings(deadline=None)
@given(drawings(), st.integers(0, 30), st.integers(0, 30), st.integers(1, 30))
def test_where_the_digit_stands_on_the_page_does_not_matter(
    page: ByteArray, above: int, left: int, right: int
) -> None:
    """More paper round a digit changes nothing at all."""
    moved = np.pad(page, ((above, 3), (left, right)), constant_values=255)
    np.testing.assert_array_equal(normalize(moved), normalize(page))


@settings(deadline=None)
@given(drawings(), st.integers(2, 5))
def test_how_large_the_digit_is_drawn_hardly_matters(page: ByteArray, factor: int) -> None:
    """An enlarged drawing gives the same digit up to the half pixel that even padding can differ by."""
    small, large = normalize(page).astype(int), normalize(enlarge(page, factor)).astype(int)
    assert max(extent(normalize(enlarge(page, factor)))) == 20
    shifts = [np.roll(large, (y, x), axis=(0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    assert min(np.abs(small - shifted).mean() for shifted in shifts) < 12


@pytest.mark.parametrize("side", [5, 10, 20, 40, 60, 100])
def test_area_averaging_equals_block_means(side: int) -> None:
    """Where the sides divide each other, the resized digit is the plain mean of blocks."""
    square = np.random.default_rng(7).integers(1, 255, (side, side), dtype=np.uint8)
    if side >= 20:
        block = side // 20
        means = square.reshape(20, block, 20, block).mean(axis=(1, 3))
    else:
        means = enlarge(square, 20 // side).astype(np.float64)
    np.testing.assert_allclose(resize(square), means * 255 / means.max(), atol=0.51)


@pytest.mark.parametrize("side", [7, 13, 19, 33, 47, 51])
def test_area_averaging_is_exact_where_sides_do_not_divide(side: int) -> None:
    """Equal to enlarging by 20 (exact copies) and taking means of blocks."""
    square = np.random.default_rng(8).integers(0, 256, (side, side), dtype=np.uint8)
    means = enlarge(square, 20).reshape(20, side, 20, side).mean(axis=(1, 3))
    np.testing.assert_allclose(resize(square), means * 255 / means.max(), atol=0.51)


@pytest.mark.parametrize("side", [24, 48, 56, 47])
def test_rounding_is_that_of_exact_fractions(side: int) -> None:
    """Halves go to the even neighbour, whatever order a machine sums in; at 24 and 48 there are many."""
    rng = np.random.default_rng(side)
    square = rng.choice(np.array([0, 0, 3, 128, 255], dtype=np.uint8), (side, side))
    square[: side // 2, : side // 2] = (
        255  # so that the strongest is 255 and scaling changes nothing
    )
    sums = enlarge(square, 20).reshape(20, side, 20, side).astype(np.int64).sum(axis=(1, 3))
    exact = [[round(Fraction(int(value) * 255, int(sums.max()))) for value in row] for row in sums]
    np.testing.assert_array_equal(resize(square), exact)


def test_shorter_side_is_padded_evenly() -> None:
    """A 5 × 3 stroke is cut as 5 × 5 with one empty column on either side."""
    ink = np.zeros((11, 9), dtype=np.uint8)
    ink[3:8, 5:8] = 200
    expected = np.zeros((5, 5), dtype=np.uint8)
    expected[:, 1:4] = 200
    np.testing.assert_array_equal(crop(ink), expected)


def test_crop_at_the_edge_of_the_page_is_padded_with_paper() -> None:
    """A stroke in the last column has no page to its right; the square gets paper there."""
    ink = np.zeros((7, 5), dtype=np.uint8)
    ink[1:6, 4] = 90
    expected = np.zeros((5, 5), dtype=np.uint8)
    expected[:, 2] = 90
    np.testing.assert_array_equal(crop(ink), expected)


def test_faint_specks_do_not_widen_the_crop() -> None:
    """A speck of a tenth of the ink far away leaves the digit as it is."""
    page = np.full((50, 50), 255, dtype=np.uint8)
    page[15:35, 20:24] = 0
    speckled = page.copy()
    speckled[2, 47] = 230
    np.testing.assert_array_equal(normalize(speckled), normalize(page))


def test_ink_may_leave_the_margin_but_not_the_field() -> None:
    """An L with its weight at the foot is lifted above the 4-pixel margin; none of it is cut off."""
    digit = np.zeros((20, 20), dtype=np.uint8)
    digit[:, 0:2] = 255
    digit[15:, :12] = 255
    field = center(digit)
    assert all(13.5 <= middle < 14.5 for middle in center_of_mass(field))
    assert field[:4].any()
    assert field.sum(dtype=int) == digit.sum(dtype=int)

    extreme = np.zeros((20, 20), dtype=np.uint8)
    extreme[0, 0] = 255  # a hair that reaches 19 rows above a bar
    extreme[18:, :] = 255
    # Its mass lies at (40 × 9.5 + 0) / 41 = 9.27 across, so that it starts in column 5.
    np.testing.assert_array_equal(center(extreme)[:20, 5:25], extreme)


def test_center_of_a_symmetric_digit() -> None:
    """A block of 4 × 3 whose centre lies between two rows goes to the lower end of [13.5, 14.5)."""
    field = center(np.full((4, 3), 255, dtype=np.uint8))
    assert center_of_mass(field) == (13.5, 14.0)


@pytest.mark.parametrize("paper", [0, 40, 128, 200, 255])
def test_grey_paper_becomes_zero(paper: int) -> None:
    """The same drawing on any paper, lighter or darker than the ink, gives the same digit."""
    page = np.zeros((60, 50), dtype=bool)
    page[10:50, 12:18] = True
    page[44:50, 12:40] = True
    ink = 255 if paper < 128 else 0
    picture = np.where(page, ink, paper).astype(np.uint8)
    np.testing.assert_array_equal(normalize(picture), normalize(page.astype(np.uint8) * 255))


@pytest.mark.parametrize("paper", [0, 97, 255])
def test_empty_paper_gives_zeros_and_says_so(paper: int) -> None:
    """Paper alone, even with a faint grain, is no digit."""
    page = np.full((33, 47), paper, dtype=np.uint8)
    page[5:9, 7:9] = paper + 8 if paper < 128 else paper - 8
    assert is_empty(page)
    assert not normalize(page).any()
    page[5:9, 7:9] = 60
    assert not is_empty(page)
    assert normalize(page).any()


def test_the_input_is_left_alone() -> None:
    """Stages return new arrays; a read-only picture is fine."""
    page = np.full((30, 30), 255, dtype=np.uint8)
    page[8:20, 9:12] = 10
    before = page.copy()
    page.setflags(write=False)
    normalize(page)
    np.testing.assert_array_equal(page, before)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (
            np.zeros((5, 7)),
            "normalize: expected an image as an array of uint8, got float64; open_image turns any "
            "picture into one.",
        ),
        (
            [[0, 255]],
            "normalize: expected an image as an array of uint8, got list; open_image turns any "
            "picture into one.",
        ),
        (
            np.zeros((5, 7, 3), dtype=np.uint8),
            "normalize: expected an image of shape (H, W), got (5, 7, 3); open_image turns colours "
            "into grey.",
        ),
        (
            np.zeros((0, 7), dtype=np.uint8),
            "normalize: expected an image of at least one pixel, got (0, 7).",
        ),
    ],
)
def test_what_is_not_a_grey_image_is_refused(image: ByteArray, message: str) -> None:
    """One clear line for a wrong dtype, wrong axes and no pixels."""
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        normalize(image)


# MNIST itself, where it is on this machine -------------------------------------------------------


def read_idx(path: Path) -> ByteArray:
    """A reader of its own, so that this test depends on nothing that it does not test."""
    with gzip.open(path) as file:
        content = file.read()
    axes = content[3]
    shape = np.frombuffer(content, dtype=">u4", offset=4, count=axes).astype(int)
    return np.frombuffer(content, dtype=np.uint8, offset=4 + 4 * axes).reshape(shape)


@pytest.fixture(scope="module")
def mnist() -> tuple[ByteArray, IntArray]:
    """MNIST's test images and labels."""
    folder = Path(os.environ.get("INKLING_DATA", "nowhere"))
    images, labels = folder / "t10k-images-idx3-ubyte.gz", folder / "t10k-labels-idx1-ubyte.gz"
    if not (images.is_file() and labels.is_file()):
        pytest.skip("MNIST's test images are not in INKLING_DATA")
    return read_idx(images), read_idx(labels)


def test_mnist_passes_through(mnist: tuple[ByteArray, IntArray]) -> None:
    """99.5 % of MNIST's images come back to within 2 grey levels at every pixel."""
    images = mnist[0][:2000]
    changed = np.abs(np.stack([normalize(image) for image in images]) - images.astype(int))
    assert np.median(changed) == 0
    assert (changed.max(axis=(1, 2)) <= 2).mean() >= 0.995


def test_mnist_enlarged_comes_back(mnist: tuple[ByteArray, IntArray]) -> None:
    """Four times as large, black on white and off the middle: back to within a half-pixel blur."""
    images = mnist[0][:500]
    pages = (255 - np.pad(enlarge(image, 4), ((0, 31), (17, 0))) for image in images)
    digits = np.stack([normalize(page) for page in pages])
    assert all(13.5 <= c < 14.5 for digit in digits for c in center_of_mass(digit))
    assert np.mean([max(extent(digit)) == 20 for digit in digits]) >= 0.995
    # Even padding is finer on a larger page, so that many digits come back half a pixel to the side.
    assert np.median(np.abs(digits - images.astype(int)).mean(axis=(1, 2))) < 10


def jpeg(page: ByteArray) -> ByteArray:
    """The page as it comes back from a strongly compressed file."""
    file = io.BytesIO()
    Image.fromarray(page).save(file, "JPEG", quality=50)
    return np.asarray(Image.open(file))


def test_a_classifier_hardly_notices(mnist: tuple[ByteArray, IntArray]) -> None:
    """Nearest neighbours among originals: normalised copies lose less than half a point."""
    neighbors = pytest.importorskip("sklearn.neighbors")
    images, labels = mnist
    known = images[4000:].reshape(-1, 784).astype(np.float32)
    classifier = neighbors.KNeighborsClassifier(3, algorithm="brute").fit(known, labels[4000:])

    def accuracy(shown: list[ByteArray]) -> float:
        digits = np.stack(shown).reshape(-1, 784).astype(np.float32)
        return float(100 * classifier.score(digits, labels[:1000]))

    originals = list(images[:1000])
    before = accuracy(originals)
    assert accuracy([normalize(image) for image in originals]) > before - 0.5
    assert accuracy([normalize(255 - enlarge(image, 4)) for image in originals]) > before - 0.5
    assert accuracy([normalize(jpeg(255 - enlarge(image, 4))) for image in originals]) > before - 1
    # The check can fail: digits that stand one pixel off are noticed.
    assert accuracy([np.roll(image, (1, 1), axis=(0, 1)) for image in originals]) < before - 1
