"""The presets that ``inkling train --preset`` finds."""

from __future__ import annotations

import itertools

import pytest

from inkling.errors import SettingError
from inkling.training.presets import PRESETS, find_preset
from inkling.training.settings import TrainingSettings

FLOAT16_BYTES = 2
LARGEST_FILE = 4_000_000


def test_every_preset_can_be_stored_and_built_again() -> None:
    """Its settings survive the manifest."""
    for settings in PRESETS.values():
        assert TrainingSettings.from_dict(settings.to_dict()) == settings


def test_presets_are_found_by_name() -> None:
    """An unknown name is an error that lists the known ones."""
    assert find_preset("tutorial-1") is PRESETS["tutorial-1"]
    with pytest.raises(SettingError, match=r"shipped, simard, tutorial-0, .* mean 'tutorial-1'"):
        find_preset("tutorial1")


def test_the_shipped_network_fits_its_file() -> None:
    """Its weights and biases take at most 4 MB as float16, with a twentieth left for the rest."""
    sizes = (784, *PRESETS["shipped"].hidden, 10)
    parameters = sum((i + 1) * o for i, o in itertools.pairwise(sizes))
    assert parameters * FLOAT16_BYTES < 0.95 * LARGEST_FILE
