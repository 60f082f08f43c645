"""Tutorial 0. ReLU and softmax, batches of 100, and a printed loss that is not the one trained with.

Old values and published numbers are from the tutorial's text or code. Next: ``tutorial_1.py``.
"""

from __future__ import annotations

from inkling.training.presets import PRESETS
from inkling.tutorials.recipe import DECAY, SHUFFLE, WATCHED, ZERO_BIAS, Metric, Recipe, Was

TUTORIAL_0 = Recipe(
    name="tutorial-0",
    title="使用numpy实现简单的全连接神经网络 并在mnist数据集上进行测试",
    corrected=PRESETS["tutorial-0"],
    differences={
        "initializer": Was(
            "lecun_normal",
            "ReLU halves the mean square of a signal, which twice the variance makes up for",
        ),
        "bias_initializer": Was("normal", ZERO_BIAS),
        "shuffle": Was(False, SHUFFLE),
        "optimizer": Was(
            "sgd", "plain steps at this rate are still far from the minimum after 10 epochs"
        ),
        "learning_rate": Was(
            0.01, "Adam's steps are of the size of the rate itself, and 0.005 suits them"
        ),
        "schedule": Was("constant", DECAY),
        "reported_loss": Was(
            "binary_cross_entropy", "the loss that is reported should be the loss that is trained"
        ),
        "watch_test": Was(True, WATCHED),
    },
    metrics=(
        Metric("test accuracy", "test_accuracy", (0.9203,), absolute=0.006),
        Metric(
            "test accuracy by epoch",
            "test_accuracy_by_epoch",
            (0.8534, 0.8837, 0.8963, 0.9034, 0.9078, 0.9112, 0.9140, 0.9163, 0.9187, 0.9203),
            absolute=0.006,
        ),
        Metric(
            "test loss by epoch, the two-sided cross-entropy",
            "test_loss_by_epoch",
            (1.1226, 0.7723, 0.6549, 0.5966, 0.5608, 0.5359, 0.5170, 0.5018, 0.4889, 0.4776),
        ),
    ),
    target=0.978,
    defects=(
        "The listing multiplies the hidden layer's error with the activations of the layer above "
        "instead of those below, and stops with an error about shapes: the published figures come from "
        "code other than the listing.",
        "The sums over a batch are outside the loop over its images, so that only the last image of "
        "each batch would count; the numbers come from code that has them inside.",
        "The loss that is printed is not the cross-entropy of the listing but the two-sided one, which "
        "also counts the wrong classes.",
        "The error of the output layer is a − y whatever loss is chosen, which is wrong for the squared "
        "error that the listing offers.",
        "The softmax subtracts no maximum, and the sigmoid and the logarithm have no guard: large "
        "scores end in NaN.",
        "Images are never shuffled, no seed is set, and the test set is watched as validation data.",
        "The model is saved as a pickled array: loading it runs whatever code is in the file, and "
        "today's NumPy raises an error instead of writing it.",
    ),
)
