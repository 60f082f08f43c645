"""When a fit is over, and which weights are the best: scikit-learn's rules, to the letter.

An epoch counts as an improvement where it beats the best so far by ``tol``: by its training loss, or
with early stopping by its score on held-out samples. After more than ``n_iter_no_change`` epochs in a
row without one the fit stops, or takes a smaller learning rate. Called by ``stochastic.py``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from inkling.estimator.rates import after_epoch, lower
from inkling.optim.optimizer import Optimizer

if TYPE_CHECKING:
    from inkling.estimator.base import BaseMLP


def is_over(mlp: BaseMLP, optimizer: Optimizer) -> bool:
    """Looks back at an epoch, sets the next one's learning rate, and says whether there is a next one.

    A loss that is not finite ends the fit: no step comes back from there.
    """
    if not math.isfinite(mlp.loss_):
        return True
    count_improvement(mlp)
    after_epoch(mlp, optimizer)
    if mlp._no_improvement_count <= mlp.n_iter_no_change:
        return False
    what = "Validation score" if mlp.early_stopping else "Training loss"
    verdict = lower(mlp, optimizer)
    mlp._say(
        f"{what} did not improve more than tol={mlp.tol:f} for {mlp.n_iter_no_change} consecutive "
        f"epochs. {verdict}"
    )
    if verdict.endswith("Stopping."):
        return True
    mlp._no_improvement_count = 0
    return False


def count_improvement(mlp: BaseMLP) -> None:
    """Counts the epochs in a row without an improvement by ``tol``, and keeps what was best."""
    if mlp.early_stopping:
        assert mlp.validation_scores_
        last, best = mlp.validation_scores_[-1], mlp.best_validation_score_
        best = -np.inf if best is None else best
        worse = last < best + mlp.tol
        if last > best:
            mlp.best_validation_score_, mlp._best = last, mlp._copy_of_weights()
    else:
        last, best = mlp.loss_curve_[-1], mlp.best_loss_
        best = np.inf if best is None else best
        worse = last > best - mlp.tol
        mlp.best_loss_ = min(last, best)
    mlp._no_improvement_count = mlp._no_improvement_count + 1 if worse else 0
