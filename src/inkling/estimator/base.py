"""What both estimators share: from ``fit``'s arguments to weights, and from samples to outputs.

    X, y → samples, targets → first weights → a solver → coefs_, intercepts_ → outputs

``coefs_`` and ``intercepts_`` are the truth: every network is built around these arrays when it is
needed. The subclasses say what targets, answers and scores are: ``classifier.py``, ``regressor.py``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.utils import assert_all_finite, check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from inkling._types import AnyArray, FloatArray
from inkling.estimator.lbfgs import fit_lbfgs
from inkling.estimator.parameters import (
    CONSTRAINTS,
    STOCHASTIC_SOLVERS,
    check_combinations,
    hidden_activations,
    hidden_sizes,
)
from inkling.estimator.progress_bar import ProgressBar
from inkling.estimator.random_state import first_weights
from inkling.estimator.run import Run, resumed_run, start_run
from inkling.estimator.samples import Samples, dense_rows, slices
from inkling.estimator.sklearn_base import BaseEstimator, _fit_context
from inkling.estimator.stochastic import Fitting
from inkling.estimator.translate import network_around
from inkling.estimator.validation import validation_of
from inkling.nn.layer import Layer
from inkling.nn.network import Network
from inkling.training.callbacks import Callback


class BaseMLP(BaseEstimator, ABC):
    """The part of the two estimators that knows neither classes nor values."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = CONSTRAINTS

    hidden_layer_sizes: int | Sequence[int]
    activation: str | Sequence[str]
    solver: str
    alpha: float
    batch_size: int | str
    learning_rate: str
    learning_rate_init: float
    power_t: float
    max_iter: int
    shuffle: bool
    random_state: int | np.random.RandomState | None
    tol: float
    verbose: bool | int
    warm_start: bool | str
    momentum: float
    nesterovs_momentum: bool
    early_stopping: bool
    validation_fraction: float
    beta_1: float
    beta_2: float
    epsilon: float
    n_iter_no_change: float
    max_fun: int
    dropout: float
    scoring: str | Callable[..., float] | None
    callbacks: Sequence[Callback] | None
    progress_bar: bool

    coefs_: list[FloatArray]
    intercepts_: list[FloatArray]
    n_iter_: int
    n_layers_: int
    n_outputs_: int
    out_activation_: str
    loss_: float
    best_loss_: float | None
    best_validation_score_: float | None
    _kept: Run

    def _keep(self, given: dict[str, Any]) -> None:
        """Stores the constructor's arguments as they are, which is all scikit-learn allows there."""
        for name in self._get_param_names():
            setattr(self, name, given[name])

    # ------------------------------------------------------------- what the subclasses say

    @abstractmethod
    def _read_targets(self, y: AnyArray, *, going_on: bool, incremental: bool) -> AnyArray:
        """Returns the targets (N, O) of a fit, and learns the classes where there are some."""

    @abstractmethod
    def _targets_of(self, y: AnyArray) -> AnyArray:
        """Returns the targets (N, O) of held-out samples."""

    @abstractmethod
    def _truth_of(self, targets: AnyArray) -> AnyArray:
        """Returns what the user calls these targets (N, O): labels, or values (N,) or (N, O)."""

    @abstractmethod
    def _answers(self, outputs: FloatArray) -> AnyArray:
        """Returns what ``predict`` says for outputs (N, O)."""

    @abstractmethod
    def _usual_score(self, truth: AnyArray, answers: AnyArray, weights: FloatArray | None) -> float:
        """Returns the score that ``score`` gives as well."""

    @abstractmethod
    def _output_activation(self) -> str:
        """Returns scikit-learn's name of the output activation."""

    @abstractmethod
    def _weights_of(
        self, y: AnyArray, weights: FloatArray | None, *, incremental: bool
    ) -> FloatArray | None:
        """Returns the samples' weights, those of their classes included."""

    # --------------------------------------------------------------------------------- fit

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
            validation_data: (X, y) or (X, y, sample_weight) to judge after every epoch: it gives
                ``validation_loss_curve_`` and ``validation_scores_``, and with
                ``early_stopping=True`` it decides when to stop, instead of a part of ``X``.

        Raises:
            ValueError: a parameter is wrong, the arrays do not fit, or the weights are not finite.
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
        check_combinations(self, validation_data, incremental=incremental)
        going_on = hasattr(self, "coefs_") and bool(self.warm_start or incremental)
        inputs, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            multi_output=True,
            dtype=(np.float64, np.float32),
            reset=not going_on,
        )
        if sample_weight is not None:
            sample_weight = _check_sample_weight(
                sample_weight, inputs, dtype=inputs.dtype, ensure_non_negative=True
            )
        targets = self._read_targets(y, going_on=going_on, incremental=incremental)
        weights = self._weights_of(y, sample_weight, incremental=incremental)
        samples = Samples(inputs, targets, weights)
        random_state = check_random_state(self.random_state)
        if not going_on:
            self._start_weights(samples, random_state)
        if self.solver == "lbfgs":
            fit_lbfgs(self, samples)
            diverged = False
        else:
            diverged = self._fit_stochastic(
                samples, validation_data, random_state, going_on, incremental
            )
        if diverged or not all(
            np.isfinite(array).all() for array in [*self.coefs_, *self.intercepts_]
        ):
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large "
                "values and need to be preprocessed."
            )
        return self

    def _start_weights(self, samples: Samples, random_state: np.random.RandomState) -> None:
        """Draws the first weights and sets every attribute that grows from fit to fit."""
        hidden = hidden_sizes(self.hidden_layer_sizes)
        sizes = [samples.inputs.shape[1], *hidden, samples.targets.shape[1]]
        self.n_outputs_, self.n_layers_ = sizes[-1], len(sizes)
        self.out_activation_ = self._output_activation()
        # Without a hidden layer scikit-learn still draws by the activation it does not have.
        names = hidden_activations(self.activation, max(len(hidden), 1))
        dtype = samples.inputs.dtype
        self.coefs_, self.intercepts_ = first_weights(sizes, names, random_state, dtype)
        self.n_iter_ = self.t_ = 0
        if self.solver in STOCHASTIC_SOLVERS:
            self.loss_curve_: list[float] = []
            self._no_improvement_count = 0
            self.best_loss_ = None if self.early_stopping else np.inf
            self.best_validation_score_ = -np.inf if self.early_stopping else None
            self.validation_scores_: list[float] | None = None
            self.validation_loss_curve_: list[float] | None = None
            self._best = self._copy_of_weights()

    def _fit_stochastic(
        self,
        samples: Samples,
        validation_data: Sequence[Any] | None,
        random_state: np.random.RandomState,
        going_on: bool,
        incremental: bool,
    ) -> bool:
        """Runs the fitting loop, and returns whether it diverged with no best weights to keep."""
        if going_on and self.warm_start == "exact" and not incremental:
            run = resumed_run(self, len(samples))
        else:
            self.n_iter_ = 0
            run = start_run(
                self,
                len(samples),
                self._classes_to_keep_apart(samples.targets),
                random_state,
                split=self.early_stopping and validation_data is None,
                incremental=incremental,
            )
        self._run = run
        validation = validation_of(self, samples, validation_data, run.held_out)
        if validation is not None and self.validation_scores_ is None:
            self.validation_scores_, self.validation_loss_curve_ = [], []
        diverged = Fitting(self, samples, validation, run).fit(incremental=incremental)
        if not self.early_stopping:
            return diverged
        n_layers = len(self.coefs_)
        self.coefs_, self.intercepts_ = self._best[:n_layers], self._best[n_layers:]
        return False

    def _classes_to_keep_apart(self, targets: AnyArray) -> AnyArray | None:  # noqa: ARG002
        """Returns the classes by which held-out samples are drawn; None where there are none."""
        return None

    # ------------------------------------------------------------ what the fitting loop asks

    def _copy_of_weights(self) -> list[FloatArray]:
        return [array.copy() for array in [*self.coefs_, *self.intercepts_]]

    def _scores_are_accuracies(self) -> bool:
        return False

    def _watchers(self) -> list[Callback]:
        return [*(self.callbacks or ()), *([ProgressBar()] if self.progress_bar else ())]

    def _say(self, line: str) -> None:
        if self.verbose:
            print(line)  # noqa: T201 (what verbose=True means in scikit-learn)

    # ----------------------------------------------------------------------------- outputs

    def _activations(self) -> list[str]:
        hidden = hidden_activations(self.activation, len(self.coefs_) - 1)
        return [*hidden, self.out_activation_]

    def _build_network(self, *, training: bool = False) -> Network:
        dropout = self.dropout if training else 0.0
        return network_around(self.coefs_, self.intercepts_, self._activations(), dropout)

    def _outputs(self, X: Any, *, logits: bool = False) -> FloatArray:  # noqa: N803
        """Computes the outputs (N, O), or what goes into the output activation."""
        check_is_fitted(self)
        dtype = self.coefs_[0].dtype
        form = {"accept_sparse": "csr", "dtype": dtype, "reset": False}
        inputs = validate_data(self, X, ensure_all_finite=False, **form)
        network = self._build_network()
        first, *others = network.layers[:-1] if logits else network.layers
        outputs = np.empty((inputs.shape[0], network.outputs), dtype)
        for rows in slices(len(outputs), dense=isinstance(inputs, np.ndarray)):
            samples = dense_rows(inputs, rows)
            values = self._checked(samples, first)
            for layer in others:
                values, _ = layer.forward(values)
            outputs[rows] = values
        return outputs

    def _checked(self, samples: FloatArray, first: Layer) -> FloatArray:
        """Computes the first layer, and refuses samples that are not finite.

        An input that is not finite leaves no z of its sample finite. There are fewer of these to look
        at: a tenth of the time of ``predict`` for images.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            z, _ = first.forward(samples)
            if not np.isfinite(z.sum()):  # z may be too large for a float all the same
                who = type(self).__name__
                assert_all_finite(samples, estimator_name=who, input_name="X")
        return z

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
