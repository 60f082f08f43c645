"""Which values the parameters may have, and which of them go together.

scikit-learn checks single parameters when ``fit`` begins, by the table below, and words the errors;
what hangs on two parameters at once is checked by ``check_combinations``. The names and ranges that
scikit-learn has are taken over; those behind the line are Inkling's own. Next: ``random_state.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import get_scorer_names
from sklearn.utils._param_validation import Interval, Options, StrOptions

from inkling._checks import complain
from inkling.errors import SettingError
from inkling.nn.registry import ACTIVATIONS
from inkling.optim.schedules import SCHEDULES

if TYPE_CHECKING:
    from inkling.estimator.base import BaseMLP

STOCHASTIC_SOLVERS = ("sgd", "adam", "adamw")
HIDDEN_ACTIVATIONS = {"logistic", *ACTIVATIONS}
"""scikit-learn's logistic is Inkling's sigmoid; both names are taken."""
PLAIN_SCHEDULES = ("constant", "invscaling", "adaptive")
"""scikit-learn's, which go by the epoch; Inkling's own go by the step."""

CONSTRAINTS: dict[str, list[Any]] = {
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "activation": [StrOptions(HIDDEN_ACTIVATIONS), "array-like"],
    "solver": [StrOptions({*STOCHASTIC_SOLVERS, "lbfgs"})],
    "alpha": [Interval(Real, 0, None, closed="left")],
    "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "learning_rate": [StrOptions({*PLAIN_SCHEDULES, *SCHEDULES})],
    "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
    "power_t": [Interval(Real, 0, None, closed="left")],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [Interval(Real, 0, None, closed="left")],
    "verbose": ["verbose"],
    "warm_start": ["boolean", StrOptions({"exact"})],
    "momentum": [Interval(Real, 0, 1, closed="left")],  # at 1 nothing would ever be forgotten
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="left")],
    "beta_1": [Interval(Real, 0, 1, closed="left")],
    "beta_2": [Interval(Real, 0, 1, closed="left")],
    "epsilon": [Interval(Real, 0, None, closed="neither")],
    "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
    "max_fun": [Interval(Integral, 1, None, closed="left")],
    # Inkling's own
    "dropout": [Interval(Real, 0, 1, closed="left")],
    "scoring": [StrOptions({*get_scorer_names(), "loss"}), callable, None],
    "callbacks": [list, tuple, None],
    "progress_bar": ["boolean"],
}


def hidden_sizes(given: int | Iterable[int]) -> list[int]:
    """Returns the units of each hidden layer as a list.

    Raises:
        ValueError: one is below 1.

    Example:
        >>> hidden_sizes(50), hidden_sizes((300, 100)), hidden_sizes(())
        ([50], [300, 100], [])
    """
    sizes = list(given) if isinstance(given, Iterable) else [given]
    if any(size <= 0 for size in sizes):
        raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
    return [int(size) for size in sizes]


def hidden_activations(given: str | Iterable[str], layers: int) -> list[str]:
    """Returns the activation of each hidden layer.

    Raises:
        SettingError: a list is not of that length, or holds an unknown name.

    Example:
        >>> hidden_activations("relu", 2), hidden_activations(["tanh", "gelu"], 2)
        (['relu', 'relu'], ['tanh', 'gelu'])
    """
    if isinstance(given, str):
        return [given] * layers
    names = list(given)
    if len(names) != layers:
        expected = f"an activation for each of {layers} hidden layers"
        raise SettingError(complain("activation", expected, names))
    for name in names:
        if name not in HIDDEN_ACTIVATIONS:
            expected = f"names out of {', '.join(sorted(HIDDEN_ACTIVATIONS))}"
            raise SettingError(complain("activation", expected, repr(name)))
    return names


def has_epochs(mlp: BaseMLP) -> bool:
    """Returns True, as ``partial_fit`` exists only for solvers that go by batches.

    Raises:
        AttributeError: the solver sees all samples at once.
    """
    if mlp.solver in STOCHASTIC_SOLVERS:
        return True
    raise AttributeError(
        f"partial_fit is only available for stochastic optimizers. {mlp.solver} is not stochastic."
    )


def check_combinations(mlp: BaseMLP, validation_data: object, *, incremental: bool) -> None:
    """Raises where parameters do not go together.

    Raises:
        ValueError: they do not.
    """
    hidden_activations(mlp.activation, len(hidden_sizes(mlp.hidden_layer_sizes)))
    if incremental and mlp.early_stopping:
        raise ValueError("partial_fit does not support early_stopping=True")
    if mlp.solver == "lbfgs":
        _check_for_lbfgs(mlp, validation_data)
    if mlp.scoring is not None and not mlp.early_stopping and validation_data is None:
        advice = "pass validation_data to fit, or set early_stopping=True"
        expected = "a validation set, which scoring needs"
        raise SettingError(complain(type(mlp).__name__, expected, "none", advice))
    if incremental and mlp.learning_rate not in PLAIN_SCHEDULES:
        expected = f"one of {', '.join(PLAIN_SCHEDULES)} as learning_rate in partial_fit"
        advice = "a schedule over the whole run needs to know its length; use fit"
        raise SettingError(complain(type(mlp).__name__, expected, mlp.learning_rate, advice))


def _check_for_lbfgs(mlp: BaseMLP, validation_data: object) -> None:
    who, advice = type(mlp).__name__, f"use one of the solvers {', '.join(STOCHASTIC_SOLVERS)}"
    for what, given in (
        ("dropout", mlp.dropout > 0),
        ("validation_data", validation_data is not None),
        ("warm_start='exact'", mlp.warm_start == "exact"),
    ):
        if given:
            raise SettingError(complain(who, f"no {what} with the solver lbfgs", "it", advice))
