"""Building optimizers by name."""

from __future__ import annotations

import pytest

from inkling.errors import SettingError
from inkling.optim import OPTIMIZERS, Nesterov, build_optimizer


def test_the_names_are_those_that_settings_use() -> None:
    """The command line and model files rely on these six names."""
    assert list(OPTIMIZERS) == ["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw"]


def test_build_optimizer_passes_the_settings_on() -> None:
    """Named settings are set, the others keep their defaults."""
    optimizer = build_optimizer("nesterov", learning_rate=0.3, momentum=0.7)
    assert isinstance(optimizer, Nesterov)
    assert optimizer.settings() == {"learning_rate": 0.3, "weight_decay": 0.0, "momentum": 0.7}


def test_unknown_names_and_settings_raise() -> None:
    """The message lists the known ones and the closest; nothing is dropped silently."""
    with pytest.raises(SettingError, match=r"one of sgd, .*, got 'adamm'; did you mean 'adam'"):
        build_optimizer("adamm")
    with pytest.raises(SettingError, match=r"SGD: expected setting .*weight_decay, got 'momentum'"):
        build_optimizer("sgd", momentum=0.9)
