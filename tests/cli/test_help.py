"""The names and defaults in ``inkling train --help`` are the real ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from inkling.data.augmentation.augment import AUGMENTATIONS
from inkling.nn.registry import ACTIVATIONS, INITIALIZERS, LOSSES
from inkling.optim.optimizers import OPTIMIZERS
from inkling.optim.schedules import SCHEDULES
from inkling.training.settings import WEIGHT_DECAYS, TrainingSettings

Command = Callable[..., Any]


@pytest.mark.parametrize(
    ("option", "registry"),
    [
        ("activation", ACTIVATIONS),
        ("loss", LOSSES),
        ("initializer", INITIALIZERS),
        ("optimizer", OPTIMIZERS),
        ("schedule", SCHEDULES),
        ("augment", AUGMENTATIONS),
    ],
)
def test_the_names_in_help_are_the_known_ones(
    inkling: Command,
    monkeypatch: pytest.MonkeyPatch,
    option: str,
    registry: dict[str, object],
) -> None:
    """All of them, in the order of the registry."""
    monkeypatch.setattr("typer.rich_utils.MAX_WIDTH", 250)
    (line,) = re.findall(rf"--{option} .*", inkling("train", "--help").out)
    assert ", ".join(registry) in line


def test_the_defaults_in_help_are_those_of_the_settings(
    inkling: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each "(default …)" is what ``TrainingSettings`` has."""
    monkeypatch.setattr("typer.rich_utils.MAX_WIDTH", 250)
    text = inkling("train", "--help").out
    said = dict(re.findall(r"--([a-z-]+) .*\(default ([^)]*)\)", text))
    settings = TrainingSettings()
    names = ("activation", "output", "loss", "optimizer", "schedule", "augment", "dtype", "engine")
    assert {name: said[name] for name in names} == {name: getattr(settings, name) for name in names}
    for name in ("batch_size", "epochs", "seed", "dropout", "label_smoothing"):
        assert float(said[name.replace("_", "-")]) == getattr(settings, name)
    assert said["hidden"] == ",".join(str(units) for units in settings.hidden)
    assert said["input-range"] == ",".join(f"{end:g}" for end in settings.input_range)
    assert said["lr"].endswith(f"{settings.optimizer} {settings.learning_rate}")
    assert said["weight-decay"] == f"{settings.weight_decay:g}; adamw {WEIGHT_DECAYS['adamw']}"
    assert (said["clip-norm"], settings.clip_norm) == ("none", None)
    assert (said["patience"], settings.patience) == ("never", None)
    assert (said["shuffle"], settings.shuffle) == ("on", True)
    assert settings.initializer is None


def test_the_help_of_train_has_groups(inkling: Command) -> None:
    """Options are grouped by what they are about."""
    text = inkling("train", "--help").out
    assert re.findall(r"─ (\w+) ─", text) == ["Options", "Data", "Network", "Training", "Run"]
