"""The small set that needs no network: 1,797 handwritten digits of 8 × 8 that come with scikit-learn.

They are counts of ink from 0 to 16. Smoothly enlarged and passed through the one normalisation
(``image/normalize.py``) they look enough like MNIST's to learn from where MNIST cannot be had. The
figures measured on them are not MNIST's, and are never given without the name. Next: ``dataset.py``.

Reference:
    Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository,
    1998, doi:10.24432/C50P49.
"""

from __future__ import annotations

import numpy as np

from inkling._checks import import_extra
from inkling._types import ByteArray, FloatArray
from inkling.data.split import Source, Split
from inkling.image.normalize import normalize

FULL = 16
"""The count of ink that is black."""
SCALE = 8
"""Pixels of the enlarged picture for one of the small one."""


def read_digits() -> Source:
    """Reads scikit-learn's digits.

    Returns:
        1,797 images (N, 28, 28) of ten classes, with no test set of their own.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    datasets = import_extra("sklearn.datasets", "sklearn", "the bundled digits data set")
    bundle = datasets.load_digits()
    images = np.stack([normalize(enlarge(counts)) for counts in bundle.images])
    classes = tuple(str(name) for name in bundle.target_names)
    return Source(classes, Split(images, bundle.target.astype(np.int64)))


def enlarge(counts: FloatArray) -> ByteArray:
    """Turns counts of ink into a larger, smooth picture with a margin of paper.

    The digits fill their field to the edge; the margin makes sure that the normalisation takes paper for
    paper, and lets the strokes fade out.

    Args:
        counts: (8, 8), 0 to 16.

    Returns:
        (80, 80), uint8, 0 paper to 255 ink.
    """
    from PIL import Image

    small = np.pad(np.rint(counts * (255 / FULL)).astype(np.uint8), 1)
    size = (SCALE * small.shape[1], SCALE * small.shape[0])
    return np.asarray(Image.fromarray(small).resize(size, Image.Resampling.BICUBIC))
