"""The inner loop in NumPy, the reference for every faster one; ``loop.py`` calls it.

    rows → gather and scale → forward → loss and δ → backward → update

The only random numbers are a dropout layer's, from the context's generator.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from inkling._types import IntArray
from inkling.optim.clipping import clip_by_global_norm
from inkling.optim.penalty import add_l2_penalty
from inkling.training.engine.context import EpochSums, TrainingContext


def train_batches(
    context: TrainingContext, order: IntArray, batch_size: int, learning_rates: Sequence[float]
) -> EpochSums:
    """Trains on consecutive mini-batches; stops at the first loss that is not below the threshold.

    ``order`` has row numbers (n,): batch k uses those from k·B to (k+1)·B, the last one the rest. Each
    batch has its learning rate.
    """
    sums = EpochSums()
    network = context.network
    has_labels = context.targets.ndim == 1
    limit = context.divergence_threshold if has_labels else math.inf
    starts = range(0, len(order), batch_size)
    # A diverging run overflows long before its loss is NaN; the loss shows it, warnings add nothing.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for start, learning_rate in zip(starts, learning_rates, strict=True):
            rows = order[start : start + batch_size]
            inputs = context.scaling(context.pixels[rows], network.dtype)
            targets = context.targets[rows]
            weights = None if context.sample_weights is None else context.sample_weights[rows]
            if weights is not None and not weights.any():
                sums.samples += len(rows)
                continue  # all sample weights are 0
            loss, gradients, outputs = network.loss_and_gradients(
                inputs, targets, context.loss, sample_weights=weights, rng=context.dropout_rng
            )
            if not loss < limit:  # NaN compares false
                sums.diverged = loss
                break
            if context.clip_norm is not None:
                clip_by_global_norm(gradients, context.clip_norm)
            weight = float(len(rows)) if weights is None else float(weights.sum())
            if context.l2:
                penalty = add_l2_penalty(network.parameters, gradients, context.l2 / weight)
                sums.penalty += penalty * len(rows)
            context.optimizer.update(network.parameters, gradients, learning_rate)
            sums.loss += loss * weight
            sums.weight += weight
            sums.loss_by_samples += loss * len(rows)
            sums.samples += len(rows)
            sums.steps += 1
            if has_labels:
                sums.n_correct += int(np.count_nonzero(outputs.argmax(axis=1) == targets))
    return sums
