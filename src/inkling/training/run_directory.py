"""The run directory: settings, progress and results of a run.

    manifest.json       settings, versions, engine, threads, data set, and at the end the results
    checkpoint          everything needed to resume, replaced after each epoch (``checkpoint.py``)
    history.csv         one line per epoch
    model.safetensors   the trained model, at the end
    report.png          curves, confusion matrix and mistakes in one picture

The manifest is written before the first step, and again as the last file. A process that writes to the
directory holds its lock.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from inkling import __version__
from inkling._checks import check_type, complain
from inkling._files import (
    CHECKPOINT,
    COMMITTEE_MANIFEST,
    HISTORY,
    LOCK,
    MANIFEST,
    MEMBERS,
    MODEL,
    REPORT,
    atomic_write,
    locked,
    make_folder,
    remove_temporary,
)
from inkling._text import printable
from inkling.data.dataset import Dataset, load_dataset
from inkling.errors import InklingError, RunError, SettingError
from inkling.model.manifest import DIVERGED, FINISHED, RUNNING, manifest_bytes, read_manifest
from inkling.model.model import Classifier, Model
from inkling.training.engine.choice import EngineChoice
from inkling.training.history import History
from inkling.training.settings import TrainingSettings


class _Default(str):
    """A default value that can be distinguished from the same string as an argument."""

    __slots__ = ()


DEFAULT_DATA = _Default("mnist")
"""MNIST, or for a resumed run the data that it was started with."""
KINDS = {MANIFEST: "the run of one network", COMMITTEE_MANIFEST: "a committee"}
"""What a directory holds, by its manifest."""
FILES = (MODEL, MEMBERS, CHECKPOINT, HISTORY, REPORT)
"""What else a run writes, and never overwrites in a directory without a run."""


def describe_run(
    dataset: Dataset,
    settings: TrainingSettings,
    engine: EngineChoice,
    begun: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Returns a run's manifest: what is needed to repeat it; a resumed run keeps its start time."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {
        "status": RUNNING,
        "started": now if begun is None else begun["started"],
        "dataset": {
            "name": dataset.name,
            "source": dataset.source,
            "sha256": dataset.sha256,
            "split": dataset.split,
            "train": len(dataset.train),
            "validation": len(dataset.validation),
            "test": len(dataset.test),
        },
        "settings": settings.to_dict(),
        "seed": int(settings.seed),
        "engine": engine.name,
        "threads": engine.threads,
        "versions": {
            "inkling": __version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
            "machine": f"{platform.system()} {platform.machine()}",
        },
    }


@dataclass(frozen=True)
class RunDirectory:
    """The directory of one run, or with ``COMMITTEE_MANIFEST`` of a committee."""

    path: Path
    manifest_name: str = MANIFEST

    @property
    def _manifest(self) -> Path:
        return self.path / self.manifest_name

    @property
    def _who(self) -> str:
        return f"run {printable(self.path)}"

    def _kinds(self) -> list[str]:
        """Returns what the directory holds, in words."""
        return [kind for name, kind in KINDS.items() if (self.path / name).exists()]

    @contextmanager
    def locked(self, *, new: bool = False) -> Iterator[None]:
        """Keeps other processes from writing to the directory while the block runs.

        Removes what killed processes left half-written. A ``new`` directory is created; if nothing
        was written to it, it is removed at the end. Raises RunError if another process holds the
        lock (the message names it), or the directory cannot be written to.
        """
        with ExitStack() as stack:
            try:
                if new:
                    folders = (self.path, *self.path.parents)
                    for folder in reversed([each for each in folders if not each.exists()]):
                        stack.callback(_remove_empty, folder)
                    make_folder(self.path)
                elif not self._manifest.is_file():
                    self.read_manifest()  # raises
                stack.enter_context(locked(self.path / LOCK))
            except BlockingIOError as error:
                expected = "a directory that no other process is writing to"
                advice = "wait until it has finished, or end it"
                raise RunError(complain(self._who, expected, error.strerror, advice)) from None
            except OSError as error:
                raise self._not_writable(error) from error
            remove_temporary(self.path, MANIFEST, COMMITTEE_MANIFEST, *FILES)
            yield

    def _not_writable(self, error: OSError) -> RunError:
        return RunError(complain(self._who, "a directory to write to", error.strerror))

    def check_new(self) -> None:
        """Raises RunError if the directory holds a run or files of one already."""
        kinds = self._kinds()
        others = [name for name in FILES if (self.path / name).exists()]
        if kinds or others:
            advice = ("resume it, or " if kinds else "") + "choose another directory"
            got = f"one that holds {[*kinds, *others][0]}"
            raise RunError(complain(self._who, "a new directory", got, advice))

    def start(self, manifest: dict[str, Any]) -> None:
        """Creates the directory and writes the manifest.

        Raises RunError if it cannot be written to, or holds a run or files of one already.
        """
        self.check_new()
        try:
            make_folder(self.path)
            self._write(manifest)
        except OSError as error:
            raise self._not_writable(error) from error

    def read_manifest(self) -> dict[str, Any]:
        """Reads the manifest; raises RunError if there is none, or it is not a valid one."""
        if not self._manifest.is_file():
            expected = f"a directory with {KINDS[self.manifest_name]}, {self.manifest_name}"
            raise RunError(complain(self._who, expected, [*self._kinds(), "none there"][0]))
        manifest = read_manifest(self._manifest, f"{self._who}, {self.manifest_name}", RunError)
        try:
            TrainingSettings.from_manifest(manifest["settings"])
        except InklingError as error:
            raise RunError(f"{self._who}, {self.manifest_name}: {error}") from error
        return manifest

    def manifest_to_resume(self, dataset: Dataset | None = None) -> dict[str, Any]:
        """Returns the manifest of a run that can be resumed, with this data set if it is given.

        Raises RunError if there is no run, it is finished or diverged, or was started with other data
        or by version 0.1, which recorded no rule of the split.
        """
        manifest = self.read_manifest()
        recorded = manifest["dataset"]
        if manifest["status"] == FINISHED:
            epochs = manifest["results"]["epochs"]
            raise RunError(
                f"{self._who} is finished after {epochs} epoch{'' if epochs == 1 else 's'}; there is "
                f"nothing to resume. Its model: {self.path / MODEL}"
            )
        if manifest["status"] == DIVERGED:
            rate = TrainingSettings.from_manifest(manifest["settings"]).learning_rate
            raise RunError(
                f"{self._who} diverged, and would do so again; start a new one with a smaller "
                f"learning_rate than {rate:g}, or with clip_norm=1."
            )
        if "split" not in recorded:
            expected = "a run that version 0.2 or later started"
            advice = "resume it with version 0.1, or start a new one"
            raise RunError(complain(self._who, expected, "one of version 0.1", advice))
        if dataset is not None and recorded["sha256"] != dataset.sha256:
            expected = f"the data set it was started with, {recorded['name']}"
            raise RunError(complain(self._who, expected, f"{dataset.name} with other contents"))
        if dataset is not None and not dataset.has_split_of(recorded):
            expected = f"a run whose test images were chosen by the rule {dataset.split!r}"
            advice = "start a new one"
            raise RunError(complain(self._who, expected, recorded["split"], advice))
        if dataset is not None and recorded["validation"] != len(dataset.validation):
            expected = f"{recorded['validation']} validation images, as it was started with"
            raise RunError(complain(self._who, expected, len(dataset.validation)))
        return manifest

    def mark_diverged(self) -> None:
        """Records in the manifest that the run cannot be resumed."""
        self._write({**self.read_manifest(), "status": DIVERGED})

    def finish(self, model: Classifier) -> None:
        """Writes the model, then its manifest, which records that the run is finished."""
        model.save(self.path / MODEL)
        self._write(dict(model.manifest))

    def write_finished(self, model: Model, history: History) -> None:
        """Writes a finished run at once; of a new directory, all of it or nothing.

        Raises RunError if it cannot be written.
        """
        try:
            atomic_write(self.path / HISTORY, history.to_csv().encode())
            self.finish(model)
        except OSError as error:
            for name in (HISTORY, MODEL, self.manifest_name):
                (self.path / name).unlink(missing_ok=True)
            raise self._not_writable(error) from error

    def _write(self, manifest: dict[str, Any]) -> None:
        atomic_write(self._manifest, manifest_bytes(manifest))


def run_directory(
    who: str, run: str | Path | None, manifest_name: str = MANIFEST
) -> RunDirectory | None:
    """Returns the run directory of a path, or None; raises SettingError if it is not a path."""
    check_type(who, "run", run, (str, Path, type(None)), "pass the path of a directory")
    if run == "":
        raise SettingError(complain(who, "run as the path of a directory", "''"))
    return None if run is None else RunDirectory(Path(run), manifest_name)


def choose_dataset(
    dataset: Dataset | str | Path, resumed: RunDirectory | None, call: str
) -> Dataset:
    """Loads the data set of a run, given or default; ``call`` is as in ``recorded_dataset``."""
    if isinstance(dataset, Dataset):
        return dataset
    if dataset is DEFAULT_DATA and resumed is not None:
        return recorded_dataset(resumed, call)
    return load_dataset(dataset)


def recorded_dataset(
    directory: RunDirectory, call: str, load: Callable[..., Dataset] = load_dataset
) -> Dataset:
    """Loads the data set that an unfinished run was started with.

    Raises RunError if it was not loaded from a file; the message names ``call``, the function that
    resumes the run in Python.
    """
    with directory.locked():  # fails before the data are loaded if another process writes to it
        recorded = directory.manifest_to_resume()["dataset"]
    source, held_out = str(recorded["source"]), recorded["validation"]
    if not source:
        advice = f"call {call}(dataset, run={str(directory.path)!r}, resume=True)"
        raise RunError(
            complain(f"run {directory.path}", "a data set on file", "one from Python", advice)
        )
    try:
        return load(source, validation=held_out)
    except SettingError as error:  # there are no longer so many validation images
        expected = f"the data set it was started with, {source}"
        got = f"one that does not have {held_out} images for validation"
        raise RunError(complain(f"run {directory.path}", expected, got)) from error


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):  # it is not empty
        folder.rmdir()
