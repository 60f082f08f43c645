"""Normalization: what every stage must fulfill, and that MNIST's own images stay almost unchanged."""

from __future__ import annotations

import gzip
import itertools
import os
import tracemalloc
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inkling._types import ByteArray
from inkling.errors import ShapeError
from inkling.image.normalize import center, crop, normalize, resize, square_around


def enlarge(image: ByteArray, factor: int) -> ByteArray:
    """Repeats every pixel as a block of ``factor`` × ``factor``."""
    return np.kron(image, np.ones((factor, factor), dtype=np.uint8))


def center_of_mass(image: ByteArray) -> tuple[float, float]:
    """Row and column, in pixel indices."""
    weights = image.astype(np.float64)
    rows, columns = np.indices(image.shape)
    return (rows * weights).sum() / weights.sum(), (columns * weights).sum() / weights.sum()


@st.composite
def drawings(draw: st.DrawFn) -> ByteArray:
    """A few thick strokes on a white page with a margin, as the app's canvas sends them."""
    height, width = draw(st.integers(40, 90)), draw(st.integers(40, 90))
    page = np.full((height, width), 255, dtype=np.uint8)
    points = st.tuples(st.integers(8, height - 9), st.integers(8, width - 9))
    corners = draw(st.lists(points, min_size=2, max_size=5, unique=True))
    for (y0, x0), (y1, x1) in itertools.pairwise(corners):
        for t in np.linspace(0, 1, 60):
            y, x = round(y0 + t * (y1 - y0)), round(x0 + t * (x1 - x0))
            page[y - 2 : y + 3, x - 2 : x + 3] = 0
    return page


@settings(deadline=None)
@given(drawings())
def test_longer_side_is_twenty_and_mass_lies_on_pixel_fourteen(page: ByteArray) -> None:
    """The two numbers that define MNIST's geometry."""
    digit = normalize(page)
    assert max(np.ptp(places) for places in digit.nonzero()) == 19
    for axis, middle in enumerate(center_of_mass(digit)):
        ends = digit.take([0, 27], axis=axis)
        assert 13.5 <= middle < 14.5 or ends.any()  # only the end of the field may prevent it


