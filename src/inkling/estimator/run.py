"""What one call of ``fit`` leaves to the next, where the next goes on from it.

``partial_fit`` goes on with the optimizer, as scikit-learn's does. ``warm_start="exact"`` goes on with
everything: optimizer, random state, order, held-out samples and the weights of the last epoch that was
finished, so that ten epochs and ten more are the same as twenty, bit for bit.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from inkling._checks import complain
from inkling._types import AnyArray, IntArray
from inkling.errors import SettingError
from inkling.estimator.random_state import dropout_generator, held_out
from inkling.estimator.translate import build_optimizer
from inkling.optim.optimizer import Optimizer
from inkling.training.engine.choice import Engine

if TYPE_CHECKING:
    from inkling.estimator.base import BaseMLP


GROWING = (
    *("n_iter_", "t_", "loss_", "loss_curve_", "best_loss_", "_no_improvement_count", "_best"),
    *("validation_loss_curve_", "validation_scores_", "best_validation_score_"),
    *("coefs_", "intercepts_"),
)
"""The estimator's attributes that change from epoch to epoch."""


@dataclass(eq=False)
class Run:
    """The parts of a fit that change, beside the estimator's own attributes.

    Attributes:
        optimizer: with its state, and in ``learning_rate`` the rate that holds.
        random_state: the source of the orders.
        order: the rows to train on, in the last epoch's order.
        held_out: the rows held out for early stopping; None where there are none.
        n_samples: how many samples the fit was given.
        dropout_rng: the generator for dropout; None without dropout.
        engine: what takes the steps; None until the first one.
        finished: whether the fit came to its end before ``max_iter``.
        attributes: the estimator's own after the last epoch, in what is kept for later.
    """

    optimizer: Optimizer
    random_state: np.random.RandomState
    order: IntArray
    held_out: IntArray | None
    n_samples: int
    dropout_rng: np.random.Generator | None
    engine: Engine | None = None
    finished: bool = False
    attributes: dict[str, Any] = field(default_factory=dict)


def start_run(
    mlp: BaseMLP,
    n_samples: int,
    stratify: AnyArray | None,
    random_state: np.random.RandomState,
    *,
    split: bool,
    incremental: bool,
) -> Run:
    """Begins a fit: draws the held-out samples, and takes the optimizer over in ``partial_fit``.

    Args:
        mlp: the estimator.
        n_samples: N.
        stratify: classes whose proportions both parts keep.
        random_state: the source.
        split: whether to hold samples out.
        incremental: whether this is ``partial_fit``.
    """
    order: IntArray = np.arange(n_samples)
    rows: IntArray | None = None
    if split:
        order, rows = held_out(n_samples, mlp.validation_fraction, stratify, random_state)
    earlier: Run | None = getattr(mlp, "_run", None) if incremental else None
    rng = None if earlier is None else earlier.dropout_rng
    if mlp.dropout and rng is None:
        rng = dropout_generator(random_state)
    optimizer = build_optimizer(mlp) if earlier is None else earlier.optimizer
    return Run(optimizer, random_state, order, rows, n_samples, rng)


def snapshot(mlp: BaseMLP, run: Run) -> None:
    """Keeps a copy of all that an epoch changes, if ``warm_start="exact"`` may ask for it."""
    if mlp.warm_start == "exact":
        kept = copy.deepcopy(run)
        kept.attributes = {
            name: copy.deepcopy(getattr(mlp, name)) for name in GROWING if hasattr(mlp, name)
        }
        mlp._kept = kept


def resumed_run(mlp: BaseMLP, n_samples: int) -> Run:
    """Takes the estimator back to the end of the last epoch, and returns the run that goes on.

    Raises:
        SettingError: the earlier fit did not keep its state, or had another number of samples.
    """
    who = type(mlp).__name__
    kept: Run | None = getattr(mlp, "_kept", None)
    if kept is None:
        advice = "set warm_start='exact' before the first fit"
        expected = "a fit to go on from that kept its state"
        raise SettingError(complain(who, expected, "one that did not", advice))
    if kept.n_samples != n_samples:
        expected = (
            f"the {kept.n_samples} samples it was started with, as warm_start='exact' goes on"
        )
        raise SettingError(complain(who, expected, n_samples))
    run = copy.deepcopy(kept)
    for name, value in run.attributes.items():
        setattr(mlp, name, value)
    run.attributes = {}
    return run
