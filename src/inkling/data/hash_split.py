"""Dividing a source without a test set, so that an image stays in its part whatever is added later.

    pixels  →  keyed hash u, uniform in [0, 1)

    0 ──── test ──── 0.2 ── validation ── 0.28 ──────────── training ──────────── 1

The part of an image depends on its pixels alone, not on its name, its place or the other images. Thus no
training image becomes a test image when pictures are added, and copies of an image are in one part.
"""

from __future__ import annotations

import hashlib

import numpy as np

from inkling._checks import check_range
from inkling._types import AnyArray, ByteArray
from inkling.data.split import Parts, Split

KEY = b"inkling hash-1"
"""The key of the hash. Another key makes other splits, which would need another name than "hash-1"."""
TEST_END = 2**64 // 5
"""Hashes below, of 64 bits, are those of test images: one in five."""
VALIDATION_END = 2**64 * 7 // 25
"""Hashes from ``TEST_END`` to here are those of validation images: one in ten of the others."""


def divide_by_hash(split: Split, validation: int | None = None) -> Parts:
    """Divides images by their hashes.

    In a tiny source, where no hash or every hash falls into the share of the test set, the image with
    the lowest hash is a test image and the one with the highest a training image. Only copies of one
    image cannot be divided; all of them are training images.

    Args:
        split: the images, N at least 1.
        validation: how many images to hold out, those with the lowest hashes. Copies of an image stay
            together: if they do not fit, the next image is held out in their place, or none if there is
            none that fits. By default a tenth of the images that are not test images.

    Returns:
        The parts, each in the order of ``split``.

    Raises:
        SettingError: if ``validation`` does not leave a training image.
    """
    hashes = hash_images(split.images)
    tested = (hashes < TEST_END) | (hashes == hashes.min())
    tested &= hashes != hashes.max()
    if validation is None:
        held_out = ~tested & (hashes < VALIDATION_END) & (hashes != hashes.max())
    else:
        most = int((~tested).sum()) - 1
        check_range("load_dataset", "validation", validation, low=0, high=most, whole=True)
        held_out = np.isin(hashes, _lowest(hashes[~tested], validation))
    rows = (np.flatnonzero(part) for part in (~tested & ~held_out, held_out, tested))
    return Parts(*map(split.take, rows))


def hash_images(images: ByteArray) -> AnyArray:
    """Returns a hash (N,), uint64, of the pixels and the shape of each image (N, H, W).

    Example:
        >>> hash_images(np.zeros((3, 28, 28), np.uint8)) // 10**14
        array([53290, 53290, 53290], dtype=uint64)
    """
    start = hashlib.blake2b(repr(images.shape[1:]).encode(), key=KEY, digest_size=8)
    digests = []
    for image in np.ascontiguousarray(images):
        state = start.copy()
        state.update(image)
        digests.append(state.digest())
    return np.frombuffer(b"".join(digests), dtype=">u8").astype(np.uint64)


def _lowest(hashes: AnyArray, count: int) -> list[int]:
    """Returns the lowest hashes whose images are ``count`` in number, or fewer if copies do not fit."""
    chosen = []
    for value, copies in zip(*np.unique(hashes, return_counts=True), strict=True):
        if copies <= count:
            chosen.append(value)
            count -= copies
        if count == 0:
            break
    return chosen
