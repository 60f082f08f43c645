"""Settings by name, for ``inkling train --preset``: the shipped model's, Simard's, the tutorials'.

The command line's other options change single settings of a preset. ``tutorials/`` has the networks as
the tutorials published them, and why each setting was changed.
"""

from __future__ import annotations

from inkling.training.settings import TrainingSettings

PRESETS: dict[str, TrainingSettings] = {
    # The model that comes with the package: as many weights as float16 stores in 4 MB, and enough epochs
    # to learn the augmented images. Chosen on validation images; model/README.md has the trials.
    "shipped": TrainingSettings(
        hidden=(1000, 600, 500, 300),
        augment="elastic",
        optimizer="adamw",
        learning_rate=0.002,
        batch_size=128,
        epochs=260,
    ),
    # The network of Simard, Steinkraus and Platt (2003), who reached 99.3 % with elastic distortion.
    "simard": TrainingSettings(
        hidden=(800,),
        augment="simard",
        optimizer="adamw",
        learning_rate=0.002,
        batch_size=128,
        epochs=200,
    ),
    # The tutorials' layer sizes, batch sizes and epochs; the rest was chosen on validation images.
    "tutorial-0": TrainingSettings(
        hidden=(100,),
        label_smoothing=0.0,
        initializer="he_normal",
        optimizer="adam",
        learning_rate=0.005,
        schedule="one_cycle",
        batch_size=100,
        epochs=10,
    ),
    "tutorial-1": TrainingSettings(
        hidden=(100,),
        label_smoothing=0.1,
        initializer="he_normal",
        optimizer="sgd",
        learning_rate=0.5,
        schedule="one_cycle",
        batch_size=50,
        epochs=30,
    ),
    "tutorial-2": TrainingSettings(
        hidden=(100,),
        label_smoothing=0.1,
        initializer="he_normal",
        optimizer="sgd",
        learning_rate=0.02,
        schedule="cosine",
        batch_size=1,
        epochs=10,
    ),
    "tutorial-3": TrainingSettings(
        hidden=(28,),
        label_smoothing=0.0,
        initializer="he_normal",
        optimizer="sgd",
        learning_rate=0.02,
        schedule="cosine",
        batch_size=1,
        epochs=10,
    ),
}
