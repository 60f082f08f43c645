"""Checks of arguments, and the form of every error message.

A message names the source, what was expected, what came, and what to do:

    Network: expected inputs of shape (B, 784), got (32, 28, 28);
    flatten images with images.reshape(len(images), -1).

(without the line break). ``complain`` builds the message; the other functions check one thing each.
"""

from __future__ import annotations

import difflib
import importlib
import math
import sys
from collections.abc import Collection, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import DTypeLike

from inkling._text import printable
from inkling._types import AnyArray
from inkling.errors import MissingExtraError, SettingError, ShapeError

T = TypeVar("T")
ALSO_CALLED = {
    "categorical_crossentropy": "cross_entropy",
    "sparse_categorical_crossentropy": "cross_entropy",
    "mse": "squared_error",
    "mean_squared_error": "squared_error",
    "logistic": "sigmoid",
    "linear": "identity",
    "lr": "learning_rate",
    "learning_rate_init": "learning_rate",
    "alpha": "weight_decay",
    "max_iter": "epochs",
    "hidden_layer_sizes": "hidden",
    "random_state": "seed",
    "decay": "weight_decay",
    "early_stopping": "patience",
}
"""Names of other libraries, and Inkling's."""
LARGEST = sys.float_info.max
"""Finite numbers end here: a whole number of 400 digits would be an error wherever it is used."""
LONGEST_VALUE = 200
"""The most characters of a value that a message shows."""


def complain(who: str, expected: str, got: object, advice: str = "") -> str:
    """Builds an error message.

    Example:
        >>> complain("Dropout", "a rate in [0, 1)", 1.5, "0.5 is a common choice")
        'Dropout: expected a rate in [0, 1), got 1.5; 0.5 is a common choice.'
    """
    who, expected, advice = (printable(part) for part in (who, expected, advice))
    message = f"{who}: expected {expected}, got {printable(got, LONGEST_VALUE)}"
    return f"{message}; {advice}." if advice else f"{message}."


def check_type(
    who: str, what: str, value: object, kinds: type | tuple[type, ...], advice: str = ""
) -> None:
    """Raises unless ``value`` is an instance of one of the ``kinds``.

    Raises:
        SettingError: it is of another type, or the class instead of an instance.

    Example:
        >>> check_type("Network", "loss", "squared", Exception, "pass SquaredError()")
        Traceback (most recent call last):
        inkling.errors.SettingError: Network: expected loss of type Exception, got 'squared';
        pass SquaredError().
    """
    if not isinstance(value, kinds):
        kinds = kinds if isinstance(kinds, tuple) else (kinds,)
        names = " or ".join("None" if kind is type(None) else kind.__name__ for kind in kinds)
        got = type(value).__name__
        if isinstance(value, type):
            got = f"the class {value.__name__}"
        elif value is None or isinstance(value, str | int | float):
            got = repr(value)
        raise SettingError(complain(who, f"{what} of type {names}", got, advice))


def check_dtype(who: str, dtype: DTypeLike) -> None:
    """Raises SettingError unless ``dtype`` is float32 or float64; integers would round weights to 0."""
    name = getattr(dtype, "__name__", str(dtype))  # np.int32 is a class
    try:
        known = np.dtype(dtype) in (np.float32, np.float64)
    except TypeError:
        known = False
    if not known:
        raise SettingError(complain(who, "dtype float32 or float64", name))


def check_floats(who: str, what: str, *arrays: AnyArray) -> None:
    """Raises ShapeError unless all arrays have the same dtype, float32 or float64."""
    dtypes = {array.dtype: None for array in arrays}
    if len(dtypes) > 1 or next(iter(dtypes)) not in (np.float32, np.float64):
        got = " and ".join(map(str, dtypes))
        raise ShapeError(complain(who, f"{what} in one dtype, float32 or float64", got))


def check_array(who: str, what: str, array: object) -> None:
    """Raises unless ``array`` is an array, of NumPy or a library that is like it.

    Raises:
        ShapeError: it has no shape and dtype, for example a list.
    """
    if not (hasattr(array, "shape") and hasattr(array, "dtype")):
        got = type(array).__name__
        raise ShapeError(complain(who, f"{what} as an array", got, f"pass np.asarray({what})"))


def check_shape(
    who: str, what: str, array: AnyArray, shape: tuple[int | str, ...], advice: str = ""
) -> None:
    """Raises unless ``array`` has the given shape.

    Args:
        who: the layer, loss or function that raises.
        what: the name of the array ("inputs").
        array: the array.
        shape: a number for an axis of fixed length, an axis letter for any length.
        advice: what to do.

    Raises:
        ShapeError: the number of axes or a fixed length differs, or it is not an array.

    Example:
        >>> check_shape("Dense", "inputs", np.zeros((5, 3)), ("B", 7))
        Traceback (most recent call last):
        inkling.errors.ShapeError: Dense: expected inputs of shape (B, 7), got (5, 3).
    """
    check_array(who, what, array)
    fits = len(array.shape) == len(shape)
    if fits:
        # Not with ``all``, which takes twice as long: each layer of a prediction is checked.
        for wanted, length in zip(shape, array.shape, strict=True):
            fits &= wanted == length or isinstance(wanted, str)
    if not fits:
        letters = ", ".join(str(axis) for axis in shape) + ("," if len(shape) == 1 else "")
        raise ShapeError(complain(who, f"{what} of shape ({letters})", array.shape, advice))


