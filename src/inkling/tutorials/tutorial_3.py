"""Tutorial 3. 28 sigmoids and softmax, one image per step: good, but evaluated over the wrong axis.

Old values and published numbers are from the tutorial's text or code. Next: ``recipes.py``.
"""

from __future__ import annotations

from inkling.training.presets import PRESETS
from inkling.tutorials.recipe import DECAY, RELU, WATCHED, ZERO_BIAS, Change, Metric, Recipe, Was

TUTORIAL_3 = Recipe(
    name="tutorial-3",
    title="手写一个神经网络 (含公式推导) (郝鸿涛, 2023-04-26)",
    corrected=PRESETS["tutorial-3"],
    differences={
        "activation": Was("sigmoid", RELU),
        "initializer": Was(
            "uniform", "784 inputs times weights of up to 1 drive sigmoids into saturation"
        ),
        "bias_initializer": Was("uniform", ZERO_BIAS),
        "learning_rate": Was(0.1, "ReLU passes back more of the gradient and needs smaller steps"),
        "schedule": Was("constant", DECAY),
        "watch_test": Was(True, WATCHED),
        "drop_first": Was(1, "the file has no header: its first row is an image"),
    },
    other_changes=(
        Change(
            "softmax in evaluation",
            "over the images",
            "over the classes",
            "each class was normalized over all images, so an image's class depended on the others",
        ),
    ),
    metrics=(
        Metric(
            "test accuracy, softmax over the classes", "test_accuracy", accepted=((0.950, 0.960),)
        ),
        Metric(
            "test accuracy, softmax over the images",
            "test_accuracy_over_images",
            (0.9080,),
            ((0.88, 0.92),),
        ),
        Metric(
            "training accuracy after the last epoch, over the images",
            "train_accuracy_over_images",
            (0.906132,),
        ),
        Metric(
            "training loss after the last epoch, over the images",
            "train_loss_over_images",
            (683092.4,),
        ),
    ),
    target=0.962,
    defects=(
        "In evaluation the softmax sums over the images instead of the classes. Training, one column "
        "at a time, is not affected, but the accuracy that is printed is not the network's, and "
        "the loss that is printed rises while the network learns.",
        "The CSV files have no header, but the first row is read as one: 59,999 and 9,999 images are "
        "left.",
        "The ε in the sigmoid is inside the exponent, where it has no effect.",
        "The loss reads y from the enclosing scope instead of its argument, and sizes are global.",
        "One-hot targets by get_dummies have as many columns as classes occur, which shifts them when "
        "a digit is absent.",
        "Weights of U(−1, 1) with 784 inputs saturate the sigmoids from the start.",
        "Three places of the derivation have the wrong shape, index or order of factors.",
    ),
)
