"""Starting from a trained model: its weights, and the settings of a network that they fit.

    a model  →  hidden, activation, output, input_range, dtype of the settings
             →  a copy of its weights in the network of the run  →  training, as of any run

The model is not changed. The manifest of the run records what it started from, and its checkpoint has
the weights from the beginning, so that a resumed run does not need the model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkling._checks import check_type, complain
from inkling._files import resolve
from inkling.data.dataset import Dataset
from inkling.errors import DataError, SettingError
from inkling.model.committee import CommitteeModel
from inkling.model.file import load_model
from inkling.model.model import Classifier, Model
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.network import Network
from inkling.training.settings import TrainingSettings

OF_THE_MODEL = (
    *("hidden", "activation", "output", "input_range", "dtype"),
    *("initializer", "bias_initializer"),
)
"""The settings that a run does not have when it starts from a model, which determines them."""


@dataclass(frozen=True)
class Start:
    """What a run starts from."""

    model: Model
    source: str  # the path of its file or run directory; empty if it came from Python

    @classmethod
    def of(cls, who: str, start: Classifier | str | Path) -> Start:
        """Returns a model as a start, loaded if it is a path.

        Raises:
            SettingError: it is something else, or a committee.
            ModelFileError: the file is not a model.
        """
        source = ""
        if isinstance(start, str | Path):
            source, start = str(resolve(start)), load_model(start)
        advice = "give a file, a run directory, or the model of a result"
        check_type(who, "a model to start from", start, (Model, CommitteeModel), advice)
        return cls(start.require_single(f"{who}, the model to start from"), source)

    def describe(self) -> dict[str, Any]:
        """Returns what a manifest records, with the SHA-256 of the weights."""
        digest = hashlib.sha256()
        for name, parameter in sorted(self.model.network.parameters.items()):
            digest.update(f"{name} {parameter.shape} {parameter.dtype}".encode())
            digest.update(parameter.tobytes())
        return {
            "source": self.source,
            "sha256": digest.hexdigest(),
            "classes": list(self.model.classes),
            "rejects": self.model.rejector is not None,
        }


def settings_from(
    who: str, model: Model, settings: TrainingSettings, changes: Mapping[str, Any]
) -> TrainingSettings:
    """Returns settings with ``changes``, whose network is that of a model.

    Raises:
        SettingError: a setting is wrong, or one of those that the model determines is to be changed; or
            the model has a network that ``TrainingSettings`` do not describe.
    """
    given = [name for name in OF_THE_MODEL if name in changes]
    if given:
        advice = "a run keeps the network of the model that it starts from"
        raise SettingError(complain(who, f"no {given[0]}", repr(changes[given[0]]), advice))
    layers, low = model.network.layers, model.scaling.offset
    dense = [layer for layer in layers if isinstance(layer, Dense)]
    activations = [layer.kind for layer in layers if not isinstance(layer, Dense | Dropout)]
    return settings.with_changes(
        hidden=tuple(len(layer.bias) for layer in dense[:-1]),
        activation=activations[0] if len(dense) > 1 else settings.activation,
        output=activations[-1],
        input_range=(low, low + 255 * model.scaling.factor),
        dtype=str(model.network.dtype),
        **changes,
    )


def fit_dataset(who: str, dataset: Dataset, model: Model) -> Dataset:
    """Returns the data set with labels that are numbers of the model's classes.

    Raises:
        DataError: a class is unknown to the model, or the images have another size.
    """
    shape = dataset.train.images.shape[1:]
    if shape != model.image_shape:
        expected = "images of {} × {} pixels, as of the model to start from".format(
            *model.image_shape
        )
        raise DataError(complain(who, expected, "{} × {}".format(*shape)))
    return dataset if dataset.classes == model.classes else dataset.with_classes(model.classes)


def copy_weights(source: Network, target: Network) -> None:
    """Copies the weights of one network into another one with the same layers, besides dropout.

    Raises:
        SettingError: the layers differ.
    """
    if _layers(source) != _layers(target):
        expected = "a network with one activation in all hidden layers, as inkling.train makes it"
        raise SettingError(complain("the model to start from", expected, source.summary))
    for name, parameter in source.parameters.items():
        target.parameters[name][...] = parameter


def _layers(network: Network) -> list[dict[str, Any]]:
    return [layer for layer in network.architecture() if layer["kind"] != Dropout.kind]
