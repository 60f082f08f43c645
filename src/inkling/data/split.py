"""Labeled images, and a stratified way to divide them.

``Split`` holds images and their labels. ``Source`` is what a reader returns: the splits that its files
contain. ``parts.py`` makes the missing ones.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from inkling._checks import Guided, check_array, check_range, check_shape, complain
from inkling._types import AnyArray, ByteArray, IntArray
from inkling.errors import ShapeError

INSTEAD = {
    **dict.fromkeys(("x", "X", "data", "pixels"), "use images"),
    **dict.fromkeys(("y", "target", "targets"), "use labels"),
}
"""What other libraries call something else."""


@dataclass(frozen=True, eq=False, repr=False)
class Split(Guided, instead=INSTEAD):
    """Images and their labels; possibly none.

    Args:
        images: (N, H, W), uint8, from 0 (paper) to 255 (ink).
        labels: (N,), int64, from 0.

    Raises:
        ShapeError: if a shape or dtype is wrong, or a label is negative.

    Example:
        >>> Split(np.zeros((3, 28, 28), dtype=np.uint8), np.array([5, 0, 4]))
        Split of 3 images of 28 × 28
    """

    images: ByteArray
    labels: IntArray

    def __post_init__(self) -> None:
        check_images("Split", self.images, ("H", "W"))
        check_shape("Split", "labels", self.labels, (len(self.images),), "one per image")
        if self.labels.dtype != np.int64:
            advice = "pass labels.astype(np.int64)" if self.labels.dtype.kind in "iu" else ""
            raise ShapeError(complain("Split", "labels of int64", self.labels.dtype, advice))
        if len(self) and self.labels.min() < 0:
            raise ShapeError(complain("Split", "labels from 0", self.labels.min()))

    def __len__(self) -> int:
        """N, the number of images."""
        return len(self.images)

    if not TYPE_CHECKING:  # type checkers complain of the unpacking itself

        def __iter__(self) -> None:
            raise TypeError("a Split cannot be unpacked; use its images and labels.")

    def __repr__(self) -> str:
        """Gives the size and omits the pixels."""
        return f"Split of {len(self)} images of {self.images.shape[1]} × {self.images.shape[2]}"

    def take(self, rows: IntArray) -> Split:
        """Returns the images and labels of the given rows (N',), in that order."""
        return Split(self.images[rows], self.labels[rows])


def join(first: Split, second: Split) -> Split:
    """Returns the images and labels of both, in this order."""
    images = np.concatenate([first.images, second.images])
    return Split(images, np.concatenate([first.labels, second.labels]))


def check_images(who: str, images: AnyArray, shape: tuple[int | str, int | str]) -> None:
    """Raises ShapeError unless images are uint8 (N, H, W); the message shows how to make them so."""
    check_array(who, "images", images)
    if images.dtype != np.uint8:
        advice = {
            "f": "turn 0 … 1 into pixels with (255 * images).round().astype(np.uint8)",
            "i": "pass np.asarray(images, dtype=np.uint8) if all are from 0 to 255",
        }
        got = images.dtype
        raise ShapeError(complain(who, "images of uint8", got, advice.get(got.kind, "")))
    advice_on_shape = "reshape them with images.reshape(-1, {}, {})".format(*shape)
    check_shape(who, "images", images, ("N", *shape), advice_on_shape)


@dataclass(frozen=True)
class Source:
    """The splits that the files of a data set contain."""

    classes: tuple[str, ...]  # label c means classes[c]
    train: Split
    test: Split | None = None
    validation: Split | None = None
    notes: tuple[str, ...] = ()  # what the user should know about how the files were read
    recipe: str = (
        ""  # identifies images that a program draws; their last bits may differ by machine
    )


def identify(source: Source) -> str:
    """Returns the SHA-256 of images, labels and classes in hexadecimal, or of the recipe for them."""
    if source.recipe:
        return hashlib.sha256(source.recipe.encode()).hexdigest()
    digest = hashlib.sha256(repr(source.classes).encode())
    for name in ("train", "validation", "test"):
        part: Split | None = getattr(source, name)
        if part is not None:
            digest.update(f"{name} {part.images.shape}".encode())
            digest.update(np.ascontiguousarray(part.images).reshape(-1).data)
            digest.update(part.labels.astype("<i8").data)
    return digest.hexdigest()


class Parts(NamedTuple):
    """The disjoint parts of a data set."""

    train: Split
    validation: Split
    test: Split


def divide(split: Split, count: int, *, rng: np.random.Generator) -> tuple[Split, Split]:
    """Draws ``count`` images as ``draw_stratified`` does, and returns the others and the drawn ones."""
    drawn = draw_stratified(split.labels, count, rng=rng)
    remaining = np.ones(len(split), dtype=bool)
    remaining[drawn] = False
    return split.take(np.flatnonzero(remaining)), split.take(drawn)


def draw_stratified(labels: IntArray, count: int, *, rng: np.random.Generator) -> IntArray:
    """Draws rows at random so that every class keeps its share.

    Class c, with N_c of the N labels, is due count · N_c / N rows. Each class gets the whole part; the
    remaining rows go to the classes with the largest remainders (ties: the lower label).

    Returns:
        (count,), int64, the rows in increasing order.

    Raises:
        SettingError: if ``count`` is not a whole number from 0 to N.
    """
    check_range("draw_stratified", "count", count, low=0, high=len(labels), whole=True)
    if count == 0:
        return np.empty(0, dtype=np.int64)
    sizes = np.bincount(labels)
    # In units of 1/N of a row, so that the division is exact.
    quotas, remainders = np.divmod(count * sizes, len(labels))
    quotas[np.argsort(-remainders, kind="stable")[: count - quotas.sum()]] += 1
    shuffled = rng.permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    starts = np.cumsum(sizes) - sizes
    rows = [by_class[start : start + quota] for start, quota in zip(starts, quotas, strict=True)]
    return np.sort(np.concatenate(rows))
