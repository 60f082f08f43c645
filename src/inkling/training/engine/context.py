"""What an engine trains, and what it returns.

    engine(context, order, batch_size, learning_rates) → EpochSums

Next: ``numpy_engine.py``, the engine to read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from inkling._types import AnyArray, FloatArray, IntArray
from inkling.data.scaling import PixelScaling
from inkling.nn.losses import Loss
from inkling.nn.network import Network
from inkling.optim.optimizer import Optimizer

DIVERGENCE_THRESHOLD = 1e6
"""A mean loss of at least this, for targets that are labels, counts as divergence, like NaN. Losses
start near log C; the stable form of the cross-entropy grows where a naive one would have overflowed."""


@dataclass(eq=False)
class TrainingContext:
    """What is trained, on what: everything that stays the same from batch to batch.

    Attributes:
        network: the network, whose parameters change in place.
        loss: the loss.
        optimizer: the optimizer, whose state changes in place.
        pixels: (N, I), uint8 or floats.
        targets: labels (N,) or (N, O).
        scaling: how pixels become inputs.
        sample_weights: (N,); None for equal ones.
        clip_norm: the largest global norm of a gradient; None for no limit.
        l2: α of an L2 term ½ (α / w) ‖W‖² in each batch's loss, w the batch's weight; 0 for none. Its
            gradient is added after clipping, where the optimizer adds its own weight decay.
        divergence_threshold: the mean loss from which on training stops, for targets that are labels.
        dropout_rng: the generator for dropout; None if the network has none.
    """

    network: Network
    loss: Loss
    optimizer: Optimizer
    pixels: AnyArray
    targets: AnyArray
    scaling: PixelScaling = field(default_factory=PixelScaling)
    sample_weights: FloatArray | None = None
    clip_norm: float | None = None
    l2: float = 0.0
    divergence_threshold: float = DIVERGENCE_THRESHOLD
    dropout_rng: np.random.Generator | None = None


@dataclass
class EpochSums:
    """Sums over the batches of an epoch so far, from which its means are computed.

    Attributes:
        loss: the sum of the batches' mean losses, each times the batch's weight.
        weight: the sum of the batches' weights: their samples, or their sample weights.
        n_correct: how many samples were classified correctly.
        samples: how many samples were trained on.
        steps: how many updates were made.
        diverged: the loss of the last batch if it was not finite or above the threshold; no update was
            made for it. None otherwise.
        loss_by_samples: the sum of the batches' mean losses, each times its samples; equal to ``loss``
            without sample weights.
        penalty: the sum of the batches' L2 terms, each times its samples.
    """

    loss: float = 0.0
    weight: float = 0.0
    n_correct: int = 0
    samples: int = 0
    steps: int = 0
    diverged: float | None = None
    loss_by_samples: float = 0.0
    penalty: float = 0.0

    def add(self, other: EpochSums) -> None:
        """Adds the sums of further batches."""
        self.loss += other.loss
        self.weight += other.weight
        self.n_correct += other.n_correct
        self.samples += other.samples
        self.steps += other.steps
        self.diverged = other.diverged
        self.loss_by_samples += other.loss_by_samples
        self.penalty += other.penalty


TrainBatches = Callable[[TrainingContext, IntArray, int, Sequence[float]], EpochSums]
"""An engine: context, row numbers, batch size and learning rates → sums."""
