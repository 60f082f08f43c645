"""The names that settings, model files and the command line share."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import pytest

from inkling.nn import activations, initializers, losses
from inkling.nn.registry import ACTIVATIONS, INITIALIZERS, LOSSES


def _concrete(module: Any, base: type) -> set[type]:
    members: Iterable[Any] = vars(module).values()
    return {
        member
        for member in members
        if inspect.isclass(member) and issubclass(member, base) and not inspect.isabstract(member)
    }


@pytest.mark.parametrize(
    ("module", "base", "registered"),
    [
        (activations, activations.Activation, set(ACTIVATIONS.values())),
        (losses, losses.Loss, set(LOSSES.values())),
        (initializers, initializers.Initializer, {type(entry) for entry in INITIALIZERS.values()}),
    ],
)
def test_everything_written_is_registered(module: Any, base: type, registered: set[type]) -> None:
    """A class without a name in the registry could be neither chosen nor saved."""
    assert _concrete(module, base) == registered


def test_the_names_are_those_the_documentation_promises() -> None:
    """Names are an interface: model files and scripts hold them."""
    activations = {"identity", "sigmoid", "tanh", "relu", "leaky_relu", "gelu", "softmax"}
    assert activations <= set(ACTIVATIONS)
    assert {"squared_error", "cross_entropy", "binary_cross_entropy"} <= set(LOSSES)
    rules = {
        f"{rule}_{kind}" for rule in ("he", "glorot", "lecun") for kind in ("normal", "uniform")
    }
    assert rules | {"normal", "uniform", "zeros"} <= set(INITIALIZERS)
