"""What both estimators share: from the arguments of ``fit`` to weights, and from samples to outputs.

    X, y → Samples, FitParams, FitState → a solver → coefs_, intercepts_, … → outputs

The solvers receive ``FitParams`` and ``FitState``; only this module reads and sets the attributes of the
estimator. The subclasses define targets, predictions and scores: ``classifier.py``, ``regressor.py``.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import is_classifier
from sklearn.metrics import get_scorer
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from inkling._checks import complain
from inkling._types import AnyArray, FloatArray
from inkling.compiled.jit import reason_not_to_load
from inkling.errors import SettingError, ShapeError
from inkling.estimator.lbfgs import fit_lbfgs
from inkling.estimator.network import network_from_arrays
from inkling.estimator.parameters import (
    CONSTRAINTS,
    STOCHASTIC_SOLVERS,
    FitParams,
    Parameters,
    check_combinations,
    hidden_activations,
)
from inkling.estimator.random_state import initial_weights
from inkling.estimator.samples import Samples, Validation, dense, is_finite, slices
from inkling.estimator.sklearn_base import BaseEstimator, _fit_context
from inkling.estimator.state import FitState, start_fit
from inkling.estimator.stochastic import StochasticFit
from inkling.training.callbacks import as_callbacks
from inkling.training.progress import progress_display

ATTRIBUTES = ["coefs_", "intercepts_", "out_activation_", "n_iter_", "t_", "loss_"]
"""The estimator's attributes; their names in ``FitState`` have no underscore at either end."""
STOCHASTIC_ATTRIBUTES = ["loss_curve_", "validation_loss_curve_", "validation_scores_"]
STOCHASTIC_ATTRIBUTES += ["best_loss_", "best_validation_score_", "_no_improvement_count"]
"""Attributes of fits with mini-batches only."""
INCREMENTAL_ATTRIBUTES = ["_optimizer", "_dropout_rng"]
"""Attributes that only ``partial_fit`` continues with."""


def has_epochs(mlp: BaseMLP) -> bool:
    """Returns True, or raises AttributeError if the solver is lbfgs, which has no ``partial_fit``."""
    if mlp.solver in STOCHASTIC_SOLVERS:
        return True
    raise AttributeError(
        f"partial_fit is only available for stochastic optimizers. {mlp.solver} is not stochastic."
    )


