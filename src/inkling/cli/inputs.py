"""What commands load: data sets, with a progress bar for downloads, and models."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkling._checks import complain
from inkling._files import COMMITTEE_MANIFEST, MANIFEST, MODEL, expand
from inkling.cli.output import say, say_file
from inkling.data.readers.named import NAMES as DATA_SETS
from inkling.errors import DataError
from inkling.model.locations import SHIPPED, find_models

if TYPE_CHECKING:
    from inkling.data.dataset import Dataset
    from inkling.model.model import Classifier
    from inkling.nn.losses import Loss


DATA_NAMES = ", ".join(DATA_SETS)
"""The names of data sets, for the help of options."""


def user_path(text: str | Path) -> Path:
    """Returns a path as a user typed it; an empty one would silently be the current folder."""
    if text == "":
        raise typer.BadParameter("expected a path, got ''")
    return expand(text)


def names_of(setting: str) -> str:
    """Returns the values that a setting may have, for the help of its option."""
    from inkling.training.settings import NAMES

    return ", ".join(NAMES[setting])


PathArgument: partial[Any] = partial(typer.Argument, parser=user_path)
PathOption: partial[Any] = partial(typer.Option, parser=user_path, metavar="PATH")


def model_path(text: str | Path) -> Path:
    """Returns the path of a model; a folder of run directories stands for the newest run in it."""
    path = user_path(text)
    with suppress(OSError):  # too long a name, or a folder that may not be read: reported later
        is_run = any((path / name).exists() for name in (MODEL, MANIFEST, COMMITTEE_MANIFEST))
        if path.is_dir() and not is_run and (found := find_models(path)):
            say_file("Model", found[0])
            return found[0].parent
    return path


_MODEL = "A model file, a run, or a folder of runs for the newest (default: the model that ships)."
ModelArgument = Annotated[Path | None, PathArgument(parser=model_path, help=_MODEL)]
ModelOption = Annotated[Path | None, PathOption(parser=model_path, help=_MODEL)]


def read_data(source: str, validation: int | None = None) -> Dataset:
    """Loads a data set and prints its notes."""
    dataset = load_data(source, validation)
    say_notes(dataset)
    return dataset


def load_data(source: str, validation: int | None = None) -> Dataset:
    """Loads a data set like ``load_dataset``, and shows the progress of a download."""
    from inkling.cli.progress import DownloadBar
    from inkling.data.dataset import load_dataset
    from inkling.data.readers.pen import ADDED_TRAIN, ADDED_VALIDATION

    if source == "mnist+pen":
        say(f"Drawing {ADDED_TRAIN + ADDED_VALIDATION:,} digits, which takes some 20 seconds.")
    with DownloadBar() as watcher:
        return load_dataset(source, validation=validation, watcher=watcher)


def say_notes(dataset: Dataset) -> None:
    """Prints what the user should know about a data set."""
    for note in dataset.notes:
        say(note)


def read_model(path: Path | None) -> Classifier:
    """Loads a model, by default the one that ships with Inkling."""
    from inkling.model.file import load_model

    return load_model(SHIPPED if path is None else path)


def loss_of(model: Classifier) -> Loss:
    """Returns the loss that a model was trained with; cross-entropy if its file does not record it."""
    from inkling.nn.losses import CrossEntropy
    from inkling.training.settings import TrainingSettings

    settings = model.manifest.get("settings")
    return TrainingSettings.from_manifest(settings).build_loss() if settings else CrossEntropy()


def check_data_fits(model: Classifier, classes: tuple[str, ...], shape: tuple[int, ...]) -> None:
    """Raises DataError unless data have the classes and the image shape of a model."""
    if classes != model.classes:
        expected = f"the model's classes {', '.join(model.classes)}"
        raise DataError(complain("data", expected, ", ".join(classes)))
    if shape != model.image_shape:
        raise DataError(complain("data", f"images of {model.image_shape} pixels", shape))
