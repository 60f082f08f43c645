"""``FitState``: everything that changes during a fit, and how a fit starts.

A call of ``fit`` begins with a new state. ``warm_start=True`` keeps the weights and the curves,
``partial_fit`` the optimizer too. ``warm_start="exact"`` continues from a copy of the state after the
last finished epoch: ten epochs and ten more are the same as twenty, bit for bit.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, field

import numpy as np

from inkling._types import FloatArray, IntArray
from inkling.estimator.network import build_optimizer
from inkling.estimator.parameters import FitParams
from inkling.estimator.random_state import dropout_generator, held_out_rows
from inkling.estimator.samples import Samples
from inkling.optim.optimizer import Optimizer
from inkling.training.engine.choice import EngineChoice


@dataclass(eq=False)
class FitState:
    """Everything that changes during a fit.

    ``coefs`` to ``best_validation_score`` are the estimator's attributes without the underscore; the
    arrays in ``coefs`` and ``intercepts`` change in place.
    """

    coefs: list[FloatArray]
    intercepts: list[FloatArray]
    out_activation: str
    n_iter: int = 0
    t: int = 0
    loss: float = math.nan
    loss_curve: list[float] = field(default_factory=list)
    best_loss: float | None = None
    validation_loss_curve: list[float] | None = None
    validation_scores: list[float] | None = None
    best_validation_score: float | None = None
    no_improvement_count: int = 0  # consecutive epochs
    best_weights: list[FloatArray] = field(default_factory=list)  # by the validation score
    optimizer: Optimizer | None = None  # its ``learning_rate`` is the current rate
    dropout_rng: np.random.Generator | None = None
    random_state: np.random.RandomState | None = None  # the source of the sample orders
    order: IntArray = field(default_factory=lambda: np.empty(0, np.intp))  # of the last epoch
    held_out: IntArray | None = None  # rows for early stopping
    engine: EngineChoice | None = None  # None until the fit begins
    skips_zeros: bool = False  # whether predictions leave out the inputs that are 0
    finished: bool = False  # whether the fit stopped before ``max_iter``
    kept: FitState | None = None  # a copy after the last epoch, for ``warm_start="exact"``

    @property
    def n_outputs(self) -> int:
        """O, the number of outputs."""
        return len(self.intercepts[-1])

    @property
    def n_samples(self) -> int:
        """The number of samples that the fit was given, those held out included."""
        return len(self.order) + (0 if self.held_out is None else len(self.held_out))

    def sklearn_loss(self, loss: float) -> float:
        """Returns a loss as scikit-learn reports it: squared errors as a mean over the outputs.

        Inkling sums ½ (a − y)² over the outputs of a sample; the gradient is that of the sum in both.
        """
        return loss / self.n_outputs if self.out_activation == "identity" else loss

    def keep_best_weights(self) -> None:
        """Copies the current weights to ``best_weights``."""
        self.best_weights = [array.copy() for array in [*self.coefs, *self.intercepts]]

    def restore_best_weights(self) -> None:
        """Restores ``best_weights`` as the current weights."""
        n_layers = len(self.coefs)
        self.coefs, self.intercepts = self.best_weights[:n_layers], self.best_weights[n_layers:]

    def keep(self) -> None:
        """Copies the whole state to ``kept``."""
        self.kept = None  # a copy must not contain an earlier one
        self.kept = copy.deepcopy(self)


def start_fit(
    params: FitParams,
    state: FitState,
    samples: Samples,
    random_state: np.random.RandomState,
    *,
    split: bool,
    warm: bool,
) -> None:
    """Prepares a state for a fit with mini-batches: held-out samples, sample order and optimizer.

    ``split`` is whether to hold samples out, ``warm`` whether the weights are those of an earlier fit.
    """
    state.n_iter, state.random_state, state.order = 0, random_state, np.arange(len(samples))
    if split:
        two_classes = state.out_activation == "logistic" and state.n_outputs == 1
        state.order, state.held_out = held_out_rows(
            len(samples),
            params.validation_fraction,
            samples.targets if two_classes else None,  # as in scikit-learn, not for more classes
            random_state,
        )
    if warm:
        # As in scikit-learn, no copies: without a better score the fit ends with its last weights.
        state.best_weights = [*state.coefs, *state.intercepts]
    else:
        state.keep_best_weights()
    if params.dropout and state.dropout_rng is None:
        state.dropout_rng = dropout_generator(random_state)
    state.optimizer = state.optimizer or build_optimizer(params)
