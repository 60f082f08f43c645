"""scikit-learn's bundled digits: 1,797 handwritten digits of 8 × 8 that need no network.

Their values count ink from 0 to 16. Enlarged smoothly and normalized (``image/normalize.py``) they are
similar enough to MNIST to learn from if MNIST is unavailable. Accuracies on them are not comparable
with accuracies on MNIST and are never given without the name of the data set.

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

FULL = 16  # the count of ink that is black
SCALE = 8  # pixels of the enlarged image per pixel of the small one


def read_digits() -> Source:
    """Reads scikit-learn's digits as images (1797, 28, 28) of ten classes, without a test set.

    Raises:
        MissingExtraError: if scikit-learn is not installed.
    """
    datasets = import_extra("sklearn.datasets", "sklearn", "the bundled digits data set")
    bundle = datasets.load_digits()
    images = np.stack([normalize(enlarge(counts)) for counts in bundle.images])
    classes = tuple(str(name) for name in bundle.target_names)
    return Source(classes, Split(images, bundle.target.astype(np.int64)))


def enlarge(counts: FloatArray) -> ByteArray:
    """Converts counts of ink (8, 8) to a larger, smooth image (80, 80), 0 paper to 255 ink.

    The digits fill their field to the edge, so a margin is added, in which the strokes fade out.
    """
    from PIL import Image

    small = np.pad(np.rint(counts * (255 / FULL)).astype(np.uint8), 1)
    size = (SCALE * small.shape[1], SCALE * small.shape[0])
    return np.asarray(Image.fromarray(small).resize(size, Image.Resampling.BICUBIC))