@settings(deadline=None)
@given(arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_an_image_and_its_negative_give_the_same_digit(image: ByteArray) -> None:
    """(28, 28) uint8 with its strongest ink at 255 or all zeros; bit for bit, for any image."""
    digit = normalize(image)
    assert digit.shape == (28, 28)
    assert digit.dtype == np.uint8
    assert digit.max() in (0, 255)
    edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    away = image.astype(np.float64) - np.median(edge)
    lighter, darker = np.ceil(away.clip(min=0)).sum(), np.ceil((-away).clip(min=0)).sum()
    assume(lighter != darker)  # otherwise neither is the ink
    np.testing.assert_array_equal(digit, normalize(255 - image))


@pytest.mark.parametrize("side", [1, 5, 7, 19, 20, 24, 33, 47, 48, 56, 100])
def test_area_averaging_is_exact(side: int) -> None:
    """Equal to block means of exact copies, rounded as fractions: halves to the even neighbor."""
    rng = np.random.default_rng(side)
    square = rng.choice(np.array([0, 0, 3, 128, 255], dtype=np.uint8), (side, side))
    square[: side // 2 + 1, : side // 2 + 1] = 255  # no scaling, so that many values are halves
    sums = enlarge(square, 20).reshape(20, side, 20, side).astype(np.int64).sum(axis=(1, 3))
    exact = [[round(Fraction(int(value) * 255, int(sums.max()))) for value in row] for row in sums]
    np.testing.assert_array_equal(resize(square), exact)


def test_the_shorter_side_is_padded_evenly() -> None:
    """A 5 × 3 stroke is cut as 5 × 5, also at the edge of the page."""
    ink = np.pad(np.full((5, 3), 200, dtype=np.uint8), ((3, 3), (5, 0)))
    np.testing.assert_array_equal(crop(ink), np.pad(ink[3:8, 5:], ((0, 0), (1, 1))))


@given(arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_the_square_need_not_be_built(ink: ByteArray) -> None:
    """What is left out of the products is paper: the same digit, bit for bit."""
    assume(ink.any())
    np.testing.assert_array_equal(resize(ink, *square_around(ink)), resize(crop(ink)))


def test_a_long_thin_stroke_takes_little_memory() -> None:
    """A square around it would take 2 GB."""
    page = np.full((20_000, 60), 255, dtype=np.uint8)
    page[100:19_900, 28:32] = 0
    tracemalloc.start()
    digit = normalize(page)
    assert tracemalloc.get_traced_memory()[1] < 40_000_000
    tracemalloc.stop()
    assert np.flatnonzero(digit.any(axis=0)).tolist() == [13, 14]


def test_faint_specks_do_not_widen_the_crop() -> None:
    """A distant speck of a tenth of the ink does not change the digit."""
    page = np.full((50, 50), 255, dtype=np.uint8)
    page[15:35, 20:24] = 0
    speckled = page.copy()
    speckled[2, 47] = 230
    np.testing.assert_array_equal(normalize(speckled), normalize(page))


def test_ink_may_leave_the_margin_but_not_the_field() -> None:
    """An L with a heavy foot is moved into the 4-pixel margin; none of it is cut off."""
    digit = np.zeros((20, 20), dtype=np.uint8)
    digit[:, 0:2] = 255
    digit[15:, :12] = 255
    field = center(digit)
    assert all(13.5 <= middle < 14.5 for middle in center_of_mass(field))
    assert field[:4].any()
    assert field.sum(dtype=int) == digit.sum(dtype=int)

    extreme = np.zeros((20, 20), dtype=np.uint8)
    extreme[0, 0] = 255  # one pixel 19 rows above a bar
    extreme[18:, :] = 255
    # Its mass lies at (40 × 9.5 + 0) / 41 = 9.27 across, so it starts in column 5.
    np.testing.assert_array_equal(center(extreme)[:20, 5:25], extreme)


@pytest.mark.parametrize("paper", [0, 40, 128, 200, 255])
def test_gray_paper_becomes_zero(paper: int) -> None:
    """The same drawing on any paper, lighter or darker than the ink, gives the same digit."""
    page = np.zeros((60, 50), dtype=bool)
    page[10:50, 12:18] = page[44:50, 12:40] = True
    ink = 255 if paper < 128 else 0
    image = np.where(page, ink, paper).astype(np.uint8)
    image.setflags(write=False)  # the input is not changed
    np.testing.assert_array_equal(normalize(image), normalize(page.astype(np.uint8) * 255))


def test_empty_paper_gives_zeros() -> None:
    """Paper alone, even with faint grain, is no digit."""
    page = np.full((33, 47), 97, dtype=np.uint8)
    page[5:9, 7:9] = 105
    assert not normalize(page).any()
    page[5:9, 7:9] = 60
    assert normalize(page).any()


@pytest.mark.parametrize(
    "image",
    [
        [[0, 255]],
        np.zeros((5, 7)),
        np.zeros((5, 7, 3), dtype=np.uint8),
        np.zeros((0, 7), dtype=np.uint8),
    ],
)
def test_what_is_not_a_gray_image_is_rejected(image: Any) -> None:
    """A list, and an array of another dtype, with other axes or without pixels."""
    with pytest.raises(ShapeError, match=r"^normalize: expected an image as an array of uint8 "):
        normalize(image)


@pytest.fixture(scope="module")
def mnist() -> ByteArray:
    """The first of MNIST's test images, if ``INKLING_DATA`` names their folder."""
    path = Path(os.environ.get("INKLING_DATA", "nowhere"), "t10k-images-idx3-ubyte.gz")
    if not path.is_file():
        pytest.skip("INKLING_DATA does not name a folder with MNIST's test images")
    with gzip.open(path) as file:
        return np.frombuffer(file.read(16 + 784 * 500), np.uint8, offset=16).reshape(-1, 28, 28)


def test_mnist_stays_almost_unchanged(mnist: ByteArray) -> None:
    """At least 99 % of MNIST's images come back to within 2 gray levels at every pixel."""
    changed = np.abs(np.stack([normalize(image) for image in mnist]) - mnist.astype(int))
    assert np.median(changed) == 0
    assert (changed.max(axis=(1, 2)) <= 2).mean() >= 0.99


def test_mnist_enlarged_comes_back(mnist: ByteArray) -> None:
    """Four times as large, black on white and off-center: back to within a blur of half a pixel."""
    pages = (255 - np.pad(enlarge(image, 4), ((0, 31), (17, 0))) for image in mnist)
    digits = np.stack([normalize(page) for page in pages])
    # Even padding is finer on a larger page, so many digits come back half a pixel to the side.
    assert np.median(np.abs(digits - mnist.astype(int)).mean(axis=(1, 2))) < 10
