"""What ``inkling train --help`` says about names and defaults is so."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from inkling.cli import train
from inkling.data.augmentation.augment import AUGMENTATIONS
from inkling.nn.registry import ACTIVATIONS, LOSSES
from inkling.optim.optimizers import OPTIMIZERS
from inkling.optim.schedules import SCHEDULES
from inkling.training.settings import WEIGHT_DECAYS, TrainingSettings


@pytest.mark.parametrize(
    ("written", "registry"),
    [
        (train.ACTIVATION_NAMES, ACTIVATIONS),
        (train.LOSS_NAMES, LOSSES),
        (train.OPTIMIZER_NAMES, OPTIMIZERS),
        (train.SCHEDULE_NAMES, SCHEDULES),
        (train.AUGMENT_NAMES, AUGMENTATIONS),
    ],
    ids=["activations", "losses", "optimizers", "schedules", "augmentations"],
)
def test_the_names_in_help_are_the_known_ones(written: str, registry: dict[str, object]) -> None:
    """Help is written out by hand, in the registry's order; a new activation may come after them."""
    names = written.split(", ")
    assert names == list(registry)[: len(names)]


def test_the_defaults_in_help_are_the_settings() -> None:
    """Each (default …) in the text is what ``TrainingSettings`` has."""
    command = [sys.executable, "-m", "inkling", "train", "--help"]
    environment = {"COLUMNS": "250", "NO_COLOR": "1", "TERM": "dumb", "PATH": ""}
    text = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout
    said = dict(re.findall(r"--([a-z-]+) .*\(default ([^)]*)\)", text))
    settings = TrainingSettings()
    names = ("activation", "output", "loss", "optimizer", "schedule", "augment", "dtype", "engine")
    assert {name: said[name] for name in names} == {name: getattr(settings, name) for name in names}
    for name in ("batch_size", "epochs", "seed", "dropout", "label_smoothing"):
        assert float(said[name.replace("_", "-")]) == getattr(settings, name)
    assert said["hidden"] == ",".join(str(units) for units in settings.hidden)
    assert said["lr"] == f"the optimizer's; {settings.optimizer} {settings.learning_rate}"
    assert said["weight-decay"] == f"{settings.weight_decay:g}; adamw {WEIGHT_DECAYS['adamw']}"
    assert said["clip-norm"] == "none"
    assert settings.clip_norm is None
    assert said["patience"] == "never"
    assert settings.patience is None
