"""What a model says about itself: its layers, its accuracy, its settings, its learning curves.

    list_entry     from the head of a file, for a list of many
    describe       from a loaded model and the history.csv of its run

A model file may come from anywhere, so what its manifest says is shown only where it is of the right
kind. The app shows it (``app/model_store.py``, ``app/server.py``), and so does an exported page
(``page/export/``).
"""

from __future__ import annotations

import csv
import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

from inkling.explain.forward_trace import dense_places, is_piecewise_linear
from inkling.image.normalize import FIELD
from inkling.model.model import COMMITTEE_FORMAT, FORMAT, Model
from inkling.nn.activations import Activation, Identity
from inkling.nn.dense import Dense
from inkling.nn.network import Network

MOST_HISTORY = 1024 * 1024
"""Bytes of a history.csv that are read: some ten thousand epochs."""
CURVES = ("epoch", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
"""The columns of history.csv that are shown."""


def list_entry(path: Path, identifier: str) -> dict[str, Any] | None:
    """Returns what a list says about a model file; None unless it is one that can be used.

    Only the head of the file is read, and nothing is checked that loading will check.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
        if metadata.get("format") not in (FORMAT, COMMITTEE_FORMAT):
            return None
        head = json.loads(metadata["model"])
        members = head["members"] if metadata["format"] == COMMITTEE_FORMAT else [head]
        dense = [layer for layer in members[0]["architecture"] if layer["kind"] == Dense.kind]
        sizes = [dense[0]["inputs"], *(layer["outputs"] for layer in dense)]
        if members[0]["image_shape"] != [FIELD, FIELD]:
            return None
        return {
            "id": identifier,
            "name": identifier,
            "architecture": _times(len(members)) + "-".join(str(int(size)) for size in sizes),
            **_accuracy(head["manifest"]),
        }
    except (
        SafetensorError,
        OSError,
        ArithmeticError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
    ):
        return None
    except RecursionError:  # brackets in brackets in brackets
        return None


def describe(identifier: str, path: Path | None, model: Model) -> dict[str, Any]:
    """Returns everything the app shows about a model; without a path no learning curves."""
    network, networks = model.network, model.networks
    settings = model.manifest.get("settings", {})
    return {
        "id": identifier,
        "name": identifier,
        "members": len(networks),
        "architecture": _times(len(networks)) + architecture(network),
        "parameters": sum(array.size for each in networks for array in each.parameters.values()),
        "classes": list(model.classes),
        "layers": _layers(network),
        **_accuracy(model.manifest),
        "settings": _plain(settings) if isinstance(settings, dict) else {},
        "history": _history_beside(path),
        "exact_pixels": is_piecewise_linear(network),
    }


def architecture(network: Network) -> str:
    """Returns the sizes of a network, "784-256-10".

    Example:
        >>> import numpy as np
        >>> from inkling.nn.mlp import build_mlp
        >>> architecture(build_mlp((7, 5, 3), rng=np.random.default_rng(0)))
        '7-5-3'
    """
    sizes = [layer.outputs for layer in network.layers if isinstance(layer, Dense)]
    return "-".join(str(size) for size in (network.inputs, *sizes))


def _times(members: int) -> str:
    """What stands before the architecture of a committee."""
    return f"{members} × " if members > 1 else ""


def read_history(path: Path) -> list[dict[str, float | None]]:
    """Reads the learning curves of a run; none where the file is missing or something else."""
    try:
        if path.stat().st_size > MOST_HISTORY:
            return []
        with path.open(encoding="utf-8", newline="") as file:
            return [
                {name: float(row[name]) if row[name] else None for name in CURVES}
                for row in csv.DictReader(file)
            ]
    except (OSError, ValueError, KeyError, TypeError, csv.Error):
        return []


def _history_beside(path: Path | None) -> list[dict[str, float | None]]:
    if path is None or path.stem != "model":  # no run directory
        return []
    return read_history(path.with_name("history.csv"))


def _layers(network: Network) -> list[dict[str, Any]]:
    """One entry a dense layer, with the activation behind it."""
    layers, places = network.layers, dense_places(network)
    found = []
    for place, following in pairwise([*places, len(layers)]):
        dense = layers[place]
        assert isinstance(dense, Dense)
        kinds = [layer.kind for layer in layers[place:following] if isinstance(layer, Activation)]
        activation = [Identity.kind, *kinds][-1]
        entry = {"name": dense.name, "kind": dense.kind, "units": dense.outputs}
        found.append({**entry, "activation": activation})
    return found


def _accuracy(manifest: Any) -> dict[str, Any]:
    """The test accuracy and its interval, where the manifest says them as shares."""
    results = manifest.get("results", {})
    accuracy, interval = results.get("test_accuracy"), results.get("test_interval")
    pair = isinstance(interval, list) and len(interval) == 2 and all(map(_is_share, interval))
    return {
        "test_accuracy": accuracy if _is_share(accuracy) else None,
        "test_interval": interval if pair else None,
    }


def _is_share(value: Any) -> bool:
    return isinstance(value, float) and 0 <= value <= 1


def _plain(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings that are words, numbers or short lists of them; JSON has no NaN."""

    def shown(value: Any) -> bool:
        if isinstance(value, list):
            return len(value) <= 20 and all(shown(part) for part in value)
        if isinstance(value, float):
            return math.isfinite(value)
        return value is None or isinstance(value, bool | int | str)

    return {str(name): value for name, value in settings.items() if shown(value)}
