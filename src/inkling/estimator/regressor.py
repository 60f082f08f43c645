"""``inkling.MLPRegressor``: squared error for values, the Poisson loss for counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.metrics import r2_score
from sklearn.utils._param_validation import StrOptions

from inkling._types import AnyArray, FloatArray
from inkling.estimator.base import BaseMLP, has_epochs
from inkling.estimator.sklearn_base import RegressorMixin, _fit_context, available_if
from inkling.training.callbacks import Callback


class MLPRegressor(RegressorMixin, BaseMLP):
    """A neural network for regression, with the interface of scikit-learn's ``MLPRegressor``.

    Args:
        loss: squared_error with an identity output, or poisson with an exponential output, for counts
            and rates (at least 0).
        scoring: the score on held-out samples: None for R², otherwise as in ``MLPClassifier``.

    The other parameters and the attributes are those of ``MLPClassifier``, without ``class_weight`` and
    ``classes_``.

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

    _metric = staticmethod(r2_score)

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
        self._keep_parameters(locals())

    @available_if(has_epochs)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        """Trains for one epoch on samples (N, I) and values (N,) or (N, O).

        Weights, optimizer and loss curve continue from the last call.
        """
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X: Any) -> FloatArray:  # noqa: N803
        """Returns the predicted values (N,) or (N, O) for samples (N, I)."""
        return self._predictions(self._outputs(X))

    def _read_classes(self, y: AnyArray, *, reset: bool) -> None:
        """Does nothing, because values have no classes."""

    def _targets(self, y: AnyArray) -> AnyArray:
        numbers = y if y.dtype.kind == "f" else y.astype(np.float64)
        return numbers.reshape(-1, 1) if y.ndim == 1 else numbers

    def _predictions(self, outputs: AnyArray) -> AnyArray:
        return outputs.ravel() if outputs.shape[1] == 1 else outputs

    def _output_activation(self) -> str:
        return "exp" if self.loss == "poisson" else "identity"
