"""The three parts of a data set: those that its source has, and the missing ones.

Whatever the seed of the training run, the parts are the same. A manifest records the rule by which the
test set was made; a model is tested on images chosen by the same rule only.
"""

from __future__ import annotations

import numpy as np

from inkling._checks import check_range, complain
from inkling.data.hash_split import divide_by_hash
from inkling.data.split import Parts, Source, Split, divide
from inkling.errors import SettingError

FILES, SEEDED, HASHED = "files", "seed-1998", "hash-1"
"""How the test set was made: by the source itself; drawn with ``SPLIT_SEED``; by ``divide_by_hash``."""
SPLIT_SEED = 1998
"""The seed of what is drawn: the test set of "digits", and validation sets unless they are hashed."""
TEST_SHARE = 5
"""One image in five of "digits" is a test image."""
VALIDATION_SHARE, VALIDATION_MAX = 10, 5000
"""One training image in ten is drawn for validation, but at most 5,000."""


def make_parts(
    source: Source, validation: int | None = None, *, drawn: bool = False
) -> tuple[Parts, str]:
    """Returns the parts of a source, and the rule by which the test set was made.

    Args:
        source: what a reader found.
        validation: how many training images to hold out; by default a tenth.
        drawn: whether a missing test set is drawn, as version 0.1 did, or made by hashes.

    Raises:
        SettingError: if ``validation`` is out of range, or the source has a validation set.
    """
    own = source.validation
    if own is not None:
        check_own_validation(len(own), validation)
        validation = 0
    if source.test is None and not drawn:
        rule, parts = HASHED, divide_by_hash(source.train, validation)
    else:
        rule = SEEDED if source.test is None else FILES
        parts = _draw(source.train, source.test, validation)
    return (parts if own is None else parts._replace(validation=own)), rule


def check_own_validation(count: int, validation: int | None) -> None:
    """Raises SettingError if another number of images is to be held out than a source has for that."""
    if validation not in (None, count):
        expected = "validation to be left out, because the data set has its own validation set"
        raise SettingError(complain("load_dataset", expected, validation))


def _draw(train: Split, test: Split | None, validation: int | None) -> Parts:
    """Draws validation images, after test images if there are none, stratified by class."""
    rng = np.random.default_rng(SPLIT_SEED)
    if test is None:
        train, test = divide(train, len(train) // TEST_SHARE, rng=rng)
    if validation is None:
        validation = min(VALIDATION_MAX, len(train) // VALIDATION_SHARE)
    most = len(train) - 1
    check_range("load_dataset", "validation", validation, low=0, high=most, whole=True)
    train, held_out = divide(train, validation, rng=rng)
    return Parts(train, held_out, test)
