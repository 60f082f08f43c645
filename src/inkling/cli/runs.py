"""What the commands that train share: from options to settings, data and a run directory."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkling._checks import complain
from inkling.cli.output import say
from inkling.errors import (
    DataUnavailableError,
    InklingError,
    MissingExtraError,
    RunError,
    SettingError,
)

if TYPE_CHECKING:
    from inkling.data.dataset import Dataset
    from inkling.training.run_directory import RunDirectory
    from inkling.training.settings import TrainingSettings


def changes_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the settings among options, those that were given, by the names that settings have.

    Raises:
        SettingError: the hidden layers are not whole numbers with commas between.

    Example:
        >>> changes_of({"hidden": "64", "lr": 0.1, "epochs": None})
        {'hidden': (64,), 'learning_rate': 0.1}
    """
    names = {"lr": "learning_rate"}
    changes = {names.get(name, name): value for name, value in options.items() if value is not None}
    if "hidden" in changes:
        changes["hidden"] = parse_hidden(changes["hidden"])
    return changes


def choose_settings(
    preset: str | None, validation: int | None, changes: Mapping[str, Any]
) -> tuple[TrainingSettings, int | None]:
    """Returns the settings, a preset's or the defaults, changed, and the size of the validation set.

    Raises:
        SettingError: the preset is unknown, or a setting wrong.
    """
    from inkling.training.presets import find_preset
    from inkling.training.settings import TrainingSettings

    if preset is None:
        return TrainingSettings(**changes), validation
    recipe = find_preset(preset)
    held_out = recipe.validation if validation is None else validation
    return recipe.settings.with_changes(**changes), held_out


def parse_hidden(text: str) -> tuple[int, ...]:
    """Returns the sizes of the hidden layers.

    Raises:
        SettingError: the text is not whole numbers with commas between.

    Example:
        >>> parse_hidden("256,128"), parse_hidden("none")
        ((256, 128), ())
    """
    if text.strip().lower() in ("", "none"):
        return ()
    try:
        return tuple(int(size) for size in text.split(","))
    except ValueError as error:
        raise SettingError(
            f"--hidden: expected whole numbers with commas between, such as 256,128, got {text!r}."
        ) from error


def new_directory(dataset: str) -> Path:
    """Makes runs/DATASET-TIME; of several runs begun within a second, the later ones get a number."""
    name = f"{dataset}-{datetime.now():%Y%m%d-%H%M%S}"
    Path("runs").mkdir(exist_ok=True)
    for count in itertools.count(1):
        directory = Path("runs", name if count == 1 else f"{name}-{count}")
        try:
            directory.mkdir()  # whoever makes it has it
            break
        except FileExistsError:
            continue
    return directory


def refuse_changes(changes: Mapping[str, Any], *options: object) -> None:
    """Raises SettingError if a setting is to change, or an option was given, beside --resume."""
    if changes or any(option is not None for option in options):
        raise SettingError(
            "--resume: expected no other options, since a run goes on with its own settings."
        )


def load(data: str | None, validation: int | None) -> Dataset:
    """Loads the data set; where MNIST cannot be had and nobody asked for it, the bundled digits."""
    from inkling.cli.progress import DownloadBar
    from inkling.data.dataset import load_dataset

    with DownloadBar() as watcher:
        try:
            source = "mnist" if data is None else data
            return load_dataset(source, validation=validation, watcher=watcher)
        except DataUnavailableError as error:
            if data is not None:
                raise
            unavailable = error
    try:
        dataset = load_dataset("digits", validation=validation)
    except MissingExtraError as error:
        raise DataUnavailableError(f"{unavailable} And {error}") from error
    say(
        "MNIST is neither on this machine nor reachable, so this trains on scikit-learn's 1,797 "
        "handwritten digits instead; say --data mnist to insist."
    )
    return dataset


def load_recorded(directory: RunDirectory, call: str) -> Dataset:
    """Loads the data set that an unfinished run was started with.

    Args:
        directory: the run's.
        call: the function that goes on with it in Python, for the error.

    Raises:
        RunError: there is no run to resume, or its data set was made in Python.
    """
    from inkling.cli.progress import DownloadBar
    from inkling.data.dataset import load_dataset

    recorded = directory.dataset_to_resume()
    source, held_out = str(recorded["source"]), recorded["validation"]
    if not source:
        advice = f"call {call}(dataset, run={str(directory.path)!r}, resume=True)"
        raise RunError(
            complain(f"run {directory.path}", "a data set on file", "one from Python", advice)
        )
    with DownloadBar() as watcher:
        dataset = load_dataset(source, watcher=watcher)
        if len(dataset.validation) != held_out:  # not so many as there are by default
            dataset = load_dataset(source, validation=held_out, watcher=watcher)
    return dataset


@contextmanager
def says_how_to_resume(
    directory: Path, command: str = "train", manifest: str = "manifest.json"
) -> Iterator[None]:
    """Where training is interrupted, says how to go on; a run that never began leaves nothing."""
    try:
        yield
    except InklingError:
        if directory.is_dir() and not any(directory.iterdir()):
            directory.rmdir()
        raise
    except KeyboardInterrupt:
        if (directory / manifest).is_file():
            say(f"interrupted; to go on: inkling {command} --resume {shlex.quote(str(directory))}")
        raise
