"""What happens after an epoch, by scikit-learn's rules: best weights, learning rate, stopping.

An epoch is an improvement if it beats the best one so far by ``tol``: by its training loss, or with
early stopping by its score on held-out samples. After more than ``n_iter_no_change`` consecutive epochs
without an improvement the fit stops, or "adaptive" lowers the learning rate.
"""

from __future__ import annotations

import math

from inkling.estimator.parameters import FitParams
from inkling.estimator.state import FitState

MIN_ADAPTIVE_RATE = 1e-6
"""With a learning rate at or below this, "adaptive" stops instead of lowering it further."""


def end_epoch(params: FitParams, state: FitState) -> bool:
    """Updates the state after an epoch and returns whether the fit is finished.

    A loss that is not finite ends the fit, because no later step could recover.
    """
    if not math.isfinite(state.loss):
        return True
    count_improvement(params, state)
    assert state.optimizer is not None
    if params.solver == "sgd" and params.learning_rate == "invscaling":
        # η₀ / (t + 1)^power_t, t the samples seen
        state.optimizer.learning_rate = params.learning_rate_init / (state.t + 1) ** params.power_t
    if state.no_improvement_count <= params.n_iter_no_change:
        return False
    adaptive = params.solver == "sgd" and params.learning_rate == "adaptive"
    finished = not adaptive or state.optimizer.learning_rate <= MIN_ADAPTIVE_RATE
    if finished:
        outcome = "Learning rate too small. Stopping." if adaptive else "Stopping."
    else:
        state.optimizer.learning_rate /= 5
        state.no_improvement_count = 0
        outcome = f"Setting learning rate to {state.optimizer.learning_rate:f}"
    what = "Validation score" if params.early_stopping else "Training loss"
    params.report(
        f"{what} did not improve more than tol={params.tol:f} for {params.n_iter_no_change} "
        f"consecutive epochs. {outcome}"
    )
    return finished


def count_improvement(params: FitParams, state: FitState) -> None:
    """Counts the consecutive epochs without an improvement by ``tol``, and keeps the best weights."""
    if params.early_stopping:
        assert state.validation_scores
        score, best = state.validation_scores[-1], state.best_validation_score
        best = -math.inf if best is None else best
        worse = score < best + params.tol
        if score > best:
            state.best_validation_score = score
            state.keep_best_weights()
    else:
        best = math.inf if state.best_loss is None else state.best_loss
        worse = state.loss > best - params.tol
        state.best_loss = min(state.loss, best)
    state.no_improvement_count = state.no_improvement_count + 1 if worse else 0
