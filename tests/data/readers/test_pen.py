"""The data set of digits that a program draws."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.data.dataset import load_dataset
from inkling.data.readers import pen
from inkling.data.readers.pen import read_pen

pytestmark = pytest.mark.usefixtures("_few_drawn")


def test_three_parts_without_a_common_image() -> None:
    """A tenth of the training images is held out; every class is in each part."""
    dataset = load_dataset("pen")
    parts = (dataset.train, dataset.validation, dataset.test)
    assert [len(part) for part in parts] == [540, 60, 200]
    images = [image.tobytes() for part in parts for image in part.images]
    assert len(set(images)) == 800
    assert all(set(part.labels) == set(range(10)) for part in parts)
    assert (dataset.name, dataset.source, dataset.split) == ("pen", "pen", "files")
    assert dataset.title == "pen (digits drawn by a program)"
    assert dataset.notes == ("pen: 800 digits drawn by a program, not written by people.",)


def test_the_same_digits_every_time() -> None:
    """Drawn again in another process, and unchanged by one who changes them."""
    first = read_pen()
    images, labels = first.train.images.copy(), first.train.labels.copy()
    first.train.images[:] = 0
    np.testing.assert_array_equal(read_pen().train.images, images)
    pen.draw_all.cache_clear()
    again = read_pen()
    np.testing.assert_array_equal(again.train.images, images)
    np.testing.assert_array_equal(again.train.labels, labels)


def test_the_recipe_identifies_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the pixels, whose last bits may differ between machines; another seed is another recipe."""
    known = load_dataset("pen").sha256
    draw = pen.draw_all()
    draw[0].images[0, 14, 14] ^= 1
    assert load_dataset("pen").sha256 == known
    monkeypatch.setattr(pen, "SEED", 1)
    assert load_dataset("pen").sha256 != known
