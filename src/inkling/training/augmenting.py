"""New images for every chunk of an epoch: where augmentation meets training.

    rows of a chunk → their images, changed at random → a task with these as its samples

The loop trains on the changed images in the same order and batches as on the stored ones; the stored
ones are left as they are.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from inkling._types import IntArray
from inkling.data.augmentation.augment import Augmentation
from inkling.training.engine.context import TrainingContext


class Augmenter:
    """Changes each chunk's images before they are trained on.

    Args:
        augmentation: how.
        image_shape: (H, W) of the images, which a task holds flattened.
        rng: the source of random numbers; nobody else should draw from it.
    """

    def __init__(
        self, augmentation: Augmentation, image_shape: tuple[int, int], *, rng: np.random.Generator
    ) -> None:
        self.augmentation = augmentation
        self.image_shape = image_shape
        self.rng = rng
        self._seen: TrainingContext | None = None

    def change(self, task: TrainingContext, rows: IntArray) -> tuple[TrainingContext, IntArray]:
        """Returns a task whose samples are the changed images of these rows, and its rows in order."""
        if self._seen is None:  # one for the whole run, as a workspace keeps arrays for each task
            self._seen = replace(task)
        images = task.pixels[rows].reshape(-1, *self.image_shape)
        self._seen.pixels = self.augmentation(images, rng=self.rng).reshape(len(rows), -1)
        self._seen.targets = task.targets[rows]
        if task.sample_weights is not None:
            self._seen.sample_weights = task.sample_weights[rows]
        return self._seen, np.arange(len(rows))
