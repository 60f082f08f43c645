"""The contract of every optimizer: settings, state, and one method that changes the parameters.

    network → loss → gradients → **optimizer** → parameters of the next step

An optimizer takes arrays by name and does not depend on the network. It changes the parameters in place
and keeps its state (a velocity, an average of squares), one plain array per parameter, so that a
checkpoint can store it. The formulas are in ``descent.py`` and ``adaptive.py``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from inkling._checks import check_range
from inkling._types import FloatArray
from inkling.optim._settings import (
    Parameters,
    check_gradients,
    check_state,
    checked_setting,
    settings_of,
)

BLOCK = 2**17
"""Bytes of an array in one call of ``step``. Its formulas make a new array for each operation; blocks of
this size stay in a core's cache from one to the next. A training step with Adam takes a tenth less."""


@dataclass(eq=False)
class Optimizer(ABC):
    """A rule that turns gradients into changes of one set of parameters.

    Weight decay adds ½ λ ‖W‖² to the loss, for arrays with more than one axis: a large bias does not
    make the network sensitive to its inputs.

    Args:
        learning_rate: η, in (0, ∞); the peak rate if a schedule is used.
        weight_decay: λ, in [0, ∞).

    Reference: Krogh and Hertz, "A simple weight decay can improve generalization", NIPS 1992.
    """

    name: ClassVar[str]
    slots: ClassVar[tuple[str, ...]] = ()
    """The names of the arrays that are kept for each parameter."""

    learning_rate: float
    weight_decay: float = field(default=0.0, kw_only=True)
    state: dict[str, FloatArray] = field(init=False, repr=False, default_factory=dict)
    """Arrays like the parameters by "slot/parameter" ("velocity/dense1.weights"), zero at the start."""
    steps: int = field(init=False, repr=False, default=0)
    """t, the number of updates so far."""

    def __post_init__(self) -> None:
        for name, value in self.settings().items():
            setattr(self, name, checked_setting(type(self).__name__, name, value))

    @abstractmethod
    def step(self, p: FloatArray, g: FloatArray, rate: float, state: Sequence[FloatArray]) -> None:
        """Changes p in place, given its gradient g and its arrays of the state.

        The formula must work element by element: p is a whole parameter or some of its rows.
        """

    def update(
        self, parameters: Parameters, gradients: Parameters, learning_rate: float | None = None
    ) -> None:
        """Changes every parameter in place by one step; the gradients are left as they are.

        Args:
            parameters: arrays of any shape by name, float32 or float64.
            gradients: ∂L/∂parameter under the same names, with the same shapes and dtypes.
            learning_rate: η of this step, in [0, ∞); by default the optimizer's own.

        Raises:
            ShapeError: the gradients or the state do not match the parameters; nothing is changed.
            SettingError: the learning rate is out of range; nothing is changed.
        """
        rate = self.learning_rate if learning_rate is None else learning_rate
        check_range(type(self).__name__, "learning_rate", rate, low=0)
        check_gradients(type(self).__name__, parameters, gradients)
        self.prepare(parameters)
        self.steps += 1
        rate = float(rate)  # keeps float32 arrays float32; a NumPy float64 would not
        for name, parameter in parameters.items():
            arrays = (self.state[f"{slot}/{name}"] for slot in self.slots)
            for p, g, *state in blocks(parameter, gradients[name], *arrays):
                self.step(p, self.decayed(p, g), rate, state)

    def decayed(self, p: FloatArray, g: FloatArray) -> FloatArray:
        """Returns the gradient of the loss with its weight decay."""
        if self.weight_decay == 0 or p.ndim < 2:
            return g
        return g + self.weight_decay * p  # [weight-decay]

    def prepare(self, parameters: Parameters) -> None:
        """Creates the state before the first step; later raises ShapeError unless it fits."""
        wanted = {f"{slot}/{name}": p for slot in self.slots for name, p in parameters.items()}
        if self.state or self.steps:
            check_state(type(self).__name__, self.state, wanted)
        else:
            self.state = {key: np.zeros_like(p) for key, p in wanted.items()}

    def settings(self) -> dict[str, Any]:
        """Returns the constructor's arguments as plain data: ``build_optimizer(name, **settings)``."""
        return settings_of(self)

    def load_state(self, state: Parameters, steps: int) -> None:
        """Restores copies of ``state`` and ``steps``; the next update checks that they fit."""
        check_range(type(self).__name__, "steps", steps, low=0, whole=True)
        self.state = {key: array.copy() for key, array in state.items()}
        self.steps = int(steps)


def blocks(*arrays: FloatArray) -> Iterator[tuple[FloatArray, ...]]:
    """Yields views of the same rows of arrays of one shape, about ``BLOCK`` bytes of each."""
    first = arrays[0]
    if first.nbytes <= BLOCK:
        yield arrays
        return
    rows = max(BLOCK // first[0].nbytes, 1)
    for start in range(0, len(first), rows):
        yield tuple(array[start : start + rows] for array in arrays)
