"""Tutorial 2. Sigmoid and softmax, one image per step: weights too large, steps too small, no accuracy.

Old values and published numbers are from the tutorial's text or code. Next: ``tutorial_3.py``.
"""

from __future__ import annotations

from inkling.training.presets import PRESETS
from inkling.tutorials.recipe import DECAY, RELU, SMOOTHING, WATCHED, Metric, Recipe, Was

TUTORIAL_2 = Recipe(
    name="tutorial-2",
    title="使用 NumPy 实现神经网络进行 MNIST 分类 (songquanpeng)",
    corrected=PRESETS["tutorial-2"],
    differences={
        "activation": Was("sigmoid", RELU),
        "label_smoothing": Was(0.0, SMOOTHING),
        "initializer": Was(
            "normal", "784 inputs times weights of size 1 drive every sigmoid into saturation"
        ),
        "input_range": Was(
            (-1.0, 1.0), "paper at 0 keeps the many empty pixels from moving weights at all"
        ),
        "learning_rate": Was(
            0.0001, "at 0.0001 ten epochs are far too few for the loss to converge"
        ),
        "schedule": Was("constant", DECAY),
        "watch_test": Was(True, WATCHED),
    },
    metrics=(
        Metric("test accuracy", "test_accuracy"),
        Metric(
            "training loss by epoch",
            "train_loss_by_epoch",
            (4.6940, 2.5593, 2.0025, 1.7149, 1.5319, 1.4010, 1.3005, 1.2193, 1.1518, 1.0950),
            relative=0.15,
        ),
    ),
    target=0.978,
    published_seconds=501.0,
    defects=(
        "Weights of N(0, 1) whatever the number of inputs: sums of size 25 saturate the sigmoids, and "
        "the loss starts at twice the ln 10 of an untrained network.",
        "A learning rate of 0.0001 with one image per step has hardly begun after ten epochs.",
        "No test set is used and no accuracy given: the loss alone does not show how many digits "
        "are read.",
        "The check that the two gradients of softmax and cross-entropy agree is commented out, and "
        "would stop with an error: arrays need np.allclose, not ==.",
        "The softmax does not subtract the maximum and sums over its whole input, so that it works for "
        "one image only; log and division by 0 have no guard.",
        "The backward pass is written for two layers, although the parameters are lists.",
    ),
)
