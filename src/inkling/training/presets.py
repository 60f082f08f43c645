"""Settings by name, for ``inkling train --preset``: the shipped model's, Simard's, the tutorials'.

The command line's other options change single settings of a preset. ``tutorials/`` has the networks as
the tutorials published them, and the reason for each change.
"""

from __future__ import annotations

from dataclasses import replace

from inkling.training.settings import TrainingSettings

# Not ``with_changes``, which would also change what depends on the optimizer.
AUGMENTED = TrainingSettings(optimizer="adamw", learning_rate=0.002, batch_size=128)
TUTORIAL = TrainingSettings(hidden=(100,), initializer="he_normal", epochs=10)
ONE_IMAGE_PER_STEP = replace(
    TUTORIAL, optimizer="sgd", learning_rate=0.02, schedule="cosine", batch_size=1
)

PRESETS: dict[str, TrainingSettings] = {
    # The model that comes with the package, with --data mnist+pen: as many weights as float16 stores in
    # 4 MB, and enough epochs to learn the augmented images. model/README.md has the trials.
    "shipped": replace(
        AUGMENTED, hidden=(1000, 600, 500, 300), learning_rate=0.001, augment="elastic", epochs=200
    ),
    # The second one, also with --data mnist+pen: so small that you can look at every unit. Too small
    # to gain from elastic distortion (91.6 % of the validation images instead of 94.1 %).
    "look": replace(AUGMENTED, hidden=(16, 16), learning_rate=0.005, augment="affine", epochs=40),
    # The network of Simard, Steinkraus and Platt (2003), who reached 99.3 % with elastic distortion.
    "simard": replace(AUGMENTED, hidden=(800,), augment="simard", epochs=200),
    # The tutorials' layer sizes, batch sizes and epochs; the rest was chosen on validation images.
    "tutorial-0": replace(TUTORIAL, label_smoothing=0.0, learning_rate=0.005, batch_size=100),
    "tutorial-1": replace(TUTORIAL, optimizer="sgd", learning_rate=0.5, batch_size=50, epochs=30),
    "tutorial-2": ONE_IMAGE_PER_STEP,
    "tutorial-3": replace(ONE_IMAGE_PER_STEP, hidden=(28,), label_smoothing=0.0),
}

STORIES: dict[str, TrainingSettings] = {
    # What the page offers to watch on MNIST: a good run, and four mistakes.
    "good": TrainingSettings(hidden=(64,), epochs=5),
    "learning_rate_too_large": TrainingSettings(hidden=(64,), epochs=5, learning_rate=0.5),
    "dead_relus": TrainingSettings(hidden=(64, 64), epochs=5, optimizer="sgd", learning_rate=5.0),
    "sorted_labels": TrainingSettings(hidden=(64,), epochs=5, shuffle=False, sort=True),
    "sigmoid_squared_error": TrainingSettings(
        hidden=(64, 64),
        epochs=5,
        activation="sigmoid",
        output="sigmoid",
        loss="squared_error",
        optimizer="sgd",
        learning_rate=0.2,
    ),
}