class BaseMLP(Parameters, BaseEstimator, ABC):
    """What the classifier and the regressor share."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = CONSTRAINTS

    coefs_: list[FloatArray]
    intercepts_: list[FloatArray]
    out_activation_: str
    n_layers_: int
    n_outputs_: int
    n_iter_: int
    t_: int
    loss_: float
    loss_curve_: list[float]
    best_loss_: float | None
    validation_loss_curve_: list[float] | None
    validation_scores_: list[float] | None
    best_validation_score_: float | None

    _skips_zeros: bool = False
    """Whether predictions leave out the inputs that are 0 (``compiled/prediction.py``): if the last fit
    used the compiled engine, with samples that are 0 for the most part. Answers then depend on this fit
    alone. Where Numba is missing, NumPy predicts."""

    _metric: ClassVar[Callable[..., float]]
    """The function behind ``score``: (truth, predictions, sample_weight) → score."""

    def _keep_parameters(self, given: dict[str, Any]) -> None:
        """Stores the constructor's arguments unchanged, as scikit-learn requires."""
        for name in self._get_param_names():
            setattr(self, name, given[name])

    @abstractmethod
    def _read_classes(self, y: AnyArray, *, reset: bool) -> None:
        """Reads the classes, or checks that they are those of the last fit."""

    @abstractmethod
    def _targets(self, y: AnyArray) -> AnyArray:
        """Returns the targets (N, O) of the network."""

    @abstractmethod
    def _predictions(self, outputs: AnyArray) -> AnyArray:
        """Returns labels or values for outputs or targets (N, O)."""

    @abstractmethod
    def _output_activation(self) -> str:
        """Returns scikit-learn's name of the output activation."""

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: Any = None,
        validation_data: Sequence[Any] | None = None,
    ) -> Self:
        """Fits the network to samples and targets.

        Args:
            X: the samples (N, I), an array, a data frame, or a sparse array. float32 stays float32.
            y: the targets (N,) or (N, O).
            sample_weight: (N,), at least 0; equal by default.
            validation_data: (X, y) or (X, y, sample_weight) to evaluate after every epoch, for
                ``validation_loss_curve_`` and ``validation_scores_``. With ``early_stopping=True``
                they replace the held-out part of ``X``.

        Raises:
            ValueError: a parameter is wrong, the arrays do not match, or the weights are not finite.
        """
        return self._fit(X, y, sample_weight, validation_data)

    def _fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: Any,
        validation_data: Sequence[Any] | None = None,
        *,
        incremental: bool = False,
    ) -> Self:
        params = FitParams(type(self).__name__, self.get_params(deep=False))
        check_combinations(
            params, validation_data=validation_data is not None, incremental=incremental
        )
        warm = hasattr(self, "coefs_") and bool(self.warm_start or incremental)
        floats = (np.float64, np.float32)
        inputs, y, weights = self._read_data(X, y, sample_weight, floats, reset=not warm)
        self._read_classes(y, reset=not (warm or incremental))
        if params.class_weight is not None:
            class_weights = compute_sample_weight(params.class_weight, y)
            weights = class_weights if weights is None else class_weights * weights
            # A part of the data, in partial_fit, may consist of classes without weight.
            some = incremental or weights.any()
            if not (some and class_weights.min() >= 0 and np.isfinite(class_weights).all()):
                expected = "class_weight of at least 0, and above 0 for some class of the samples"
                raise SettingError(complain(params.estimator, expected, params.class_weight))
        samples = Samples(inputs, self._targets(y), weights)
        random_state = check_random_state(self.random_state)
        resumed = warm and params.warm_start == "exact" and not incremental
        if resumed:
            state = self._kept_state(len(samples))
        elif warm:
            state = self._warm_state(incremental=incremental)
        else:
            state = self._initial_state(params, samples, random_state)
        try:
            if params.solver == "lbfgs":
                fit_lbfgs(params, state, samples)
            else:
                if not resumed:
                    split = params.early_stopping and validation_data is None
                    start_fit(params, state, samples, random_state, split=split, warm=warm)
                validation = self._validation(state, samples, validation_data)
                bars = [progress_display()] if self.progress_bar else []
                callbacks = [*as_callbacks(params.estimator, self.callbacks or ()), *bars]
                fit = StochasticFit(params, state, samples, validation, callbacks)
                fit.run(incremental=incremental)
        finally:
            self._publish(state)
        diverged = not params.early_stopping and not np.isfinite(state.loss_curve[-1:]).all()
        arrays = [*self.coefs_, *self.intercepts_]
        if diverged or not all(np.isfinite(array).all() for array in arrays):
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large "
                "values and need to be preprocessed."
            )
        return self

    def _read_data(
        self, inputs: Any, y: Any, sample_weight: Any, dtype: Any, *, reset: bool = False
    ) -> tuple[Any, AnyArray, FloatArray | None]:
        """Checks samples, targets and sample weights, and returns them as arrays."""
        inputs, y = validate_data(
            self, inputs, y, accept_sparse="csr", multi_output=True, dtype=dtype, reset=reset
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(
                sample_weight, inputs, dtype=inputs.dtype, ensure_non_negative=True
            )
        return inputs, y, sample_weight

    def _initial_state(
        self, params: FitParams, samples: Samples, random_state: np.random.RandomState
    ) -> FitState:
        """Returns a state with random weights."""
        sizes = [samples.inputs.shape[1], *params.hidden_sizes, samples.targets.shape[1]]
        # Without a hidden layer, scikit-learn still uses the bound for ``activation``.
        names = hidden_activations(self.activation, max(len(params.hidden_sizes), 1))
        coefs, intercepts = initial_weights(sizes, names, random_state, samples.inputs.dtype)
        return FitState(coefs, intercepts, self._output_activation())

    def _warm_state(self, *, incremental: bool) -> FitState:
        """Returns the state that the attributes describe, some of which may have been set by hand."""
        names = ATTRIBUTES + STOCHASTIC_ATTRIBUTES + (INCREMENTAL_ATTRIBUTES if incremental else [])
        known = [name for name in names if hasattr(self, name)]
        return FitState(**{name.strip("_"): getattr(self, name) for name in known})

    def _kept_state(self, n_samples: int) -> FitState:
        """Returns the state after the last finished epoch, for ``warm_start="exact"``."""
        who = type(self).__name__
        kept: FitState | None = getattr(self, "_kept", None)
        if kept is None:
            advice = "set warm_start='exact' before the first fit"
            raise SettingError(complain(who, "an earlier fit that kept its state", "none", advice))
        if kept.n_samples != n_samples:
            expected = f"the same {kept.n_samples} samples as before with warm_start='exact'"
            raise SettingError(complain(who, expected, n_samples))
        state = copy.deepcopy(kept)
        state.kept = kept  # if this fit fails at once, a later one can still continue
        return state

    def _publish(self, state: FitState) -> None:
        """Sets the estimator's attributes from the state."""
        names = ATTRIBUTES
        if self.solver in STOCHASTIC_SOLVERS:
            names = names + STOCHASTIC_ATTRIBUTES + INCREMENTAL_ATTRIBUTES
            self._engine, self._kept = state.engine, state.kept
        for name in names:
            setattr(self, name, getattr(state, name.strip("_")))
        self._skips_zeros = state.skips_zeros
        self.n_layers_, self.n_outputs_ = len(state.coefs) + 1, state.n_outputs

    def _validation(
        self, state: FitState, samples: Samples, given: Sequence[Any] | None
    ) -> Validation | None:
        """Returns what is evaluated after every epoch: the given samples, or those held out."""
        if given is not None:
            if len(given) not in (2, 3):
                expected = "validation_data as (X, y) or (X, y, sample_weight)"
                raise ShapeError(complain(type(self).__name__, expected, f"{len(given)} values"))
            weight = given[2] if len(given) == 3 else None
            inputs, y, weights = self._read_data(given[0], given[1], weight, samples.inputs.dtype)
            held_out = Samples(inputs, self._targets(y), weights)
        elif state.held_out is not None:
            held_out = samples.part(state.held_out)
        else:
            return None
        truth = self._predictions(held_out.targets)

        def score(outputs: FloatArray) -> float:
            weights = held_out.weights
            if self.scoring is None:
                predictions = self._predictions(outputs)
                return float(type(self)._metric(truth, predictions, sample_weight=weights))
            self._publish(state)
            twin = copy.copy(self)
            if hasattr(twin, "feature_names_in_"):  # the arrays no longer have column names
                del twin.feature_names_in_
            more = {} if weights is None else {"sample_weight": weights}
            return float(get_scorer(self.scoring)(twin, held_out.inputs, truth, **more))

        is_accuracy = is_classifier(self) and self.scoring in (None, "accuracy")
        return Validation(held_out, None if self.scoring == "loss" else score, is_accuracy)

    def _outputs(self, X: Any) -> FloatArray:  # noqa: N803
        """Computes the outputs (N, O) of the network."""
        check_is_fitted(self)
        dtype = self.coefs_[0].dtype
        check = partial(validate_data, self, X, accept_sparse="csr", dtype=dtype, reset=False)
        inputs = check(ensure_all_finite=False)
        if not is_finite(inputs):
            check()  # raises scikit-learn's error, unless only a square was infinite
        hidden = hidden_activations(self.activation, len(self.coefs_) - 1)
        activations = [*hidden, self.out_activation_]
        network = network_from_arrays(self.coefs_, self.intercepts_, activations)
        if self._skips_zeros and not reason_not_to_load():
            from inkling.compiled.prediction import skip_zeros

            network = skip_zeros(network, first=True)
        return np.concatenate([network.predict(dense(inputs[rows])) for rows in slices(inputs)])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
