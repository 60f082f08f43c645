"""Held-out samples: their loss and their score.

Both come from one pass through the network; a scorer of the user's choice asks the estimator itself.
Called by ``stochastic.py`` after every epoch.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import get_scorer
from sklearn.utils.validation import _check_sample_weight, validate_data

from inkling._checks import complain
from inkling._types import AnyArray, FloatArray, IntArray
from inkling.errors import ShapeError
from inkling.estimator.samples import Samples, dense_rows, slices
from inkling.estimator.translate import sklearn_loss_scale
from inkling.nn.losses import Loss
from inkling.nn.network import Network
from inkling.nn.output import loss_and_delta

if TYPE_CHECKING:
    from inkling.estimator.base import BaseMLP


@dataclass(frozen=True)
class Validation:
    """Held-out samples, their truth in the user's own terms, and how to judge them.

    Attributes:
        samples: as the network takes them.
        truth: (N,) labels or values, or (N, O), as the user gave them.
    """

    samples: Samples
    truth: AnyArray

    def judge(self, mlp: BaseMLP, network: Network, loss: Loss) -> tuple[float, float]:
        """Returns the mean loss, and the score by the estimator's ``scoring`` (more is better)."""
        with np.errstate(over="ignore", invalid="ignore"):  # the figures tell
            value, outputs = loss_and_outputs(network, loss, self.samples)
            value = sklearn_loss_scale(value, mlp.out_activation_, mlp.n_outputs_)
            finite = np.isfinite(outputs).all()
            return value, self._score(mlp, value, outputs) if finite else float("nan")

    def _score(self, mlp: BaseMLP, loss: float, outputs: FloatArray) -> float:
        weights = self.samples.weights
        if mlp.scoring == "loss":
            return -loss
        if mlp.scoring is None:
            return float(mlp._usual_score(self.truth, mlp._answers(outputs), weights))
        more = {} if weights is None else {"sample_weight": weights}
        scorer = get_scorer(mlp.scoring)
        return float(scorer(_nameless(mlp), self.samples.inputs, self.truth, **more))


def validation_of(
    mlp: BaseMLP, samples: Samples, given: Sequence[Any] | None, held_out: IntArray | None
) -> Validation | None:
    """Returns what to judge after every epoch: the user's samples, or those held out.

    Args:
        mlp: the estimator, which knows its features and classes.
        samples: all samples of the fit.
        given: (X, y) or (X, y, sample_weight); None for none.
        held_out: row numbers; None for none.

    Raises:
        ValueError: the given samples do not fit those of the fit.
    """
    if given is None:
        if held_out is None:
            return None
        part = samples.part(held_out)
        return Validation(part, mlp._truth_of(part.targets))
    if len(given) not in (2, 3):
        expected = "validation_data as (X, y) or (X, y, sample_weight)"
        raise ShapeError(complain(type(mlp).__name__, expected, f"{len(given)} values"))
    form = {"accept_sparse": "csr", "multi_output": True, "dtype": samples.inputs.dtype}
    inputs, y = validate_data(mlp, *given[:2], reset=False, **form)
    weights = None
    if len(given) == 3:
        weights = _check_sample_weight(given[2], inputs, ensure_non_negative=True)
    targets = mlp._targets_of(y)
    return Validation(Samples(inputs, targets, weights), mlp._truth_of(targets))


def loss_and_outputs(network: Network, loss: Loss, samples: Samples) -> tuple[float, FloatArray]:
    """Computes the (weighted) mean loss, as training has it, and the outputs (N, O)."""
    outputs = np.empty((len(samples), network.outputs), network.dtype)
    total = weight = 0.0
    for rows in slices(len(samples)):
        targets = samples.targets[rows]
        weights = None if samples.weights is None else samples.weights[rows]
        logits, outputs[rows], _ = network.forward(dense_rows(samples.inputs, rows))
        share = float(len(targets) if weights is None else weights.sum())
        if share:
            part = loss_and_delta(network.output, loss, logits, outputs[rows], targets, weights)
            total += part.loss * share
            weight += share
    return total / weight, outputs


def _nameless(mlp: BaseMLP) -> BaseMLP:
    """Returns the estimator without its column names, which held-out arrays have lost."""
    twin = copy.copy(mlp)
    if hasattr(twin, "feature_names_in_"):
        del twin.feature_names_in_
    return twin
