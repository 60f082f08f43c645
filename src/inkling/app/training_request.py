"""What a training may be: data sets on this computer, settings within limits.

Settings are those of ``inkling train``, with the same names, defaults and messages.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkling._checks import check_name, check_range, check_type
from inkling.data.readers.folders import IMAGE_NAME
from inkling.data.readers.named import NAMES as DATA_SETS
from inkling.data.readers.named import PUBLISHED
from inkling.data.readers.names import natural, part_of
from inkling.errors import SettingError
from inkling.model.locations import RUNS

if TYPE_CHECKING:
    from inkling.training.settings import TrainingSettings

WHO = "training"
LIMITS = {
    "layers": 8,
    "units": 2_000,
    "epochs": 500,
    "batch_size": 10_000,
    "seconds": 4 * 3600,
}
"""The largest network, batch and number of epochs; the training time after which a run is ended."""
NAMED = (*PUBLISHED, "pen")
"""The data sets without a path."""
MOST_FOLDERS, MOST_ENTRIES = 50, 10_000
"""Folders of pictures that are listed, and entries of a folder that are looked at, at most."""
CHOICES = ("activation", "optimizer", "augment")
"""The settings that the form offers by name."""


class WrongFieldError(SettingError):
    """A request is wrong; ``field`` is the name of what is wrong, or None for a combination."""

    def __init__(self, field: str | None, message: str) -> None:
        super().__init__(message)
        self.field = field


def sources() -> list[str]:
    """Returns what can be trained on: named data sets, and folders of pictures in this folder.

    A folder whose name means something else, to ``load_dataset`` or on a command line, is "./NAME".
    """
    names = (name for name in _subfolders(Path()) if Path(name) != RUNS)
    folders = (name for name in names if _has_classes(Path(name)))
    return [*NAMED, *(_source(name) for name in islice(folders, MOST_FOLDERS))]


def _source(name: str) -> str:
    return f"./{name}" if name in DATA_SETS or name.startswith(("-", "~")) else name


def check_source(data: object) -> str:
    """Returns the source of a request; raises WrongFieldError unless it is one of ``sources``."""
    try:
        check_type(WHO, "data", data, str)
        check_name(WHO, "data", str(data), sources())
    except SettingError as error:
        raise WrongFieldError("data", str(error)) from None
    return str(data)


def check_settings(given: object) -> TrainingSettings:
    """Returns the settings of a request; raises WrongFieldError if one is wrong or beyond a limit."""
    from inkling.training.settings import TrainingSettings

    try:
        check_type(WHO, "settings", given, dict)
    except SettingError as error:
        raise WrongFieldError("settings", str(error)) from None
    assert isinstance(given, dict)
    defaults = TrainingSettings()
    try:
        for name in given:
            check_name(WHO, "settings", name, defaults.to_dict())
        settings = defaults.with_changes(**given)
        _check_limits(settings)
    except SettingError as error:
        field, message = _first_wrong(given)
        raise WrongFieldError(field, message or str(error)) from None
    return settings


def _first_wrong(given: Mapping[str, Any]) -> tuple[str | None, str]:
    """Returns the first setting that is wrong even alone, and the message about it."""
    from inkling.training.settings import TrainingSettings

    for name, value in given.items():
        try:
            check_name(WHO, "settings", name, TrainingSettings().to_dict())
            _check_limits(TrainingSettings().with_changes(**{name: value}))
        except SettingError as error:
            return name, str(error)
    return None, ""


def _check_limits(settings: TrainingSettings) -> None:
    check_range(WHO, "the number of hidden layers", len(settings.hidden), high=LIMITS["layers"])
    for units in settings.hidden:
        check_range(WHO, "hidden", units, low=1, high=LIMITS["units"], whole=True)
    for name in ("epochs", "batch_size"):
        check_range(WHO, name, getattr(settings, name), low=1, high=LIMITS[name], whole=True)


def options() -> Mapping[str, Any]:
    """Returns the choices of the form: options, limits, defaults and data sets."""
    from inkling.training.presets import STORIES
    from inkling.training.settings import NAMES, TrainingSettings

    return {
        "options": {name: list(NAMES[name]) for name in CHOICES},
        "limits": LIMITS,
        "stories": [
            {"id": name, "settings": settings.to_dict()} for name, settings in STORIES.items()
        ],
        "defaults": TrainingSettings().to_dict(),
        "sources": sources(),
    }


def _has_classes(folder: Path) -> bool:
    """Returns whether a folder has two subfolders with pictures, or one of training images with such."""
    names = _subfolders(folder)
    training = [name for name in names if part_of(name) == "train"]
    if training:
        return _has_classes(folder / training[0])
    found = (name for name in names if _has_picture(folder / name))
    return next(found, None) is not None and next(found, None) is not None


def _subfolders(folder: Path) -> list[str]:
    """Returns the names of the visible subfolders, in natural order."""
    names = (name for name, is_folder in _entries(folder) if is_folder and name[0] != ".")
    return sorted(names, key=natural)


def _has_picture(folder: Path) -> bool:
    return any(IMAGE_NAME.fullmatch(name) for name, is_folder in _entries(folder) if not is_folder)


def _entries(folder: Path) -> Iterator[tuple[str, bool]]:
    """Yields the first entries of a folder, and whether they are folders; none if it cannot be read."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in islice(entries, MOST_ENTRIES):
            yield entry.name, entry.is_dir()
