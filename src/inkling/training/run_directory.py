"""The run directory: what was run, how far it came, what came out.

    manifest.json       settings, versions, engine, threads, data set, and at the end the results
    checkpoint          everything needed to go on, replaced after every epoch (``checkpoint.py``)
    history.csv         one line an epoch
    model.safetensors   the trained model, at the end
    report.png          the picture of it all (``report.py``)

The manifest is written before the first step and once more as the very last thing.
"""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import inkling
from inkling._checks import complain
from inkling._files import atomic_write
from inkling.data.dataset import Dataset
from inkling.errors import InklingError, RunError
from inkling.model.model import Classifier
from inkling.training.checkpoint import RunState
from inkling.training.engine.choice import Engine, recorded_engine
from inkling.training.engine.context import TrainingContext
from inkling.training.settings import TrainingSettings

RUNNING, FINISHED, DIVERGED = "running", "finished", "diverged"
MODEL = "model.safetensors"
MANIFEST = "manifest.json"
COMMITTEE_MANIFEST = "committee.json"
"""A name of its own, so that nobody takes a committee's directory for the run of one network."""
MEMBERS = "members"
"""The folder of the runs that make a committee."""
KINDS: dict[str, tuple[str, str]] = {
    MANIFEST: ("the run of one network", "train"),
    COMMITTEE_MANIFEST: ("a committee", "committee"),
}
"""By its manifest, what a directory holds, and the command that goes on with it."""


def describe_run(
    dataset: Dataset, settings: TrainingSettings, threads: int, engine: str = "numpy"
) -> dict[str, Any]:
    """Returns a run's manifest as plain data: all it takes to run it again, and no results yet."""
    return {
        "status": RUNNING,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "dataset": {
            "name": dataset.name,
            "source": dataset.source,
            "sha256": dataset.sha256,
            "train": len(dataset.train),
            "validation": len(dataset.validation),
            "test": len(dataset.test),
        },
        "settings": settings.to_dict(),
        "seed": settings.seed,
        "engine": engine,
        "threads": threads,
        "versions": {
            "inkling": inkling.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
            "machine": f"{platform.system()} {platform.machine()}",
        },
    }


