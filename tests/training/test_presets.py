"""The presets: what ``inkling train --preset`` finds, and that the shipped recipe keeps its promises."""

from __future__ import annotations

import itertools

from inkling.training.presets import PRESETS, SHIPPED, SIMARD, find_preset
from inkling.training.settings import TrainingSettings
from inkling.tutorials.recipes import PRESETS as TUTORIAL_PRESETS
from inkling.tutorials.recipes import RECIPES

FLOAT16_BYTES = 2
LARGEST_FILE = 4_000_000


def test_every_preset_can_be_stored_and_built_again() -> None:
    """Its settings survive the manifest."""
    for preset in PRESETS.values():
        assert TrainingSettings.from_dict(preset.settings.to_dict()) == preset.settings


def test_presets_are_found_by_name() -> None:
    """The tutorials' own, and the two beside them."""
    assert find_preset("tutorial-1").settings == RECIPES["tutorial-1"].corrected
    assert find_preset("shipped").settings is SHIPPED
    assert PRESETS.keys() - TUTORIAL_PRESETS.keys() == {"shipped", "simard"}


def test_the_shipped_network_fits_its_file() -> None:
    """Its weights and biases take at most 4 MB as float16, with a tenth left for the rest."""
    sizes = (784, *SHIPPED.hidden, 10)
    parameters = sum((i + 1) * o for i, o in itertools.pairwise(sizes))
    assert parameters * FLOAT16_BYTES < 0.95 * LARGEST_FILE


def test_simards_network_is_his() -> None:
    """784-800-10, one epoch after another of elastic distortion alone."""
    assert SIMARD.hidden == (800,)
    assert SIMARD.augment == "simard"
