"""Optimizers, learning-rate schedules and gradient clipping.

Read ``optimizer.py`` (the contract), ``descent.py`` and ``adaptive.py`` (the formulas),
``optimizers.py`` (their names), ``schedules.py`` (the learning rate over a run), ``penalty.py`` and
``clipping.py``. Nothing here depends on the network: arrays come by name and are changed in place. A
name in square brackets behind a line, such as [sgd], is the label of its formula in ``docs/derivation``.
"""

from inkling.optim._settings import Parameters
from inkling.optim.adaptive import Adam, AdamW, RMSprop, ScikitAdam
from inkling.optim.clipping import clip_by_global_norm
from inkling.optim.descent import SGD, Momentum, Nesterov, ScikitMomentum, ScikitNesterov
from inkling.optim.optimizer import Optimizer
from inkling.optim.optimizers import OPTIMIZERS, build_optimizer
from inkling.optim.penalty import add_l2_penalty
from inkling.optim.schedules import (
    SCHEDULES,
    Constant,
    Cosine,
    OneCycle,
    Schedule,
    StepDecay,
    WarmUp,
    build_schedule,
)

__all__ = [
    "OPTIMIZERS",
    "SCHEDULES",
    "SGD",
    "Adam",
    "AdamW",
    "Constant",
    "Cosine",
    "Momentum",
    "Nesterov",
    "OneCycle",
    "Optimizer",
    "Parameters",
    "RMSprop",
    "Schedule",
    "ScikitAdam",
    "ScikitMomentum",
    "ScikitNesterov",
    "StepDecay",
    "WarmUp",
    "add_l2_penalty",
    "build_optimizer",
    "build_schedule",
    "clip_by_global_norm",
]