@dataclass(frozen=True)
class RunDirectory:
    """The directory of one run.

    Attributes:
        path: where it is.
        manifest_name: the file of its manifest, ``MANIFEST`` or ``COMMITTEE_MANIFEST``.
    """

    path: Path
    manifest_name: str = MANIFEST

    @property
    def _manifest(self) -> Path:
        return self.path / self.manifest_name

    @property
    def _checkpoint(self) -> Path:
        return self.path / "checkpoint"

    def start(self, manifest: dict[str, Any]) -> None:
        """Makes the directory and writes the manifest.

        Raises:
            RunError: it holds a run, a committee, a model or a committee's members already, or cannot
                be made.
        """
        self._check_new()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._write(manifest)
        except OSError as error:
            raise RunError(
                complain(f"run {self.path}", "a directory to write to", error.strerror)
            ) from error

    def _check_new(self) -> None:
        """Raises RunError if anything is there that a run would replace, or take for its own."""
        other, way = self._other_kind(), ""
        if self._manifest.exists():
            found, way = "a run", f"continue it with --resume {self.path}, or "
        elif other is not None:
            found, way = other[0], f"{other[1]}, or "
        else:  # left over from what was deleted in part, or put there by hand
            left = (name for name in (MODEL, MEMBERS) if (self.path / name).exists())
            found = next(left, "")
        if found:
            got, advice = f"one that holds {found}", f"{way}choose another --out"
            raise RunError(complain(f"run {self.path}", "a new directory", got, advice))

    def _other_kind(self) -> tuple[str, str] | None:
        """What is there, and how to go on with it, if it has the other kind's manifest."""
        for name, (kind, command) in KINDS.items():
            if name != self.manifest_name and (self.path / name).exists():
                return kind, f"continue it with inkling {command} --resume {self.path}"
        return None

    def read_manifest(self) -> dict[str, Any]:
        """Reads the manifest.

        Raises:
            RunError: there is none, or it is not one.
        """
        if not self._manifest.is_file():
            expected = f"a run directory with {self.manifest_name}"
            got, advice = self._other_kind() or ("none there", "")
            raise RunError(complain(f"run {self.path}", expected, got, advice))
        try:
            manifest = json.loads(self._manifest.read_text(encoding="utf-8"))
            TrainingSettings.from_dict(manifest["settings"])
            manifest["started"], manifest["dataset"]["name"], manifest["dataset"]["source"]
            manifest["dataset"]["sha256"], manifest["dataset"]["validation"]
            if manifest["status"] == FINISHED:
                manifest["results"]["epochs"]
        except (InklingError, OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            expected = f"a {self.manifest_name} of this version"
            got = f"{type(error).__name__}: {error}"
            raise RunError(complain(f"run {self.path}", expected, got.rstrip("."))) from error
        return dict(manifest)

    def dataset_to_resume(self) -> dict[str, Any]:
        """Returns the manifest's entry about the data: source, validation and more.

        Raises:
            RunError: there is no run to resume.
        """
        return dict(self._unfinished()["dataset"])

    def settings_to_resume(self, dataset: Dataset) -> TrainingSettings:
        """Returns the settings the run was started with.

        Raises:
            RunError: the run is finished, or was made with other data.
        """
        manifest = self._unfinished()
        who, recorded = f"run {self.path}", manifest["dataset"]
        if recorded["sha256"] != dataset.sha256:
            expected = f"the data set it was started with, {recorded['name']}"
            raise RunError(complain(who, expected, f"{dataset.name} with other contents"))
        if recorded["validation"] != len(dataset.validation):
            expected = f"{recorded['validation']} validation images, as it was started with"
            raise RunError(complain(who, expected, len(dataset.validation)))
        return TrainingSettings.from_dict(manifest["settings"])

    def engine_to_resume(self, task: TrainingContext) -> Engine:
        """Returns the engine and threads the run was started with.

        Raises:
            RunError: the engine is not installed here.
        """
        manifest = self._unfinished()
        who = f"run {self.path}"
        return recorded_engine(who, manifest["engine"], manifest["threads"], task)

    def _unfinished(self) -> dict[str, Any]:
        manifest = self.read_manifest()
        if manifest["status"] == FINISHED:
            epochs = manifest["results"]["epochs"]
            raise RunError(
                f"run {self.path} is finished after {epochs} epoch{'' if epochs == 1 else 's'}; there "
                f"is nothing to resume. Its model: {self.path / MODEL}"
            )
        if manifest["status"] == DIVERGED:
            raise RunError(
                f"run {self.path} diverged, and would do so again; start a new one with a smaller "
                f"learning rate than {manifest['settings']['learning_rate']:g}, or with --clip-norm 1."
            )
        return manifest

    def mark_diverged(self) -> None:
        """Writes into the manifest that there is no going on."""
        self._write({**self.read_manifest(), "status": DIVERGED})

    def restore(self, state: RunState) -> None:
        """Takes the state over from the checkpoint; without one the run starts at its beginning."""
        for half_written in self.path.glob(".*.tmp"):  # by a process that was killed
            half_written.unlink(missing_ok=True)
        if self._checkpoint.exists():
            state.restore(self._checkpoint)

    def save_epoch(self, state: RunState) -> None:
        """Writes history and checkpoint."""
        atomic_write(self.path / "history.csv", state.history.to_csv().encode())
        state.save(self._checkpoint)

    def finish(self, model: Classifier) -> None:
        """Writes the model, then its manifest, which says that the run is finished."""
        model.save(self.path / MODEL)
        self._write(dict(model.manifest))

    def _write(self, manifest: dict[str, Any]) -> None:
        text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
        # A path of undecodable bytes has lone surrogates in it; written \udcff they are JSON's own.
        atomic_write(self._manifest, text.encode(errors="backslashreplace"))
