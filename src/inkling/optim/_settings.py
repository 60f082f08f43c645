"""Settings and state of optimizers and schedules as plain data, and the checks of what they are given.

Optimizers and schedules are dataclasses whose constructor arguments are their settings. A training run
stores them as JSON and builds the same object again when it is resumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from inkling._checks import check_name, check_range, check_shape, check_type, complain
from inkling._types import FloatArray
from inkling.errors import ShapeError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")

Parameters = Mapping[str, FloatArray]
"""Arrays by name, such as "dense1.weights" (I, O) and "dense1.bias" (O,)."""


def settings_of(thing: DataclassInstance) -> dict[str, Any]:
    """Returns the constructor arguments of an optimizer or a schedule by name."""
    return {field.name: getattr(thing, field.name) for field in fields(thing) if field.init}


def build(kind: type[T], settings: Mapping[str, Any]) -> T:
    """Builds an optimizer or a schedule; raises SettingError if a setting is unknown or out of range."""
    known = [field.name for field in fields(kind) if field.init]
    for setting in settings:
        check_name(kind.__name__, "setting", setting, known)
    return kind(**settings)


def checked_setting(who: str, name: str, value: float) -> float:
    """Returns a setting of an optimizer as a plain float; raises SettingError if it is out of range.

    Learning rate and ε are in (0, ∞), momentum and the averages' factors in [0, 1), the rest in [0, ∞).
    """
    high = 1.0 if name in ("momentum", "smoothing", "beta1", "beta2") else np.inf
    positive = name in ("learning_rate", "epsilon")
    check_range(who, name, value, low=0, high=high, open_low=positive, open_high=True)
    return float(value)


def check_gradients(who: str, parameters: Parameters, gradients: Parameters) -> None:
    """Raises ShapeError unless there is one gradient per parameter, of its shape and dtype."""
    check_type(who, "gradients", gradients, Mapping, "give the gradients of loss_and_gradients")
    if parameters.keys() != gradients.keys():
        expected = f"one gradient for each of {', '.join(parameters)}"
        raise ShapeError(complain(who, expected, ", ".join(gradients) or "none"))
    for name, p in parameters.items():
        g = gradients[name]
        if g.shape != p.shape:
            check_shape(who, f"the gradient of {name!r}", g, p.shape)
        if p.dtype not in (np.float32, np.float64) or g.dtype != p.dtype:
            expected = f"{name!r} and its gradient in one dtype, float32 or float64"
            raise ShapeError(complain(who, expected, f"{p.dtype} and {g.dtype}"))


def check_state(who: str, state: Parameters, wanted: Parameters) -> None:
    """Raises ShapeError unless a state has the same names, shapes and dtypes as the ``wanted`` one."""
    for key in {**wanted, **state}:
        kept, p = state.get(key), wanted.get(key)
        if kept is None or p is None or kept.shape != p.shape or kept.dtype != p.dtype:
            one, other = (
                "absent" if array is None else f"{array.shape} {array.dtype}" for array in (kept, p)
            )
            advice = "make a new optimizer for another network"
            expected = f"the parameters of earlier updates, with {key!r} {one}"
            raise ShapeError(complain(who, expected, other, advice))