def check_range(
    who: str,
    what: str,
    number: float,
    *,
    low: float = -np.inf,
    high: float = np.inf,
    open_low: bool = False,
    open_high: bool = False,
    whole: bool = False,
) -> None:
    """Raises unless ``number`` is finite and in the interval from ``low`` to ``high``.

    Raises:
        SettingError: it is outside, not a number, or not whole where it must be.

    Example:
        >>> check_range("Adam", "beta1", 1.0, low=0, high=1, open_high=True)
        Traceback (most recent call last):
        inkling.errors.SettingError: Adam: expected beta1 in [0, 1), got 1.0.
    """
    if not is_in(number, low, high, open_low=open_low, open_high=open_high, whole=whole):
        kind = " as a whole number" if whole else ""
        where = interval(low, high, open_low=open_low, open_high=open_high)
        raise SettingError(complain(who, f"{what}{kind} in {where}", repr(number)))


def is_in(
    number: Any,
    low: float = -np.inf,
    high: float = np.inf,
    *,
    open_low: bool = False,
    open_high: bool = False,
    whole: bool = False,
) -> bool:
    """Returns whether a value of any kind is a finite number in an interval, and whole if it must be."""
    kinds: tuple[type[Any], ...] = (
        (int, np.integer) if whole else (int, float, np.integer, np.floating)
    )
    return bool(
        isinstance(number, kinds)
        and not isinstance(number, bool)
        and abs(number if isinstance(number, int) else float(number)) <= LARGEST
        and (number > low if open_low else number >= low)
        and (number < high if open_high else number <= high)
    )


def interval(low: float, high: float, *, open_low: bool = False, open_high: bool = False) -> str:
    """Returns an interval in mathematical notation; infinite ends are always open.

    Example:
        >>> interval(0, 1, open_high=True), interval(0, np.inf)
        ('[0, 1)', '[0, ∞)')
    """
    left = "(" if open_low or low == -np.inf else "["
    right = ")" if open_high or high == np.inf else "]"
    return f"{left}{_plain(low)}, {_plain(high)}{right}"


def _plain(number: float) -> str:
    if math.isinf(number):  # NumPy's isinf raises an error for whole numbers of 128 bits
        return "∞" if number > 0 else "−∞"
    return f"{number:g}"


def look_up(who: str, what: str, name: str, known: Mapping[str, T]) -> T:
    """Returns ``known[name]``.

    Raises:
        SettingError: the name is unknown; the message lists the known names and the closest.

    Example:
        >>> look_up("Network", "activation", "rleu", {"relu": 1, "tanh": 2})
        Traceback (most recent call last):
        inkling.errors.SettingError: Network: expected activation to be one of relu, tanh,
        got 'rleu'; did you mean 'relu'?
    """
    check_name(who, what, name, known)
    return known[name]


def check_name(who: str, what: str, name: str, known: Collection[str]) -> None:
    """Raises unless ``name`` is one of the ``known`` names.

    Raises:
        SettingError: the name is unknown; the message lists the known names and the one that is
            closest, or that is called so elsewhere.
    """
    if name not in [*known]:  # a list, since a name from a file may have no hash
        plain = str(name).lower()
        also = ALSO_CALLED.get(plain, "")
        close = [also] if also in known else difflib.get_close_matches(plain, list(known), n=1)
        message = complain(who, f"{what} to be one of {', '.join(known)}", repr(name))
        raise SettingError(message[:-1] + f"; did you mean {close[0]!r}?" if close else message)


class Guided:
    """A base class whose errors name the right call for what other libraries call something else.

    Example:
        >>> class Model(Guided, instead={"score": "use evaluate(images, labels)"}):
        ...     pass
        >>> Model().score
        Traceback (most recent call last):
        AttributeError: 'Model' object has no attribute 'score'; use evaluate(images, labels).
    """

    _instead: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls, *, instead: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init_subclass__(**more)
        if instead is not None:
            cls._instead = instead

    if not TYPE_CHECKING:  # type checkers would otherwise accept every name

        def __getattr__(self, name: str) -> Any:
            advice = type(self)._instead.get(name)
            if advice is None:
                return object.__getattribute__(self, name)  # raises, for a property its own error
            message = f"{type(self).__name__!r} object has no attribute {name!r}; {advice}."
            raise AttributeError(message)


def import_extra(module: str, extra: str, purpose: str) -> ModuleType:
    """Imports an optional library.

    Args:
        module: the module to import, such as ``matplotlib.pyplot``.
        extra: the extra of this project that installs it.
        purpose: what it is needed for ("the report picture").

    Raises:
        MissingExtraError: it is not installed; the message has the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        library = {"sklearn": "scikit-learn"}.get(extra, module.partition(".")[0])
        message = f"{purpose} needs {library}, which is not installed; {how_to_install(extra)}"
        raise MissingExtraError(message) from error


def how_to_install(extra: str) -> str:
    """Returns the advice that installs an extra; the quotes suit every shell.

    Example:
        >>> how_to_install("plots")
        'type: pip install "inkling-digits[plots]"'
    """
    return f'type: pip install "inkling-digits[{extra}]"'
