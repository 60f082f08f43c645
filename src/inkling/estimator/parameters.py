"""The parameters of the estimators: allowed values, combinations, and ``FitParams``.

scikit-learn checks single parameters when ``fit`` begins, by the table ``CONSTRAINTS``;
``check_combinations`` checks what depends on several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer_names
from sklearn.neural_network import MLPClassifier
from sklearn.utils._param_validation import Interval, StrOptions

from inkling._checks import complain
from inkling.errors import SettingError
from inkling.nn.registry import ACTIVATIONS
from inkling.optim.schedules import SCHEDULES
from inkling.training.callbacks import Callback

STOCHASTIC_SOLVERS = ("sgd", "adam", "adamw")
HIDDEN_ACTIVATIONS = {"logistic", *ACTIVATIONS} - {"exp"}
"""Activations of hidden layers; scikit-learn's "logistic" is Inkling's "sigmoid". "exp" is an output."""
PLAIN_SCHEDULES = ("constant", "invscaling", "adaptive")
"""scikit-learn's schedules, which change the rate after an epoch; Inkling's change it at every step."""

CONSTRAINTS: dict[str, list[Any]] = {
    **MLPClassifier._parameter_constraints,
    "activation": [StrOptions(HIDDEN_ACTIVATIONS), "array-like"],
    "solver": [StrOptions({*STOCHASTIC_SOLVERS, "lbfgs"})],
    "learning_rate": [StrOptions({*PLAIN_SCHEDULES, *SCHEDULES})],
    "warm_start": ["boolean", StrOptions({"exact"})],
    "momentum": [Interval(Real, 0, 1, closed="left")],  # with 1 the velocity would never decay
    # not in scikit-learn
    "dropout": [Interval(Real, 0, 1, closed="left")],
    "scoring": [StrOptions({*get_scorer_names(), "loss"}), callable, None],
    "callbacks": [list, tuple, None],
    "progress_bar": ["boolean"],
}
"""Allowed values by name: scikit-learn's own, and what differs."""


class Parameters:
    """The types of the parameters that both estimators have."""

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


@dataclass(frozen=True, init=False, eq=False)
class FitParams(Parameters):
    """The parameters of one fit, checked and normalized, so that solvers need not read the estimator.

    The constructor arguments ``given`` become attributes; ValueError if the hidden layers are wrong.
    """

    estimator: str
    """The name of its class, for error messages."""
    hidden_sizes: list[int]
    """The number of units in each hidden layer."""
    activations: list[str]
    """The activation of each hidden layer."""
    class_weight: Any = None

    def __init__(self, estimator: str, given: Mapping[str, Any]) -> None:
        sizes = given["hidden_layer_sizes"]
        sizes = [int(size) for size in (sizes if isinstance(sizes, Iterable) else [sizes])]
        if any(size <= 0 for size in sizes):
            raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
        activations = hidden_activations(given["activation"], len(sizes))
        # A frozen dataclass cannot set its attributes one by one.
        vars(self).update(given, estimator=estimator, hidden_sizes=sizes, activations=activations)

    def report(self, line: str) -> None:
        """Prints a line if ``verbose`` is set."""
        if self.verbose:
            print(line)  # noqa: T201 (what verbose=True means in scikit-learn)


def hidden_activations(given: str | Iterable[str], layers: int) -> list[str]:
    """Returns the activation of each hidden layer; raises SettingError if a list does not fit."""
    if isinstance(given, str):
        return [given] * layers
    names = list(given)
    if len(names) != layers:
        expected = f"one activation for each of {layers} hidden layers"
        raise SettingError(complain("activation", expected, names))
    for name in names:
        if name not in HIDDEN_ACTIVATIONS:
            expected = f"names from {', '.join(sorted(HIDDEN_ACTIVATIONS))}"
            raise SettingError(complain("activation", expected, repr(name)))
    return names


def check_combinations(params: FitParams, *, validation_data: bool, incremental: bool) -> None:
    """Raises ValueError if parameters contradict each other.

    ``validation_data`` is whether ``fit`` received any, ``incremental`` whether this is ``partial_fit``.
    """
    who = params.estimator
    if incremental and params.early_stopping:
        raise ValueError("partial_fit does not support early_stopping=True")
    if incremental and isinstance(params.class_weight, str):
        advice = "use sklearn.utils.class_weight.compute_class_weight with all labels"
        expected = "class_weight as a dict in partial_fit, where class frequencies are unknown"
        raise SettingError(complain(who, expected, repr(params.class_weight), advice))
    if params.solver == "lbfgs":
        unsupported = {
            "dropout": params.dropout > 0,
            "validation_data": validation_data,
            "warm_start='exact'": params.warm_start == "exact",
        }
        for name in (name for name, given in unsupported.items() if given):
            expected = f"a solver that supports {name}: {', '.join(STOCHASTIC_SOLVERS)}"
            raise SettingError(complain(who, expected, "lbfgs"))
    if params.scoring is not None and not (params.early_stopping or validation_data):
        advice = "pass validation_data to fit, or set early_stopping=True"
        raise SettingError(complain(who, "a validation set for scoring", "none", advice))
    if incremental and params.learning_rate not in PLAIN_SCHEDULES:
        expected = f"learning_rate to be one of {', '.join(PLAIN_SCHEDULES)} in partial_fit"
        advice = "the other schedules need the length of the whole fit; use fit"
        raise SettingError(complain(who, expected, repr(params.learning_rate), advice))
