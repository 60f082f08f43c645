"""``inkling train --from``: what it takes, and what it prints besides ``inkling train``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkling._checks import complain
from inkling.cli.output import percent, say
from inkling.errors import SettingError
from inkling.model.locations import NAMED

if TYPE_CHECKING:
    from inkling.training.fine_tuning import FineTuningResult


def check_fine_tuning(
    changes: Mapping[str, Any], others: Mapping[str, object], data: str | None
) -> None:
    """Raises SettingError without data, or for an option that --from does not take."""
    from inkling.training.start import OF_THE_MODEL

    given = {**{name: changes.get(name) for name in OF_THE_MODEL}, **others}
    for name in (name for name, value in given.items() if value is not None):
        reason = "the network is the model's" if name in changes else "it has its own"
        raise SettingError(f"--from takes no --{name.replace('_', '-')}, because {reason}.")
    if data is None:
        raise SettingError(complain("--from", "--data, a folder of your pictures", "none"))


def named_model(path: Path) -> Path:
    """Returns the file of a model that ships, if the path is its name and nothing else is there."""
    return path if path.exists() else NAMED.get(str(path), path)


def before_and_after(result: FineTuningResult) -> dict[str, Any]:
    """Returns the fields that --json adds to those of every run."""
    return {
        "before": result.before._asdict(),
        "after": result.after._asdict(),
        "kept_apart": result.kept_apart,
    }


def say_before_and_after(result: FineTuningResult) -> None:
    """Prints both accuracies before and after, and of how many images."""
    taught = result.model.manifest["fine_tuning"]["pictures"]
    say(f"Taught {taught:,} pictures; accuracy before → after:")
    counts = (result.kept_apart, len(result.dataset.validation))
    names = ("your pictures that were kept apart", "validation images, of others")
    for name, before, after, n in zip(names, result.before, result.after, counts, strict=True):
        say(f"  {name}: {percent(before)} → {percent(after)} (n = {n:,})")
