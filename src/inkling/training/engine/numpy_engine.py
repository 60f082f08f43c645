"""The inner loop in NumPy, the reference for every faster one.

    rows → gather and scale → forward → loss and δ → backward → update

It trains on a run of consecutive mini-batches and draws no random numbers, except a dropout layer's
from the generator that is handed to it. It is called by ``loop.py``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from inkling._types import AnyArray, FloatArray, IntArray
from inkling.compiled.workspace import Workspace
from inkling.data.scaling import PixelScaling
from inkling.nn.losses import Loss
from inkling.nn.network import Network
from inkling.optim.clipping import clip_by_global_norm
from inkling.optim.optimizer import Optimizer
from inkling.optim.penalty import add_l2_penalty

DIVERGENCE_THRESHOLD = 1e6
"""A mean loss beyond this, where targets are labels, is divergence as NaN is. Such losses begin near
log C; the stable form of the cross-entropy goes on growing where a naive one would have overflowed."""


@dataclass(eq=False)
class TrainingContext:
    """What is trained on what: everything that stays the same from batch to batch.

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
            slope is added where the optimizer's own weight decay is, after clipping.
        divergence_threshold: a mean loss beyond which training stops, where targets are labels.
        dropout_rng: the generator for dropout; None where the network has none.
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
    workspace: Workspace = field(default_factory=Workspace)


@dataclass
class EpochSums:
    """Sums over the batches trained on, from which an epoch's means are made.

    Attributes:
        loss: the sum of the batches' mean losses, each times its weight.
        weight: the sum of the batches' weights: their samples, or their sample weights.
        right: how many samples were answered rightly.
        samples: how many were seen.
        steps: how many updates were made.
        diverged: the loss of the last batch, where it was not finite or hopeless; no update was made
            for it. None while all is well.
        loss_by_samples: the sum of the batches' mean losses, each times its samples; ``loss`` is the
            same where no sample has a weight.
        penalty: the sum of the batches' L2 terms, each times its samples.
    """

    loss: float = 0.0
    weight: float = 0.0
    right: int = 0
    samples: int = 0
    steps: int = 0
    diverged: float | None = None
    loss_by_samples: float = 0.0
    penalty: float = 0.0

    def add(self, other: EpochSums) -> None:
        """Adds the sums of further batches."""
        self.loss += other.loss
        self.weight += other.weight
        self.right += other.right
        self.samples += other.samples
        self.steps += other.steps
        self.diverged = other.diverged
        self.loss_by_samples += other.loss_by_samples
        self.penalty += other.penalty


def train_batches(
    task: TrainingContext, order: IntArray, batch_size: int, learning_rates: Sequence[float]
) -> EpochSums:
    """Trains on consecutive mini-batches, and stops at the first loss that is not finite or hopeless.

    Args:
        task: what is trained on what.
        order: the row numbers (n,) to train on; batch k takes rows k·B … (k+1)·B, the last what is left.
        batch_size: B.
        learning_rates: one a batch.

    Returns:
        The sums over these batches.
    """
    totals = EpochSums()
    network, workspace = task.network, task.workspace
    inputs_shape = task.pixels.shape[1]
    has_labels = task.targets.ndim == 1
    limit = task.divergence_threshold if has_labels else math.inf
    # A diverging run overflows long before its loss is NaN; the loss tells, the warnings only alarm.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for start, learning_rate in zip(
            range(0, len(order), batch_size), learning_rates, strict=True
        ):
            rows = order[start : start + batch_size]
            inputs = workspace.empty(task, "inputs", (len(rows), inputs_shape), network.dtype)
            task.scaling.gather(task.pixels, rows, out=inputs)
            targets = task.targets[rows]
            weights = None if task.sample_weights is None else task.sample_weights[rows]
            if weights is not None and not weights.any():
                totals.samples += len(rows)
                continue  # nothing in this batch counts
            loss, gradients, outputs = network.loss_and_gradients(
                inputs,
                targets,
                task.loss,
                sample_weights=weights,
                rng=task.dropout_rng,
            )
            if not loss < limit:  # NaN compares false
                totals.diverged = loss
                break
            if task.clip_norm is not None:
                clip_by_global_norm(gradients, task.clip_norm)
            weight = float(len(rows)) if weights is None else float(weights.sum())
            if task.l2:
                penalty = add_l2_penalty(network.parameters, gradients, task.l2 / weight)
                totals.penalty += penalty * len(rows)
            task.optimizer.update(network.parameters, gradients, learning_rate)
            totals.loss += loss * weight
            totals.weight += weight
            totals.loss_by_samples += loss * len(rows)
            totals.samples += len(rows)
            totals.steps += 1
            if has_labels:
                totals.right += int(np.count_nonzero(outputs.argmax(axis=1) == targets))
    return totals


TrainBatches = Callable[[TrainingContext, IntArray, int, Sequence[float]], EpochSums]
"""What an engine does; this is one."""
