"""The presets of ``inkling train --preset``."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from inkling.model.file import load_model
from inkling.model.locations import LOOK, SHIPPED
from inkling.training.presets import PRESETS

FLOAT16_BYTES = 2
LARGEST_FILE = 4_000_000


@pytest.mark.parametrize(("preset", "path"), [("shipped", SHIPPED), ("look", LOOK)])
def test_the_models_that_ship_are_those_of_their_presets(preset: str, path: Path) -> None:
    """A model that ships has the layers of its preset, and was trained for as many epochs."""
    settings, model = PRESETS[preset], load_model(path)
    sizes = (784, *settings.hidden, 10)
    assert [array.shape for array in model.network.parameters.values()][::2] == [
        *itertools.pairwise(sizes)
    ]
    trained = model.manifest["settings"]
    assert (trained["epochs"], trained["augment"]) == (settings.epochs, settings.augment)


def test_the_small_model_is_small() -> None:
    """A page that offers it grows by at most 100 KB."""
    assert LOOK.stat().st_size <= 100_000


def test_the_shipped_network_fits_its_file() -> None:
    """Its weights and biases take at most 4 MB as float16, with a twentieth left for the rest."""
    sizes = (784, *PRESETS["shipped"].hidden, 10)
    parameters = sum((i + 1) * o for i, o in itertools.pairwise(sizes))
    assert parameters * FLOAT16_BYTES < 0.95 * LARGEST_FILE
