"""What ``random_state`` determines, drawn in the same order and the same way as in scikit-learn.

    initial weights, layer by layer → the held-out samples → one shuffle per epoch

Training then gives the same weights. Dropout, which scikit-learn does not have, uses a generator of its
own.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt

import numpy as np
from numpy.typing import DTypeLike
from sklearn.model_selection import train_test_split

from inkling._types import AnyArray, FloatArray, IntArray


def initial_weights(
    sizes: Sequence[int],
    activations: Sequence[str],
    random_state: np.random.RandomState,
    dtype: DTypeLike,
) -> tuple[list[FloatArray], list[FloatArray]]:
    """Draws weights and biases from U(−b, b), b = √(6 / (I + O)); √(2 / (I + O)) for logistic.

    This is Glorot and Bengio's bound, here for biases too. The numbers are drawn in float64 and rounded.
    ``activations`` are those of the hidden layers, at least one; the output layer uses the last.
    """
    weights, biases = [], []
    for layer, (inputs, outputs) in enumerate(pairwise(sizes)):
        activation = activations[min(layer, len(activations) - 1)]
        factor = 2.0 if activation in ("logistic", "sigmoid") else 6.0
        bound = sqrt(factor / (inputs + outputs))
        weights.append(random_state.uniform(-bound, bound, (inputs, outputs)).astype(dtype))
        biases.append(random_state.uniform(-bound, bound, outputs).astype(dtype))
    return weights, biases


def held_out_rows(
    n_samples: int, fraction: float, stratify: AnyArray | None, random_state: np.random.RandomState
) -> tuple[IntArray, IntArray]:
    """Returns the row numbers to train on, and those held out for validation.

    Raises ValueError if fewer than two would be held out, or a class is too small to be in both parts.
    """
    rows: tuple[IntArray, IntArray] = train_test_split(
        np.arange(n_samples), random_state=random_state, test_size=fraction, stratify=stratify
    )
    if len(rows[1]) < 2:
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' or the size of your "
            "dataset."
        )
    return rows


def dropout_generator(random_state: np.random.RandomState) -> np.random.Generator:
    """Returns a generator for dropout masks, seeded with 128 bits of ``random_state``."""
    return np.random.default_rng(random_state.randint(0, 2**32, size=4, dtype=np.uint32))
