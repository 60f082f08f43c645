"""Tutorial 1. Sigmoids and the squared error, batches of 50: the whole way from training to an app.

Every number under ``as_published`` and ``Figure`` stands in the tutorial's text or code; the corrected
settings were chosen on validation images. Next: ``tutorial_2.py``.
"""

from __future__ import annotations

from inkling.training.settings import TrainingSettings
from inkling.tutorials.reasons import DECAY, RELU, SHUFFLE, SMOOTHING, WATCHED, ZERO_BIAS
from inkling.tutorials.recipe import Change, Figure, Recipe, near

TUTORIAL_1 = Recipe(
    name="tutorial-1",
    title="用Numpy拆解神经网络 (Junchuan Yu, 2023-08-27)",
    as_published=TrainingSettings(
        hidden=(100,),
        activation="sigmoid",
        output="sigmoid",
        loss="squared_error",
        label_smoothing=0.0,
        initializer="normal",
        bias_initializer="normal",
        initial_scale=0.01,
        shuffle=False,
        optimizer="sgd",
        learning_rate=0.5,
        schedule="constant",
        batch_size=50,
        epochs=30,
        watch_test=True,
    ),
    corrected=TrainingSettings(
        hidden=(100,),
        activation="relu",
        output="softmax",
        loss="cross_entropy",
        label_smoothing=0.1,
        initializer="he_normal",
        bias_initializer="zeros",
        initial_scale=1.0,
        shuffle=True,
        optimizer="sgd",
        learning_rate=0.5,
        schedule="one_cycle",
        batch_size=50,
        epochs=30,
        watch_test=False,
    ),
    reasons={
        "activation": RELU,
        "output": "a digit is one of ten: the outputs should be probabilities that sum to 1",
        "loss": "behind a sigmoid the squared error's gradient vanishes where the answer is most wrong",
        "label_smoothing": SMOOTHING,
        "initializer": "He's variance, 2 / inputs, keeps the size of signals from layer to layer",
        "bias_initializer": ZERO_BIAS,
        "initial_scale": "with weights this small all units start alike, and the first epoch is lost",
        "shuffle": SHUFFLE,
        "schedule": DECAY,
        "watch_test": WATCHED,
    },
    other_changes=(
        Change(
            "reported loss",
            "sum over a batch",
            "mean over the images",
            "a sum depends on the batch size, and is wrong for a last batch that is smaller",
        ),
    ),
    figures=(
        Figure("test accuracy", "test_accuracy", (0.9658,), near((0.9658,), absolute=0.003)),
        Figure(
            "training loss by epoch, summed over a batch",
            "train_batch_loss_by_epoch",
            (16.001, 6.050, 4.432, 3.831, 3.466, 3.201),
            near((16.001, 6.050, 4.432, 3.831, 3.466, 3.201), relative=0.03),
        ),
        Figure(
            "training accuracy by epoch",
            "train_accuracy_by_epoch",
            (0.501, 0.880, 0.905, 0.915, 0.922, 0.928),
        ),
    ),
    target=0.978,
    defects=(
        "Accuracy on the test set is printed as the precision of a validation set; there is none.",
        "The loss is a sum over a batch, and the mean of the batches is right only where the batch size "
        "divides the number of images.",
        "Weights a hundredth of N(0, 1) make all hidden units nearly alike, and the first epoch is half "
        "lost: .501 of its images are read rightly.",
        "Sigmoid outputs with the squared error learn slowly where they are most wrong.",
        "Images are never shuffled and no seed is set.",
        "Prediction writes into the network what the backward pass reads, so that a prediction between "
        "the two corrupts the gradient.",
        "The drawing must be put in the middle by hand, an empty canvas still gets a digit, and the "
        "app's calls fail with current versions of Gradio and NumPy.",
        "The formulas give the output error in terms of itself, and say sum where the code takes the "
        "mean.",
    ),
)
