"""All optimizers by name, for settings, the command line and checkpoints.

A new optimizer is a class (``optimizer.py`` has the contract) and a line here; the contract tests then
cover it. What changes the learning rate during a run comes next: ``schedules.py``.
"""

from __future__ import annotations

from typing import Any

from inkling._checks import look_up
from inkling.optim._settings import build
from inkling.optim.adaptive import Adam, AdamW, RMSprop
from inkling.optim.descent import SGD, Momentum, Nesterov
from inkling.optim.optimizer import Optimizer

OPTIMIZERS: dict[str, type[Optimizer]] = {
    kind.name: kind for kind in (SGD, Momentum, Nesterov, RMSprop, Adam, AdamW)
}
"""scikit-learn's forms are not among them, because only its estimators need them."""


def build_optimizer(name: str, **settings: Any) -> Optimizer:
    """Builds an optimizer by name.

    Args:
        name: a key of ``OPTIMIZERS``.
        **settings: its constructor arguments; the others have their defaults.

    Raises:
        SettingError: the name or a setting is unknown, or a value is out of range.

    Example:
        >>> build_optimizer("momentum", learning_rate=0.05)
        Momentum(learning_rate=0.05, weight_decay=0.0, momentum=0.9)
    """
    return build(look_up("build_optimizer", "name", name, OPTIMIZERS), settings)
