"""How the learning rate goes over a fit.

constant, invscaling, adaptive      scikit-learn's: they move at the end of an epoch, for sgd only
step, cosine, one_cycle, warm_up    Inkling's schedules: a rate for every step, for every solver

The rate that holds is the optimizer's ``learning_rate``. Next: ``stochastic.py``, which asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inkling.estimator.parameters import PLAIN_SCHEDULES
from inkling.optim.optimizer import Optimizer
from inkling.optim.schedules import Schedule, build_schedule

if TYPE_CHECKING:
    from inkling.estimator.base import BaseMLP

TOO_SMALL = 1e-6
"""At or below this, adaptive gives up instead of dividing once more."""


def schedule_of(mlp: BaseMLP, steps_per_epoch: int) -> Schedule | None:
    """Returns the schedule over the whole fit; None where the rate goes by the epoch."""
    if mlp.learning_rate in PLAIN_SCHEDULES:
        return None
    steps = steps_per_epoch * mlp.max_iter
    return build_schedule(mlp.learning_rate, mlp.learning_rate_init, steps)


def after_epoch(mlp: BaseMLP, optimizer: Optimizer) -> None:
    """Sets the rate of the next epoch: η₀ / (t + 1)^power_t for invscaling, t the samples seen."""
    if mlp.solver == "sgd" and mlp.learning_rate == "invscaling":
        optimizer.learning_rate = mlp.learning_rate_init / (mlp.t_ + 1) ** mlp.power_t


def lower(mlp: BaseMLP, optimizer: Optimizer) -> str:
    """Lowers the rate where a fit has stopped to improve, if it is adaptive and not too small.

    Returns:
        What to say about it: "Stopping." where the fit is over.
    """
    if not (mlp.solver == "sgd" and mlp.learning_rate == "adaptive"):
        return "Stopping."
    if optimizer.learning_rate <= TOO_SMALL:
        return "Learning rate too small. Stopping."
    optimizer.learning_rate /= 5
    return f"Setting learning rate to {optimizer.learning_rate:f}"
