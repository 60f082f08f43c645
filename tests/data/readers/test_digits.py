"""scikit-learn's digits as 28 × 28 images."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from inkling.data.readers.digits import enlarge, read_digits
from inkling.data.split import Source
from inkling.errors import MissingExtraError

datasets = pytest.importorskip("sklearn.datasets")


@pytest.fixture(scope="module")
def source() -> Source:
    """The digits."""
    return read_digits()


def test_the_digits_are_complete_and_normalized(source: Source) -> None:
    """All labels in order; paper 0, ink up to 255, and the center of mass on pixel 14 within a half."""
    assert source.classes == tuple("0123456789")
    assert source.test is None
    np.testing.assert_array_equal(source.train.labels, datasets.load_digits().target)
    images = source.train.images
    assert images.shape == (1797, 28, 28)
    assert set(images.max(axis=(1, 2)).tolist()) == {255}
    assert np.median(images[:, 0, 0]) == 0
    mass = images.sum(axis=(1, 2))
    for axis in (1, 2):
        centers = images.sum(axis=3 - axis) @ np.arange(28) / mass
        assert centers.min() >= 13.5
        assert centers.max() < 14.5


def test_enlarging_keeps_the_ink_and_adds_a_margin() -> None:
    """A uniform field stays uniform inside, ends in paper, and keeps its amount of ink."""
    image = enlarge(np.full((8, 8), 8.0))
    assert image.shape == (80, 80)
    assert set(image[20:60, 20:60].ravel().tolist()) == {128}  # 8 of 16: 127.5, rounded to even
    assert set(image[0].tolist()) == {0}
    assert image.mean() / 255 == pytest.approx(0.5 * 64 / 100, rel=0.02)


def test_without_scikit_learn_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message contains the pip command."""
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(MissingExtraError, match=r'pip install "inkling-digits\[sklearn\]"'):
        read_digits()
