"""Building optimizers by name."""

from __future__ import annotations

import pytest

from inkling.errors import SettingError
from inkling.optim import OPTIMIZERS, Nesterov, build_optimizer


def test_the_names_are_those_that_settings_use() -> None:
    """The command line and model files rely on these six names."""
    assert list(OPTIMIZERS) == ["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw"]
    assert all(kind.name == name for name, kind in OPTIMIZERS.items())


def test_build_optimizer_passes_the_settings_on() -> None:
    """Named settings are set, the others keep their defaults."""
    optimizer = build_optimizer("nesterov", learning_rate=0.3, momentum=0.7)
    assert isinstance(optimizer, Nesterov)
    assert optimizer.settings() == {"learning_rate": 0.3, "weight_decay": 0.0, "momentum": 0.7}


def test_an_unknown_name_is_refused() -> None:
    """The sentence lists the known names and the closest."""
    with pytest.raises(SettingError) as error:
        build_optimizer("adamm")
    assert str(error.value) == (
        "build_optimizer: expected name to be one of sgd, momentum, nesterov, rmsprop, adam, adamw, "
        "got 'adamm'; did you mean 'adam'?"
    )


def test_an_unknown_setting_is_refused() -> None:
    """A misspelt setting, or one of another optimizer, is named; nothing is silently dropped."""
    with pytest.raises(SettingError) as error:
        build_optimizer("sgd", momentum=0.9)
    assert str(error.value) == (
        "SGD: expected setting to be one of learning_rate, weight_decay, got 'momentum'."
    )
