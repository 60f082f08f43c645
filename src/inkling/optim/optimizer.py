"""What every optimizer has in common: its settings, its memory, and one call that moves the parameters.

    network → loss → gradients → **optimizer** → parameters of the next step

An optimizer sees names and arrays, never a network. It changes the parameters where they are and keeps
what it must remember (a velocity, an average of squares) in ``state``, one plain array a parameter, so
that a checkpoint can store it. The formulas are next door: ``descent.py``, then ``adaptive.py``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar, NoReturn

import numpy as np

from inkling._checks import check_name, check_range, check_shape, complain
from inkling._types import FloatArray
from inkling.errors import ShapeError
from inkling.optim._settings import settings_of

Parameters = Mapping[str, FloatArray]
"""Arrays by name, such as "dense1.weights" (I, O) and "dense1.bias" (O,)."""

Form = tuple[tuple[int, ...], np.dtype[Any]]
"""An array's shape and dtype."""
Forms = dict[str, Form]

CONVENTIONS = ("pytorch", "scikit-learn")
"""Whose reading of a formula to follow, where the two differ."""


@dataclass(eq=False)
class Optimizer(ABC):
    """One rule for turning gradients into a change of the parameters.

    Weight decay adds ½·λ·‖W‖² to the loss, that is λ·W to the gradient of W. It falls on weight
    matrices only (arrays with more than one axis). A bias is left alone: it shifts an output by the
    same amount for every input, so a large one does not make the network over-sensitive to its
    inputs, and pulling it to zero only keeps the outputs from their mean.

    An optimizer serves one set of parameters, the one of its first update.

    Args:
        learning_rate: the rate of a plain run, and the peak that a schedule scales; in (0, ∞).
        weight_decay: λ, in [0, ∞).

    Attributes:
        state: what is remembered, by "slot/parameter" ("velocity/dense1.weights"); every array has
            the shape and dtype of its parameter and starts at zero with the first update.
        steps: updates done so far.

    Reference:
        Krogh and Hertz (1992), A Simple Weight Decay Can Improve Generalization.
    """

    name: ClassVar[str]
    slots: ClassVar[tuple[str, ...]] = ()
    """What is remembered for each parameter."""

    learning_rate: float
    _: KW_ONLY
    weight_decay: float = 0.0
    state: dict[str, FloatArray] = field(init=False, repr=False, default_factory=dict)
    steps: int = field(init=False, repr=False, default=0)
    _known: Forms = field(init=False, repr=False, default_factory=dict)
    _scratch: dict[str, FloatArray] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._check_number("learning_rate", open_low=True)
        self._check_number("weight_decay")

    def update(
        self, parameters: Parameters, gradients: Parameters, learning_rate: float | None = None
    ) -> None:
        """Moves every parameter one step, in place.

        The gradients are used as working space: their values are lost. That is what keeps a step free
        of new arrays, and the next backward pass writes them anew anyway.

        Args:
            parameters: arrays of any shape by name, float32 or float64.
            gradients: ∂L/∂parameter under the same names, with the same shapes and dtypes.
            learning_rate: the rate of this step, in [0, ∞); left out, the optimizer's own.

        Raises:
            ShapeError: a gradient is missing, has no parameter, or differs in shape or dtype, or the
                parameters are not those of the first update. Nothing has been changed then.
            SettingError: the learning rate is out of range. Nothing has been changed then.
        """
        rate = self.learning_rate if learning_rate is None else learning_rate
        check_range(type(self).__name__, "learning_rate", rate, low=0, open_high=True)
        self._check_gradients(parameters, gradients)
        self.prepare(parameters)
        self.steps += 1
        # A plain float takes the dtype of the array it meets; a NumPy float64 would widen float32.
        rate = float(rate)
        for name, parameter in parameters.items():
            self.update_one(name, parameter, gradients[name], rate)

    @abstractmethod
    def update_one(
        self, name: str, parameter: FloatArray, gradient: FloatArray, rate: float
    ) -> None:
        """Moves one parameter; ``update`` has checked the arrays and counted the step.

        Args:
            name: the parameter's name, under which its state is kept.
            parameter: any shape; changed in place.
            gradient: the parameter's shape and dtype; free to be overwritten.
            rate: the learning rate of this step.
        """

    def prepare(self, parameters: Parameters) -> None:
        """Makes the state, filled with zeros, if it is not there yet.

        ``update`` does this by itself. Call it before handing ``state`` to code that takes the steps
        without this class, and add those steps to ``steps`` afterwards.

        Raises:
            ShapeError: a parameter is neither float32 nor float64, or the parameters are not those
                that the optimizer has served so far.
        """
        seen = {name: (array.shape, array.dtype) for name, array in parameters.items()}
        if not self._known:
            self._check_dtypes(parameters)
            self._known = seen
            self.state = {
                f"{slot}/{name}": np.zeros_like(array)
                for slot in self.slots
                for name, array in parameters.items()
            }
        elif seen != self._known:
            advice = "make a new optimizer for another network"
            self._complain_about_difference("parameter {!r}", self._known, seen, advice)

    def settings(self) -> dict[str, Any]:
        """Returns the constructor arguments, ready for JSON: ``build_optimizer(name, **settings)``."""
        return settings_of(self)

    def load_state(self, state: Mapping[str, FloatArray], steps: int) -> None:
        """Takes over the state of an earlier run; the arrays are copied.

        Args:
            state: what ``state`` held then.
            steps: what ``steps`` was then; 0 with an empty state is a fresh start.

        Raises:
            ShapeError: an array is missing, unknown, or differs in shape or dtype from the
                parameters served so far (or, before the first update, from the parameter's other
                arrays). Nothing has been changed then.
            SettingError: ``steps`` is not a whole number in [0, ∞).
        """
        who = type(self).__name__
        check_range(who, "steps", steps, low=0, whole=True)
        given = {key: (array.shape, array.dtype) for key, array in state.items()}
        known = dict(self._known)
        if not known:
            # Before the first update the arrays can only be compared with one another.
            for key, form in given.items():
                known.setdefault(key.partition("/")[2], form)
        if state or steps > 0:
            wanted = {f"{slot}/{name}": known[name] for slot in self.slots for name in known}
            if self.slots and not state:
                expected = f"a state of {' and '.join(self.slots)} after {steps} steps"
                raise ShapeError(complain(who, expected, "an empty one"))
            if given != wanted:
                self._complain_about_difference("state {!r}", wanted, given)
            self._check_dtypes(state)
        self._known = known if state else {}
        self.state = {key: array.copy() for key, array in state.items()}
        self._scratch.clear()
        self.steps = int(steps)

    def add_weight_decay(self, name: str, parameter: FloatArray, gradient: FloatArray) -> None:
        """g ← g + λ·W for a weight matrix, in place [weight-decay]; a bias is left alone."""
        if self.weight_decay and parameter.ndim > 1:
            decay = self.scratch(name, parameter)
            np.multiply(parameter, self.weight_decay, out=decay)
            np.add(gradient, decay, out=gradient)

    def scratch(self, name: str, parameter: FloatArray) -> FloatArray:
        """Returns a working array like the parameter: made once, any content, never saved."""
        if name not in self._scratch:
            self._scratch[name] = np.empty_like(parameter)
        return self._scratch[name]

    def _check_number(self, setting: str, *, high: float = np.inf, open_low: bool = False) -> None:
        """Checks a setting to be in [0, high) and stores it as a plain float."""
        number = getattr(self, setting)
        who = type(self).__name__
        check_range(who, setting, number, low=0, high=high, open_low=open_low, open_high=True)
        setattr(self, setting, float(number))

    def _check_convention(self, convention: str) -> None:
        check_name(type(self).__name__, "convention", convention, CONVENTIONS)

    def _check_dtypes(self, arrays: Parameters) -> None:
        for name, array in arrays.items():
            if array.dtype not in (np.float32, np.float64):
                expected = f"{name!r} in float32 or float64"
                raise ShapeError(complain(type(self).__name__, expected, array.dtype))

    def _complain_about_difference(
        self, what: str, wanted: Forms, given: Forms, advice: str = ""
    ) -> NoReturn:
        for name in [*wanted, *given]:
            if given.get(name) != wanted.get(name):
                expected = f"{what.format(name)} to be {_in_words(wanted.get(name))}"
                got = _in_words(given.get(name))
                raise ShapeError(complain(type(self).__name__, expected, got, advice))
        raise AssertionError("called without a difference")

    def _check_gradients(self, parameters: Parameters, gradients: Parameters) -> None:
        who = type(self).__name__
        if parameters.keys() != gradients.keys():
            expected = f"one gradient for each of {', '.join(parameters)}"
            raise ShapeError(complain(who, expected, ", ".join(gradients) or "none"))
        for name, parameter in parameters.items():
            gradient = gradients[name]
            if gradient.shape != parameter.shape:
                check_shape(who, f"the gradient of {name!r}", gradient, parameter.shape)
            if gradient.dtype != parameter.dtype:
                expected = f"the gradient of {name!r} in the parameter's {parameter.dtype}"
                advice = f"convert it with astype(np.{parameter.dtype})"
                raise ShapeError(complain(who, expected, gradient.dtype, advice))


def _in_words(form: Form | None) -> str:
    return "absent" if form is None else f"{form[0]} {form[1]}"
