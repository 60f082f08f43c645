"""scikit-learn's digits as 28 × 28 images."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from inkling.data.readers.digits import enlarge, read_digits
from inkling.errors import MissingExtraError

datasets = pytest.importorskip("sklearn.datasets")


def test_all_digits_are_there_with_their_labels() -> None:
    """1,797 images in scikit-learn's order, in the shape and range of MNIST."""
    source = read_digits()
    bundle = datasets.load_digits()
    assert source.classes == ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
    assert source.test is None
    assert source.train.images.shape == (1797, 28, 28)
    np.testing.assert_array_equal(source.train.labels, bundle.target)


def test_the_images_are_normalised() -> None:
    """Paper is 0, the darkest ink 255, and the centre of mass lies on pixel 14, each within a half."""
    images = read_digits().train.images
    assert set(images.max(axis=(1, 2)).tolist()) == {255}
    assert np.median(images[:, 0, 0]) == 0
    mass = images.sum(axis=(1, 2))
    for axis in (1, 2):
        profile = images.sum(axis=3 - axis)
        centres = profile @ np.arange(28) / mass
        assert centres.min() >= 13.5
        assert centres.max() < 14.5


def test_the_digits_keep_their_looks() -> None:
    """A nearest-neighbour rule, fitted on half, reads the other half as well as before."""
    neighbors = pytest.importorskip("sklearn.neighbors")
    bundle, source = datasets.load_digits(), read_digits()
    scores = []
    for images in (bundle.images, source.train.images):
        flat = images.reshape(1797, -1) / images.max()
        rule = neighbors.KNeighborsClassifier(1).fit(flat[::2], bundle.target[::2])
        scores.append(rule.score(flat[1::2], bundle.target[1::2]))
    assert scores[0] > 0.95
    assert scores[1] > scores[0] - 0.02


def test_enlarging_keeps_the_ink_and_adds_a_margin() -> None:
    """An even field stays even inside, ends in paper, and keeps its amount of ink."""
    picture = enlarge(np.full((8, 8), 8.0))
    assert picture.shape == (80, 80)
    assert picture.dtype == np.uint8
    assert set(picture[20:60, 20:60].ravel().tolist()) == {128}  # 8 of 16: 127.5, rounded to even
    assert set(picture[0].tolist()) == {0}
    assert picture.mean() / 255 == pytest.approx(0.5 * 64 / 100, rel=0.02)


def test_without_scikit_learn_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says what to type."""
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(MissingExtraError) as error:
        read_digits()
    assert str(error.value) == (
        "the bundled digits data set needs scikit-learn, which is not installed; "
        "type: pip install '.[sklearn]'"
    )
