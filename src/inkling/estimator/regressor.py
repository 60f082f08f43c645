"""``inkling.MLPRegressor``: numbers in, numbers out.

An identity output with squared error, or an exponential one with the Poisson loss, for counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.metrics import r2_score
from sklearn.utils import column_or_1d
from sklearn.utils._param_validation import StrOptions

from inkling._types import AnyArray, FloatArray
from inkling.estimator.base import BaseMLP
from inkling.estimator.parameters import has_epochs
from inkling.estimator.sklearn_base import RegressorMixin, _fit_context, available_if
from inkling.training.callbacks import Callback


class MLPRegressor(RegressorMixin, BaseMLP):
    """A neural network for values, with scikit-learn's face.

    Args:
        loss: squared_error, or poisson for counts and rates (at least 0).
        hidden_layer_sizes: units of each hidden layer; () for linear (or Poisson) regression.
        activation: of the hidden layers: identity, logistic, tanh, relu, leaky_relu, gelu; or a list
            with one for each.
        solver: sgd, adam, adamw or lbfgs.
        alpha: λ of the L2 term ½ λ ‖W‖², which is divided by the size of each batch; for adamw the
            decay of the weights, as it is.
        batch_size: samples a step; "auto" is min(200, N).
        learning_rate: constant; invscaling or adaptive, for sgd; step, cosine, one_cycle or warm_up,
            schedules over ``max_iter`` epochs.
        learning_rate_init: the first rate, or a schedule's peak.
        power_t: of invscaling: η = η₀ / (t + 1)^power_t after t samples.
        max_iter: epochs, or iterations of lbfgs.
        shuffle: a new order every epoch.
        random_state: decides weights, orders and held-out samples, as in scikit-learn.
        tol: the least improvement that counts.
        verbose: print a line an epoch.
        warm_start: True starts from the last fit's weights; "exact" goes on with everything, so that
            a fit that is interrupted, or given more ``max_iter``, ends as if it had never stopped.
        momentum: μ of sgd, in [0, 1).
        nesterovs_momentum: whether sgd looks ahead.
        early_stopping: stop by the score on held-out samples, and keep the best weights.
        validation_fraction: the part held out for it, unless ``fit`` gets ``validation_data``.
        beta_1: β₁ of adam and adamw.
        beta_2: β₂ of adam and adamw.
        epsilon: ε of adam and adamw.
        n_iter_no_change: epochs without improvement before a fit stops.
        max_fun: evaluations of the loss for lbfgs.
        dropout: the rate with which hidden units are silenced while training, in [0, 1).
        scoring: how held-out samples are scored: None for R², "loss" for the negative loss, the name
            of a scorer of scikit-learn, or a function of (estimator, X, y).
        callbacks: ``inkling.Callback`` objects that watch the fit.
        progress_bar: show a bar on standard error.

    The attributes are those of ``MLPClassifier``, without ``classes_``; ``out_activation_`` is identity
    or exp.

    Example:
        >>> X = np.linspace(-1, 1, 41).reshape(-1, 1)
        >>> regressor = MLPRegressor(hidden_layer_sizes=(), solver="lbfgs", random_state=0)
        >>> regressor.fit(X, 3 * X.ravel() + 1).predict([[0.5], [-0.8]]).round(2)
        array([ 2.5, -1.4])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseMLP._parameter_constraints,
        "loss": [StrOptions({"squared_error", "poisson"})],
    }

    loss: str

    def __init__(
        self,
        loss: str = "squared_error",
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: str | Sequence[str] = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: int | np.random.RandomState | None = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool | str = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        dropout: float = 0.0,
        scoring: str | Callable[..., float] | None = None,
        callbacks: Sequence[Callback] | None = None,
        progress_bar: bool = False,
    ) -> None:
        self._keep(locals())

    @available_if(has_epochs)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        """Goes once over some samples, and on from where the last call stopped.

        Args:
            X: the samples (N, I).
            y: the values (N,) or (N, O).
            sample_weight: (N,), at least 0; equal by default.
        """
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X: Any) -> FloatArray:  # noqa: N803
        """Returns the values (N,), or (N, O) where several were fitted.

        Args:
            X: the samples (N, I).
        """
        return self._answers(self._outputs(X))

    def _read_targets(
        self,
        y: AnyArray,
        *,
        going_on: bool,  # noqa: ARG002 (classes only)
        incremental: bool,  # noqa: ARG002
    ) -> AnyArray:
        return self._targets_of(y)

    def _targets_of(self, y: AnyArray) -> AnyArray:
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        numbers = y if y.dtype.kind == "f" else y.astype(np.float64)
        return numbers.reshape(-1, 1) if y.ndim == 1 else numbers

    def _truth_of(self, targets: AnyArray) -> AnyArray:
        return self._answers(targets)

    def _answers(self, outputs: FloatArray) -> FloatArray:
        return outputs.ravel() if outputs.shape[1] == 1 else outputs

    def _usual_score(self, truth: AnyArray, answers: AnyArray, weights: FloatArray | None) -> float:
        return float(r2_score(truth, answers, sample_weight=weights))

    def _output_activation(self) -> str:
        return "exp" if self.loss == "poisson" else "identity"

    def _weights_of(
        self,
        y: AnyArray,  # noqa: ARG002 (classes only)
        weights: FloatArray | None,
        *,
        incremental: bool,  # noqa: ARG002
    ) -> FloatArray | None:
        return weights
