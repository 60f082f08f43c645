"""The models to choose from: the one asked for, the one that ships, those of the user's runs.

A list needs only the head of each file, so that a hundred runs cost nothing; a model is loaded when it
is first asked, and a few are kept. A run that finishes while the app is open is found; a file that is
replaced is loaded again. Next: ``replies.py``.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkling._checks import complain
from inkling.app.refusal import RefusedError
from inkling.errors import InklingError, ModelFileError
from inkling.explain.summary import list_entry
from inkling.model.model import Classifier
from inkling.recognize.recognizer import SHIPPED, Recognizer

MODEL_NAME = "model.safetensors"
"""What a run calls its model."""
KEPT = 4
"""Models held in memory; of 7 MB each, as a rule."""


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A loaded model.

    Attributes:
        identifier: its name in the list.
        path: its file.
        recognizer: what reads with it; threads may share it.
        calibrated: the same model with its temperature in its weights, so that the difference of two of
            its logits is the logarithm of how many times likelier the one answer is than the other; a
            committee's members have theirs there already.
    """

    identifier: str
    path: Path
    recognizer: Recognizer
    calibrated: Classifier


class ModelStore:
    """The models by name.

    Args:
        chosen: a model file or run directory, which becomes the default; else the model that ships
            is, or the newest run's.
        find_runs: returns the model files of the user's runs, newest first.

    Raises:
        ModelFileError: there is no model, or the default one cannot be used.
    """

    def __init__(self, chosen: Path | None, find_runs: Callable[[], Iterable[Path]]) -> None:
        self._first = [] if chosen is None else [_file_of(chosen)]
        self._find_runs = find_runs
        self._lock = threading.Lock()
        self._loaded: OrderedDict[str, tuple[tuple[int, int], LoadedModel]] = OrderedDict()
        self._paths: dict[str, Path] = {}
        self.scan()
        if not self._paths:
            expected = "a model file or a run in runs/"
            advice = "train one with: inkling train"
            raise ModelFileError(complain("model", expected, "none", advice))
        self.default: str = next(iter(self._paths))
        self._load(self.default, self._paths[self.default])

    def scan(self) -> dict[str, Path]:
        """Looks for models again and returns their files by name, the default first."""
        shipped = [SHIPPED] if SHIPPED.is_file() else []
        found: dict[str, Path] = {}
        for path in (*self._first, *shipped, *self._find_runs()):
            if all(path.resolve() != known.resolve() for known in found.values()):
                found[_free_name(path, found)] = path
        self._paths = found
        return found

    def entries(self) -> list[dict[str, Any]]:
        """Returns what the list says about each model that can be used."""
        entries = (list_entry(path, name) for name, path in self.scan().items())
        return [entry for entry in entries if entry is not None]

    def at_hand(self, identifier: str | None) -> LoadedModel | None:
        """Returns a model if it is in memory and its file is as it was; else None."""
        name = identifier or self.default
        with self._lock:
            version, reader = self._loaded.get(name, (None, None))
            if reader is None or version != _version(reader.path):
                return None
            self._loaded.move_to_end(name)
            return reader

    def load(self, identifier: str | None) -> LoadedModel:
        """Loads a model by name.

        Raises:
            RefusedError: 404 where there is no such model, 422 where its file cannot be used.
        """
        name = identifier or self.default
        path = self._paths.get(name) or self.scan().get(name)
        if path is None:
            known = ", ".join(list(self._paths)[:10])
            raise RefusedError(404, complain("model", f"one of {known}", repr(name)))
        try:
            return self._load(name, path)
        except InklingError as error:
            raise RefusedError(422, str(error)) from error

    def _load(self, name: str, path: Path) -> LoadedModel:
        version = _version(path)
        recognizer = Recognizer(path)
        reader = LoadedModel(name, path, recognizer, recognizer.model.calibrated())
        with self._lock:
            self._loaded[name] = version, reader
            self._loaded.move_to_end(name)
            while len(self._loaded) > KEPT:
                self._loaded.popitem(last=False)
        return reader


def _file_of(path: Path) -> Path:
    """The model file of a run directory, or the path itself."""
    return path / MODEL_NAME if path.is_dir() and (path / MODEL_NAME).is_file() else path


def _free_name(path: Path, taken: dict[str, Path]) -> str:
    """The run's name for its model, else the file's; numbered where another has it."""
    name = path.resolve().parent.name if path.name == MODEL_NAME else path.stem
    number = 2
    free = name
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    return free


def _version(path: Path) -> tuple[int, int]:
    """When a file was written and how long it is; (0, 0) where it is gone."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size
