"""From gradients to better parameters: optimizers, learning-rate schedules, gradient clipping.

Read ``optimizer.py`` (what an optimizer is), ``descent.py`` and ``adaptive.py`` (the formulas),
``schedules.py`` (the learning rate over a run), ``penalty.py``, ``clipping.py``. Nothing here knows what
a network is: arrays come in by name and are changed in place. They meet the network in ``training``.
A name in square brackets behind a formula is its label in ``docs/derivation``, where it is derived.
"""

from inkling.optim.adaptive import Adam, AdamW, RMSprop
from inkling.optim.clipping import clip_by_global_norm
from inkling.optim.descent import SGD, Momentum, Nesterov
from inkling.optim.optimizer import Optimizer, Parameters
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
    "StepDecay",
    "WarmUp",
    "add_l2_penalty",
    "build_optimizer",
    "build_schedule",
    "clip_by_global_norm",
]
