"""A summary of a model for the page: its layers, accuracy, settings and learning curves.

    list_entry     from the head of a file, for a list of models
    describe       from a loaded model and the history.csv of its run

A model's description and manifest were checked when its file was read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inkling._files import HISTORY, MODEL
from inkling.errors import InklingError
from inkling.explain.units import dense_layers
from inkling.image.normalize import FIELD
from inkling.model.file import read_description
from inkling.model.model import Classifier
from inkling.nn.dense import Dense
from inkling.nn.network import Network
from inkling.training.history import History

MOST_HISTORY = 1024 * 1024
"""The largest history.csv that is read, in bytes: some ten thousand epochs."""
CURVES = ("epoch", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
"""The columns of history.csv that are shown."""


def list_entry(path: Path, identifier: str) -> dict[str, Any] | None:
    """Returns the summary of a model file for a list; None if the app cannot use the file.

    Only the head of the file is read; loading checks the rest.
    """
    try:
        is_committee, head = read_description(path)
    except InklingError:
        return None
    members = head["members"] if is_committee else [head]
    dense = [layer for layer in members[0]["architecture"] if layer["kind"] == Dense.kind]
    if not dense or list(members[0]["image_shape"]) != [FIELD, FIELD]:
        return None
    sizes = [dense[0]["inputs"], *(layer["outputs"] for layer in dense)]
    return {
        "id": identifier,
        "name": identifier,
        "architecture": _times(len(members)) + "-".join(map(str, sizes)),
        **_accuracy(head["manifest"]),
    }


def describe(identifier: str, path: Path | None, model: Classifier) -> dict[str, Any]:
    """Returns everything the page shows about a model; without a path, no learning curves."""
    network, networks = model.network, model.networks
    history = path.with_name(HISTORY) if path and path.name == MODEL else None
    settings = model.manifest.get("settings", {})
    return {
        "id": identifier,
        "name": identifier,
        "members": len(networks),
        "architecture": _times(len(networks)) + architecture(network),
        "parameters": sum(array.size for each in networks for array in each.parameters.values()),
        "classes": list(model.classes),
        "layers": [
            {"name": name, "kind": Dense.kind, "units": units, "activation": activation}
            for name, units, activation in dense_layers(network)
        ],
        **_accuracy(model.manifest),
        "settings": _plain(settings),
        "history": read_history(history) if history else [],
    }


def architecture(network: Network) -> str:
    """Returns the sizes of a network, "784-256-10"."""
    sizes = network.inputs, *(units for _, units, _ in dense_layers(network))
    return "-".join(map(str, sizes))


def _times(members: int) -> str:
    """Returns the prefix of a committee's architecture."""
    return f"{members} × " if members > 1 else ""


def read_history(path: Path) -> list[dict[str, float | None]]:
    """Reads the learning curves of a run; none if the file is missing or is something else."""
    try:
        history = History.read(path) if path.stat().st_size <= MOST_HISTORY else History()
    except (OSError, ValueError):
        return []
    return [{name: getattr(record, name) for name in CURVES} for record in history]


def _accuracy(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the test accuracy and its interval, if the manifest has them."""
    results = manifest.get("results", {})
    return {name: results.get(name) for name in ("test_accuracy", "test_interval")}


def _plain(settings: dict[str, Any]) -> dict[str, Any]:
    """Returns the settings that are strings, numbers or short lists of them; JSON has no NaN."""

    def shown(value: Any) -> bool:
        if isinstance(value, list):
            return len(value) <= 20 and all(shown(part) for part in value)
        if isinstance(value, float):
            return math.isfinite(value)
        return value is None or isinstance(value, bool | int | str)

    return {str(name): value for name, value in settings.items() if shown(value)}
