"""Recipes by name, for ``inkling train --preset``: the model that ships, Simard's, the tutorials'.

A preset is a set of settings and how many images are held out; options on the command line change
single settings of it. What each setting of the tutorials' presets answers to is told in ``tutorials/``.
"""

from __future__ import annotations

from inkling._checks import look_up
from inkling.training.settings import TrainingSettings
from inkling.tutorials.recipe import Preset
from inkling.tutorials.recipes import PRESETS as TUTORIAL_PRESETS

SHIPPED = TrainingSettings(
    hidden=(1000, 600, 500, 300),
    augment="elastic",
    optimizer="adamw",
    learning_rate=0.002,
    batch_size=128,
    epochs=260,
)
"""The model that comes with the package: as many weights as float16 holds in 4 MB, and long enough for
the augmented images to be learned. Chosen on validation images; model/README.md has the trials."""

SIMARD = TrainingSettings(
    hidden=(800,),
    augment="simard",
    optimizer="adamw",
    learning_rate=0.002,
    batch_size=128,
    epochs=200,
)
"""The network of Simard, Steinkraus and Platt (2003), who reached 99.3 % with elastic distortion."""

PRESETS: dict[str, Preset] = {
    "shipped": Preset(SHIPPED),
    "simard": Preset(SIMARD),
    **TUTORIAL_PRESETS,
}
"""What ``inkling train --preset`` takes."""


def find_preset(name: str) -> Preset:
    """Returns a preset by its name.

    Raises:
        SettingError: the name is unknown; the sentence lists the known ones.

    Example:
        >>> find_preset("simard").settings.hidden
        (800,)
    """
    return look_up("train", "--preset", name, PRESETS)
