"""The data set of digits that a program draws."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.data.dataset import Dataset, load_dataset
from inkling.data.readers import pen
from inkling.data.readers.pen import read_pen
from inkling.data.split import Source, Split
from inkling.errors import SettingError

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
    pen._drawn.cache_clear()
    again = read_pen()
    np.testing.assert_array_equal(again.train.images, images)
    np.testing.assert_array_equal(again.train.labels, labels)


def test_the_recipe_identifies_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the pixels, whose last bits may differ between machines; another seed is another recipe."""
    known = load_dataset("pen").sha256
    with monkeypatch.context() as other_bits:
        other_bits.setattr(pen, "draw_digits", blank)
        pen._drawn.cache_clear()
        assert load_dataset("pen").sha256 == known
    pen._drawn.cache_clear()
    monkeypatch.setattr(pen, "SEED", 1)
    assert load_dataset("pen").sha256 != known


def blank(count: int, *, rng: np.random.Generator) -> Split:  # noqa: ARG001
    """Images without ink."""
    return Split(np.zeros((count, 28, 28), np.uint8), np.arange(count) % 10)


def test_beside_mnist(monkeypatch: pytest.MonkeyPatch, strokes: Dataset) -> None:
    """Drawn digits follow MNIST's in training and validation; the parts of MNIST stay as they are."""
    source = Source(strokes.classes, strokes.train, strokes.test)
    monkeypatch.setattr("inkling.data.dataset.read_published", lambda *_, **__: source)
    alone, mixed = load_dataset("mnist"), load_dataset("mnist+pen")
    for part, added in (("train", 600), ("validation", 200), ("test", 0)):
        before, after = getattr(alone, part), getattr(mixed, part)
        assert len(after) == len(before) + added
        np.testing.assert_array_equal(after.images[: len(before)], before.images)
        np.testing.assert_array_equal(after.labels[: len(before)], before.labels)
    drawn = load_dataset("pen")
    rows = {image.tobytes() for part in (drawn.train, drawn.test) for image in part.images}
    assert not rows & {image.tobytes() for image in mixed.train.images}
    assert len({alone.sha256, mixed.sha256, drawn.sha256}) == 3
    assert "600 training and 200 validation images are drawn by a program" in mixed.notes[-1]
    again = load_dataset("mnist+pen", validation=len(mixed.validation))  # as a resumed run does
    assert again.sha256 == mixed.sha256


def test_another_validation_set_is_rejected_before_anything_is_drawn(
    monkeypatch: pytest.MonkeyPatch, strokes: Dataset
) -> None:
    """All of "mnist+pen" takes twenty seconds."""
    source = Source(strokes.classes, strokes.train, strokes.test)
    monkeypatch.setattr("inkling.data.dataset.read_published", lambda *_, **__: source)
    monkeypatch.setattr(pen, "_drawn", lambda *_: pytest.fail("drawn"))
    with pytest.raises(SettingError, match=r"left out, because .* its own validation set, got 50"):
        load_dataset("mnist+pen", validation=50)
