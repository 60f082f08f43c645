"""A small data set in MNIST's place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from inkling.data.dataset import Dataset
from inkling.data.split import Split


@pytest.fixture(scope="session")
def small(strokes: Dataset) -> Callable[[int | None], Dataset]:
    """Stands in for loading MNIST: with 0, the validation images go back to the others."""

    def load(validation: int | None) -> Dataset:
        if validation is None:
            return strokes
        train, held_out = strokes.train, strokes.validation
        whole = Split(
            np.concatenate([train.images, held_out.images]),
            np.concatenate([train.labels, held_out.labels]),
        )
        return replace(strokes, train=whole, validation=held_out.take(np.arange(0)))

    return load
