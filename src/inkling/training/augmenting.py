"""Augmentation during training: an engine that changes the images of each chunk, then trains on them.

rows of a chunk → their images, changed at random → another engine
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from inkling._types import IntArray
from inkling.data.augmentation.augment import Augmentation
from inkling.training.engine.context import EpochSums, TrainBatches, TrainingContext

SECONDS_PER_PIXEL = 4e-8
"""Measured: 16 to 34 µs for an image of 28 × 28 pixels."""


def augmented(
    engine: TrainBatches,
    augmentation: Augmentation | None,
    image_shape: tuple[int, ...],
    *,
    rng: np.random.Generator,
) -> TrainBatches:
    """Returns an engine that changes images (H, W) and passes them to ``engine``; itself for None.

    The stored images, their order and the batches are not changed.
    """
    if augmentation is None:
        return engine

    def train_batches(
        context: TrainingContext, order: IntArray, batch_size: int, learning_rates: Sequence[float]
    ) -> EpochSums:
        images = context.pixels[order].reshape(-1, *image_shape)
        weights = context.sample_weights
        changed = replace(
            context,
            pixels=augmentation(images, rng=rng).reshape(len(order), -1),
            targets=context.targets[order],
            sample_weights=None if weights is None else weights[order],
        )
        return engine(changed, np.arange(len(order)), batch_size, learning_rates)

    return train_batches


def seconds_to_augment(augmentation: Augmentation | None, image_shape: tuple[int, ...]) -> float:
    """Returns how long it takes about to change an image (H, W)."""
    return 0.0 if augmentation is None else SECONDS_PER_PIXEL * math.prod(image_shape)
