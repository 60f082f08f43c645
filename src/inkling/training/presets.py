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

WATCHED = TrainingSettings(hidden=(64,), epochs=5)
STORIES: dict[str, TrainingSettings] = {
    # What the page offers to watch on MNIST, each in a few seconds: a good run, and four mistakes.
    "good": WATCHED,  # 97 % of the validation images
    # Leaky ReLUs do not die, so that only the accuracy jumps up and down: 75 to 85 %.
    "learning_rate_too_large": replace(
        WATCHED, activation="leaky_relu", learning_rate=0.3, schedule="constant"
    ),
    # ReLUs do: 98 % of the units of the first layer within the first epoch; 24 %.
    "dead_relus": replace(WATCHED, hidden=(64, 64), learning_rate=0.1, schedule="constant"),
    # Each digit is forgotten while the next ones are learned: after an epoch, every image is a 9.
    "sorted_labels": replace(
        WATCHED, sort=True, shuffle=False, optimizer="sgd", learning_rate=0.2, schedule="constant"
    ),
    # Gradients vanish where a sigmoid is flat; 30 %.
    "sigmoid_squared_error": replace(
        WATCHED,
        hidden=(64, 64),
        activation="sigmoid",
        output="sigmoid",
        loss="squared_error",
        label_smoothing=0.0,
        optimizer="sgd",
        learning_rate=0.2,
    ),
}
