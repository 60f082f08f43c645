"""The models to choose from: the one given with ``--model``, the two that ship, those of the runs.

A list reads only the head of each file. A model is loaded when it is first needed, and the last few
stay in memory. Runs that finish while the app is open are found, and a file that was replaced is loaded
again. Next: ``responses.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException

from inkling._checks import complain
from inkling._files import MODEL, resolve
from inkling.errors import InklingError, ModelFileError
from inkling.explain.summary import list_entry
from inkling.model import locations
from inkling.model.model import Classifier
from inkling.recognize.recognizer import Recognizer

KEPT = 4
"""Models held in memory, usually of about 7 MB each."""


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model in memory, which several threads may share."""

    identifier: str
    """Its name in the list."""
    path: Path
    recognizer: Recognizer
    calibrated: Classifier
    """The model with its temperature worked into its weights, so that a difference of logits is the
    logarithm of a ratio of probabilities."""


class ModelStore:
    """The models by name.

    The default is the ``chosen`` file or run directory, or the newest in a ``chosen`` folder of them,
    else the model that ships, else the newest of ``runs``. Raises ModelFileError if there is no model,
    or the default one cannot be used.
    """

    def __init__(self, chosen: Path | None = None, runs: Path = locations.RUNS) -> None:
        self._chosen, self._runs = chosen, runs
        self._load = lru_cache(maxsize=KEPT)(_load)
        self._paths: dict[str, Path] = {}
        if not self.scan():
            advice = "train one with: inkling train"
            expected = "a model file or a run in runs/"
            raise ModelFileError(complain("model", expected, "none", advice))
        self.default: str = next(iter(self._paths))
        path = self._paths[self.default]
        self._load(self.default, path, _version(path))

    def scan(self) -> dict[str, Path]:
        """Searches for models again and returns their files by name, the default first."""
        shipped = [path for path in (locations.SHIPPED, locations.LOOK) if path.is_file()]
        found: dict[str, Path] = {}
        for path in (*self._find_chosen(), *shipped, *locations.find_models(self._runs)):
            if all(resolve(path) != resolve(known) for known in found.values()):
                found[_free_name(path, found)] = path
        self._paths = found
        return found

    def _find_chosen(self) -> list[Path]:
        if self._chosen is None:
            return []
        path = locations.model_file(self._chosen)
        return [path] if path.is_file() else locations.find_models(path) or [path]

    def entries(self) -> list[dict[str, Any]]:
        """Returns the list's entry for each model that can be used; a new version has a new address."""
        return [
            {
                **entry,
                "file": f"api/weights?{urlencode({'model': name, 'version': _version(path)})}",
            }
            for name, path in self.scan().items()
            if (entry := list_entry(path, name))
        ]

    def name_of(self, run: Path) -> str | None:
        """Returns the name of the model of a run directory, or None."""
        wanted = resolve(run / MODEL)
        found = (name for name, path in self.scan().items() if resolve(path) == wanted)
        return next(found, None)

    def get(self, identifier: str | None = None) -> LoadedModel:
        """Returns a model by name, or the default one.

        Raises HTTPException: 404 if there is no such model (any more), 422 if its file cannot be used.
        """
        name = identifier or self.default
        path = self._paths.get(name)
        if path is None or not path.is_file():
            path = self.scan().get(name)
        if path is None or not path.is_file():
            known = ", ".join(list(self._paths)[:10])
            advice = "it may have been deleted; choose another one"
            raise HTTPException(404, complain("model", f"one of {known}", repr(name), advice))
        try:
            return self._load(name, path, _version(path))
        except InklingError as error:
            raise HTTPException(422, str(error)) from error


def _load(name: str, path: Path, version: str) -> LoadedModel:  # noqa: ARG001 (a cache key)
    recognizer = Recognizer(path)
    return LoadedModel(name, path, recognizer, recognizer.model.calibrated())


def _free_name(path: Path, taken: dict[str, Path]) -> str:
    """The name of the run, or else of the file; numbered if another model has it."""
    name = resolve(path).parent.name if path.name == MODEL else path.stem
    number = 2
    free = name
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    return free


def _version(path: Path) -> str:
    """When a file was written and its size; empty if it is gone."""
    try:
        status = path.stat()
    except OSError:
        return ""
    return f"{status.st_mtime_ns}-{status.st_size}"
