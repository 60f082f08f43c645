"""Tutorial 1. Sigmoids and the squared error, batches of 50: the whole way from training to an app.

Old values and published numbers are from the tutorial's text or code. Next: ``tutorial_2.py``.
"""

from __future__ import annotations

from inkling.training.presets import PRESETS
from inkling.tutorials.recipe import (
    DECAY,
    RELU,
    SHUFFLE,
    SMOOTHING,
    WATCHED,
    ZERO_BIAS,
    Change,
    Metric,
    Recipe,
    Was,
)

TUTORIAL_1 = Recipe(
    name="tutorial-1",
    title="用Numpy拆解神经网络 (Junchuan Yu, 2023-08-27)",
    corrected=PRESETS["tutorial-1"],
    differences={
        "activation": Was("sigmoid", RELU),
        "output": Was(
            "sigmoid", "a digit is one of ten: the outputs should be probabilities that sum to 1"
        ),
        "loss": Was(
            "squared_error",
            "after a sigmoid, the squared error's gradient vanishes where the answer is most wrong",
        ),
        "label_smoothing": Was(0.0, SMOOTHING),
        "initializer": Was(
            "normal", "He's variance, 2 / inputs, keeps the size of signals from layer to layer"
        ),
        "bias_initializer": Was("normal", ZERO_BIAS),
        "shuffle": Was(False, SHUFFLE),
        "schedule": Was("constant", DECAY),
        "initial_scale": Was(
            0.01, "with weights this small all units start equal, and the first epoch is lost"
        ),
        "watch_test": Was(True, WATCHED),
    },
    other_changes=(
        Change(
            "reported loss",
            "sum over a batch",
            "mean over the images",
            "a sum depends on the batch size, and is wrong for a last batch that is smaller",
        ),
    ),
    metrics=(
        Metric("test accuracy", "test_accuracy", (0.9658,), absolute=0.003),
        Metric(
            "training loss by epoch, summed over a batch",
            "train_batch_loss_by_epoch",
            (16.001, 6.050, 4.432, 3.831, 3.466, 3.201),
            relative=0.03,
        ),
        Metric(
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
        "lost: 50.1 % of its images are classified correctly.",
        "Sigmoid outputs with the squared error learn slowly where they are most wrong.",
        "Images are never shuffled and no seed is set.",
        "Prediction writes into the network what the backward pass reads, so that a prediction between "
        "the two corrupts the gradient.",
        "The drawing must be put in the middle by hand, an empty canvas still gets a digit, and the "
        "app's calls fail with current versions of Gradio and NumPy.",
        "The formulas give the output error in terms of itself, and state a sum where the code takes "
        "the mean.",
    ),
)
