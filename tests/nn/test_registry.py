"""The names that settings, model files and the command line share."""

from __future__ import annotations

import inspect

import pytest

import inkling.nn
from inkling.nn import ACTIVATIONS, INITIALIZERS, LOSSES, Activation, Initializer, Loss


@pytest.mark.parametrize(
    ("base", "registered"),
    [
        (Activation, set(ACTIVATIONS.values())),
        (Loss, set(LOSSES.values())),
        (Initializer, {type(entry) for entry in INITIALIZERS.values()}),
    ],
)
def test_every_class_is_registered(base: type, registered: set[type]) -> None:
    """A class without a name in the registry could be neither chosen nor saved."""
    concrete = {
        member
        for member in vars(inkling.nn).values()
        if inspect.isclass(member) and issubclass(member, base) and not inspect.isabstract(member)
    }
    assert concrete <= registered


def test_the_names_are_those_that_files_and_scripts_use() -> None:
    """Names are an interface."""
    activations = {"identity", "sigmoid", "tanh", "relu", "leaky_relu", "gelu", "softmax", "exp"}
    assert activations <= set(ACTIVATIONS)
    assert {"squared_error", "cross_entropy", "binary_cross_entropy", "poisson"} <= set(LOSSES)
    rules = {
        f"{rule}_{kind}" for rule in ("he", "glorot", "lecun") for kind in ("normal", "uniform")
    }
    assert rules | {"normal", "uniform", "zeros"} <= set(INITIALIZERS)
