"""What the training commands share: settings from options, data, and the run directory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkling._checks import complain, look_up
from inkling._files import COMMITTEE_MANIFEST, MANIFEST
from inkling._text import printable
from inkling.cli.inputs import read_data
from inkling.cli.output import say
from inkling.cli.program import command_line
from inkling.errors import DataUnavailableError, RunError, SettingError

if TYPE_CHECKING:
    from inkling.data.dataset import Dataset
    from inkling.training.settings import TrainingSettings


def changes_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the options that are settings and were given, as ``TrainingSettings`` takes them."""
    from inkling.training.settings import TrainingSettings

    names = [field.name for field in fields(TrainingSettings)]
    changes = {name: options[name] for name in names if options.get(name) is not None}
    if "hidden" in changes:
        changes["hidden"] = parse_numbers("--hidden", changes["hidden"], int, "256,128")
    if "input_range" in changes:
        ends = parse_numbers("--input-range", changes["input_range"], float, "-1,1")
        if len(ends) != 2:
            raise SettingError(complain("--input-range", "two numbers, such as -1,1", len(ends)))
        changes["input_range"] = ends
    return changes


def choose_settings(preset: str | None, changes: Mapping[str, Any]) -> TrainingSettings:
    """Returns a preset's settings or the defaults, with changes."""
    from inkling.training.presets import PRESETS
    from inkling.training.settings import TrainingSettings

    if preset is None:
        return TrainingSettings(**changes)
    return look_up("train", "preset", preset, PRESETS).with_changes(**changes)


def parse_numbers(option: str, text: str, number: type[Any], example: str) -> tuple[Any, ...]:
    """Returns the numbers in a list such as 256,128; none for "none"."""
    if text.strip().lower() == "none":
        return ()
    try:
        return tuple(number(part) for part in text.split(","))
    except ValueError as error:
        expected = f"numbers separated by commas, such as {example}"
        raise SettingError(complain(option, expected, repr(text))) from error


def check_resume_alone(changes: Mapping[str, Any], *options: object) -> None:
    """Raises SettingError if a setting or another option was given with --resume."""
    if changes or any(option is not None for option in options):
        raise SettingError(
            "--resume takes no other options; a run continues with its own settings."
        )


def read_data_or_draw(data: str | None, validation: int | None) -> Dataset:
    """Loads a data set. If none is named and MNIST is unavailable, digits are drawn by the pen."""
    try:
        return read_data("mnist" if data is None else data, validation)
    except DataUnavailableError as unavailable:
        if data is not None:
            raise
        reason, *_ = str(unavailable).splitlines()
    say(reason)
    say("Instead, training on digits drawn by a program (--data pen);")
    say("with --data mnist, this would be an error.")
    return read_data("pen", validation)


@contextmanager
def resume_hint(directory: Path, command: str = "train", *, ours: bool = False) -> Iterator[None]:
    """Prints how to resume if training is interrupted or a file cannot be written.

    ``ours`` if the directory was made for this run; it is removed if the run never started.
    """
    hint = f"to resume: {command_line(command, '--resume', directory)}"
    try:
        yield
    except OSError as error:
        if not _has_started(directory):
            raise
        where = f"{printable(error.filename)}: " if error.filename else ""
        raise RunError(f"{where}{error.strerror or error}; {hint}") from error
    except KeyboardInterrupt:
        if _has_started(directory):
            say(f"interrupted; {hint}")
        raise
    finally:
        if ours:
            with suppress(OSError):  # it is not empty
                directory.rmdir()


def _has_started(directory: Path) -> bool:
    return any((directory / name).is_file() for name in (MANIFEST, COMMITTEE_MANIFEST))


def say_next_command(run: Path, image_shape: tuple[int, int], classes: Sequence[str]) -> None:
    """Prints the command for the next step: drawing if that is possible, or a test."""
    from inkling.image.normalize import FIELD

    if image_shape == (FIELD, FIELD) and _has_app():
        of_digits = all(name in "0123456789" for name in classes)
        say("To draw digits for it:" if of_digits else "To draw for it:")
        command = command_line("app", "--model", run)
    else:
        say("To see which images it confuses:")
        command = command_line("evaluate", run)
    say(f"  {command}", whole=True)


def _has_app() -> bool:
    """Returns whether the extra ``app`` is installed, without loading it."""
    with suppress(ImportError):
        return all(map(find_spec, ("starlette", "uvicorn")))
    return False
