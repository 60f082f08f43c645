"""What an engine trains, and what it returns.

    engine(context, order, batch_size, learning_rates) → EpochSums

Next: ``numpy_engine.py``, the reference engine.
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
    """The model and data of a run: everything that stays the same from batch to batch.

    ``l2`` is α of an L2 term ½ (α / w) ‖W‖² in each batch's loss, w the batch's weight. Its gradient is
    added after clipping, where the optimizer adds its own weight decay.
    """

    network: Network  # its parameters change in place
    loss: Loss
    optimizer: Optimizer  # its state changes in place
    pixels: AnyArray  # (N, I), uint8 or floats
    targets: AnyArray  # labels (N,), or (N, O)
    scaling: PixelScaling = field(default_factory=PixelScaling)
    sample_weights: FloatArray | None = None  # (N,)
    clip_norm: float | None = None
    l2: float = 0.0
    divergence_threshold: float = DIVERGENCE_THRESHOLD
    dropout_rng: np.random.Generator | None = None


@dataclass
class EpochSums:
    """Sums over the batches of an epoch so far, from which its means are computed.

    A batch's weight is the number of its samples, or the sum of their weights. ``diverged`` is the loss
    of the last batch if it was not finite or above the threshold; no update was made for it.
    """

    loss: float = 0.0  # of the mean losses, each times the batch's weight
    weight: float = 0.0
    n_correct: int = 0
    samples: int = 0
    steps: int = 0
    diverged: float | None = None
    loss_by_samples: float = 0.0  # of the mean losses, each times the batch's samples
    penalty: float = 0.0  # of the L2 terms, each times the batch's samples

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
