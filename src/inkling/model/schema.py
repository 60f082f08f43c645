"""What the fields of a file may be, and the one function that checks them.

    JSON text  →  parse_json  →  plain data  →  checked  →  data whose every field is as described

A description is made of what is defined below. ``description.py`` has that of model files,
``manifest.py`` that of manifests, ``training/checkpoint.py`` that of checkpoints. Code that reads a file
checks it first, and then uses its fields without further checks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from reprlib import repr as short
from typing import Any, Protocol

import numpy as np

from inkling._checks import complain, interval, is_in
from inkling.errors import InklingError, ModelFileError

DEEPEST = 20
"""Levels of nesting in plain data. Deeper data would exhaust the stack where they are used."""
SCALARS = (str, bool, int, float, type(None))
MOST_TEXT = 32 * 1024**2
"""Characters of JSON that are read: brackets alone would take twenty times as many bytes of memory."""


class FieldError(Exception):
    """A field is not what it should be; ``checked`` turns it into the error that users see."""

    def __init__(self, place: str, expected: str, got: object) -> None:
        super().__init__(place, expected, got)
        self.place: str = place
        self.expected: str = expected
        self.got: object = got


class Schema(Protocol):
    """What a value may be."""

    def check(self, place: str, value: Any) -> None:
        """Raises FieldError unless it is; ``place`` is its name in messages, "settings.seed"."""


@dataclass(frozen=True)
class Value:
    """What a value without parts may be, or all plain data: in words, and as a function."""

    expected: str
    accepts: Callable[[Any], bool]

    def check(self, place: str, value: Any) -> None:
        """Raises FieldError unless the value is accepted."""
        if not self.accepts(value):
            raise FieldError(place, self.expected, short(value))


TEXT = Value("text", lambda value: isinstance(value, str))
FLAG = Value("true or false", lambda value: isinstance(value, bool))
PLAIN = Value(
    f"plain data for JSON, of at most {DEEPEST} levels", lambda value: _is_plain(value, DEEPEST)
)


def number(
    low: float = -np.inf,
    high: float = np.inf,
    *,
    whole: bool = False,
    open_low: bool = False,
    open_high: bool = False,
) -> Value:
    """Describes a finite number in an interval."""
    ends = {"open_low": open_low, "open_high": open_high}
    kind = "a whole number" if whole else "a number"
    expected = f"{kind} in {interval(low, high, **ends)}"
    return Value(expected, lambda value: is_in(value, low, high, whole=whole, **ends))


def one_of(names: Iterable[str]) -> Value:
    """Describes one of some names."""
    known = [*names]  # a list, because the value may have no hash
    return Value(f"one of {', '.join(known)}", lambda value: value in known)


@dataclass(frozen=True)
class Maybe:
    """A value or null."""

    of: Schema

    def check(self, place: str, value: Any) -> None:
        """Raises FieldError for a value that is neither."""
        if value is not None:
            self.of.check(place, value)


@dataclass(frozen=True)
class List:
    """A list of values of one kind."""

    of: Schema
    least: int = 0
    most: float = np.inf

    def check(self, place: str, value: Any) -> None:
        """Raises FieldError for the list or one of its elements."""
        if not isinstance(value, list | tuple):
            raise FieldError(place, "a list", short(value))
        if not self.least <= len(value) <= self.most:
            raise FieldError(place, f"a list of {self.least} to {self.most:g}", len(value))
        for index, element in enumerate(value):
            self.of.check(f"{place}[{index}]", element)


@dataclass(frozen=True)
class Object:
    """Named fields.

    Attributes:
        fields: what each may be.
        optional: the names of those that may be absent.
        others: what a field of another name may be; without it there are no others.
    """

    fields: Mapping[str, Schema]
    optional: Collection[str] = ()
    others: Schema | None = None

    def check(self, place: str, value: Any) -> None:
        """Raises FieldError for the object or one of its fields."""
        if not isinstance(value, dict):
            raise FieldError(place, "named fields", short(value))
        for name in self.fields:
            if name not in value and name not in self.optional:
                raise FieldError(_below(place, name), "given", "none")
        for name, part in value.items():
            schema = self.fields.get(name, self.others)
            if schema is None:
                raise FieldError(place, f"no fields but {', '.join(self.fields)}", short(name))
            schema.check(_below(place, name), part)


@dataclass(frozen=True)
class Kinds:
    """Named fields, of which one ("kind") selects what the others are."""

    field: str
    kinds: Mapping[str, Object]

    def check(self, place: str, value: Any) -> None:
        """Raises FieldError for that field or one of the others."""
        kind = {self.field: one_of(self.kinds)}
        Object(kind, others=PLAIN).check(place, value)
        Object({**kind, **self.kinds[value[self.field]].fields}).check(place, value)


def _is_plain(value: Any, levels: int) -> bool:
    if isinstance(value, dict | list | tuple):
        parts = value.values() if isinstance(value, dict) else value
        return levels > 0 and all(_is_plain(part, levels - 1) for part in parts)
    return isinstance(value, SCALARS)


def checked(
    who: str,
    value: Any,
    schema: Schema,
    *,
    error: type[InklingError] = ModelFileError,
    advice: str = "",
) -> Any:
    """Returns a value that is as its schema describes it.

    Raises:
        InklingError: it is not; of the type ``error``, in one line that names the first such field.

    Example:
        >>> schema = Object({"results": Object({"epochs": number(1, whole=True)})})
        >>> checked("run r", {"results": {"epochs": 0.5}}, schema)
        Traceback (most recent call last):
        inkling.errors.ModelFileError: run r: expected results.epochs to be a whole number in [1, ∞),
        got 0.5.
    """
    try:
        schema.check("", value)
    except FieldError as wrong:
        wanted = f"{wrong.place} to be {wrong.expected}" if wrong.place else wrong.expected
        raise error(complain(who, wanted, wrong.got, advice)) from None
    return value


def parse_json(
    who: str, text: str | bytes, *, error: type[InklingError] = ModelFileError, advice: str = ""
) -> Any:
    """Returns the data in a JSON text of unknown origin, of any structure.

    Raises:
        InklingError: it is too long or not JSON, or an object has two fields of one name.
    """
    if len(text) > MOST_TEXT:
        raise error(complain(who, f"at most {MOST_TEXT:,} characters", f"{len(text):,}", advice))
    try:
        return json.loads(text, object_pairs_hook=_distinct)
    except RecursionError as cause:
        raise error(complain(who, "JSON text", "one nested too deeply", advice)) from cause
    except ValueError as cause:  # also of text that is not UTF-8, and of numbers of 5,000 digits
        raise error(complain(who, "JSON text", cause, advice)) from cause


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Returns the fields of an object, of which other readers of JSON may take the first or last."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("two fields of one name")
    return fields


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
