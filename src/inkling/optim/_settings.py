"""Settings as plain data: read off an optimizer or a schedule, and turned back into one.

Optimizers and schedules are dataclasses whose constructor arguments are their settings. A training run
writes them down as JSON and builds the same object again when it is resumed; both directions are here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from inkling._checks import check_name

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


def settings_of(thing: DataclassInstance) -> dict[str, Any]:
    """Returns the constructor arguments of an optimizer or a schedule, by name."""
    return {field.name: getattr(thing, field.name) for field in fields(thing) if field.init}


def build(kind: type[T], settings: Mapping[str, Any]) -> T:
    """Builds an optimizer or a schedule from its settings.

    Raises:
        SettingError: a setting is unknown, or a value is out of its range.
    """
    known = [field.name for field in fields(kind) if field.init]
    for setting in settings:
        check_name(kind.__name__, "setting", setting, known)
    return kind(**settings)
