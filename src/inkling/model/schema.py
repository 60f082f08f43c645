"""What the fields of a file may be, and the one function that checks them.

    JSON text  →  parse_json  →  plain data  →  checked  →  data whose every field is as described

A description is made of the classes below. ``description.py`` has those of model files and manifests,
``training/checkpoint.py`` that of checkpoints. Code that reads a file checks it first, and then uses its
fields without further checks.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from reprlib import repr as short
from typing import Any, NamedTuple, Protocol

import numpy as np

from inkling._checks import complain, interval, is_in
from inkling.errors import InklingError, ModelFileError

DEEPEST = 20
"""Levels of nesting in plain data. Deeper data would exhaust the stack where they are used."""
SCALARS = (str, bool, int, float, type(None))
MOST_TEXT = 32 * 1024**2
"""Characters of JSON that are read: brackets alone would take twenty times as many bytes of memory."""


class Fault(NamedTuple):
    """A field that is not what it should be."""

    place: str
    expected: str
    got: str


class Schema(Protocol):
    """What a value may be."""

    def faults(self, place: str, value: Any) -> Iterator[Fault]:
        """Yields the faults of a value; ``place`` is its name in messages, "settings.seed"."""


@dataclass(frozen=True)
class Text:
    """Any text."""

    def faults(self, place: str, value: Any) -> Iterator[Fault]:
        """Yields a fault unless it is text."""
        if not isinstance(value, str):
            yield Fault(place, "text", short(value))


@dataclass(frozen=True)
class Flag:
    """True or false."""

    def faults(self, place: str, value: Any) -> Iterator[Fault]:
        """Yields a fault unless it is true or false."""
        if not isinstance(value, bool):
            yield Fault(place, "true or false", short(value))


@dataclass(frozen=True)
class Number:
    """A finite number in an interval."""

    low: float = -np.inf
    high: float = np.inf
    whole: bool = False
    open_low: bool = False
    open_high: bool = False

    def faults(self, place: str, value: Any) -> Iterator[Fault]:
        """Yields a fault unless it is such a number."""
        ends = {"open_low": self.open_low, "open_high": self.open_high}
        if not is_in(value, self.low, self.high, whole=self.whole, **ends):
            kind = "a whole number" if self.whole else "a number"
            yield Fault(place, f"{kind} in {interval(self.low, self.high, **ends)}", short(value))


@dataclass(frozen=True)
class OneOf:
    """One of some names."""

    names: Collection[str]

    def faults(self, place: str, value: Any) -> Iterator[Fault]:
        """Yields a fault unless it is one of the names."""
        if value not in [*self.names]:  # a list, because the value may have no hash
            yield Fault(place, f"one of {', '.join(self.names)}", short(value))


@dataclass(frozen=True)
class Maybe:
    """A value or null."""

    of: Schema

    def faults(self, place: str, value: Any) -> Iterator[Fault]:
        """Yields the faults of a value that is not null."""
        if value is not None:
            yield from self.of.faults(place, value)


@dataclass(frozen=True)
class List:
    """A list of values of one kind."""

    of: Schema
    least: int = 0
    most: float = np.inf

    def faults(self, place: str, value: Any) -> Iterator[Fault]:
        """Yields the faults of the list and of its elements."""
        if not isinstance(value, list | tuple):
            yield Fault(place, "a list", short(value))
        elif not self.least <= len(value) <= self.most:
            yield Fault(place, f"a list of {self.least} to {self.most:g}", str(len(value)))
        else:
            for number, element in enumerate(value):
                yield from self.of.faults(f"{place}[{number}]", element)


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

    def faults(self, place: str, value: Any) -> Iterator[Fault]:
        """Yields the faults of the object and of its fields."""
        if not isinstance(value, dict):
            yield Fault(place, "named fields", short(value))
            return
        for name in self.fields:
            if name not in value and name not in self.optional:
                yield Fault(_below(place, name), "given", "none")
        for name, part in value.items():
            schema = self.fields.get(name, self.others)
            if schema is None:
                yield Fault(place, f"no fields but {', '.join(self.fields)}", short(name))
            else:
                yield from schema.faults(_below(place, name), part)


@dataclass(frozen=True)
class Kinds:
    """Named fields, of which one ("kind") selects what the others are."""

    field: str
    kinds: Mapping[str, Object]

    def faults(self, place: str, value: Any) -> Iterator[Fault]:
        """Yields the faults of the field, and of the others."""
        names = OneOf(self.kinds)
        yield from Object({self.field: names}, others=Plain()).faults(place, value)
        fields = {self.field: names, **self.kinds[value[self.field]].fields}
        yield from Object(fields).faults(place, value)


@dataclass(frozen=True)
class Plain:
    """Anything that JSON can hold, nested at most ``DEEPEST`` levels."""

    def faults(self, place: str, value: Any) -> Iterator[Fault]:
        """Yields a fault if it is nested deeper, or not plain data."""
        if not _is_plain(value, DEEPEST):
            expected = f"plain data for JSON, of at most {DEEPEST} levels"
            yield Fault(place, expected, short(value))


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
        >>> schema = Object({"results": Object({"epochs": Number(1, whole=True)})})
        >>> checked("run r", {"results": {"epochs": 0.5}}, schema)
        Traceback (most recent call last):
        inkling.errors.ModelFileError: run r: expected results.epochs to be a whole number in [1, ∞),
        got 0.5.
    """
    for place, expected, got in schema.faults("", value):
        wanted = f"{place} to be {expected}" if place else expected
        raise error(complain(who, wanted, got, advice))
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
