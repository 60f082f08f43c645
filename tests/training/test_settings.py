"""The settings of a run: defaults, ranges, sentences, and the way to JSON and back."""

from __future__ import annotations

import inspect
import json
import re
from typing import Any

import numpy as np
import pytest

from inkling.errors import SettingError
from inkling.nn.dropout import Dropout
from inkling.nn.losses import BinaryCrossEntropy, CrossEntropy, SquaredError
from inkling.optim import OPTIMIZERS
from inkling.optim.adaptive import AdamW
from inkling.optim.schedules import Cosine
from inkling.training.settings import LEARNING_RATES, NAMES, TrainingSettings

DOC = inspect.cleandoc(TrainingSettings.__doc__ or "")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden": (5, 0)}, "expected hidden as a whole number in [1, 1e+06], got 0"),
        ({"hidden": 5}, "such as (128, 64), got 5"),
        ({"activation": "rleu"}, "got 'rleu'; did you mean 'relu'?"),
        ({"output": "sofmax"}, "expected output to be one of identity, sigmoid, tanh, relu"),
        ({"loss": "hinge"}, "expected loss to be one of squared_error, cross_entropy, "),
        ({"optimizer": "Adam"}, "adam, adamw, got 'Adam'"),
        ({"schedule": "cosin"}, "warm_up, got 'cosin'"),
        ({"augment": "some"}, "expected augment to be one of none, affine, elastic, simard"),
        ({"dtype": "int8"}, "expected dtype to be one of float32, float64, got 'int8'"),
        ({"engine": "gpu"}, "expected engine to be one of auto, numpy, compiled, got 'gpu'"),
        ({"initializer": "xavier"}, "zeros, got 'xavier'"),
        ({"bias_initializer": None}, "expected bias_initializer to be one of he_normal"),
        ({"input_range": 5}, "expected input_range as a pair such as (0, 1), got 5"),
        (
            {"input_range": (0, 1, 2)},
            "expected input_range as a pair such as (0, 1), got (0, 1, 2)",
        ),
        ({"input_range": (0, None)}, "expected input_range in (−∞, ∞), got None"),
        ({"shuffle": "false"}, "expected shuffle as True or False, got 'false'"),
        ({"input_range": (2.0, -2.0)}, "expected input_range's low end in (−∞, -2), got 2.0"),
        ({"learning_rate": 0.0}, "expected learning_rate in (0, ∞), got 0.0"),
        ({"weight_decay": -0.5}, "expected weight_decay in [0, ∞), got -0.5"),
        ({"dropout": 1.0}, "expected dropout in [0, 1), got 1.0"),
        ({"label_smoothing": 1.0}, "expected label_smoothing in [0, 1), got 1.0"),
        ({"batch_size": 0}, "expected batch_size as a whole number in [1, ∞), got 0"),
        ({"epochs": 10**400}, "expected epochs as a whole number in [1, 1e+06], got 1"),
        ({"seed": -1}, "expected seed as a whole number in [0, ∞), got -1"),
        ({"clip_norm": 0.0}, "expected clip_norm in (0, ∞), got 0.0"),
        ({"patience": 0}, "expected patience as a whole number in [1, ∞), got 0"),
        (
            {"loss": "squared_error", "label_smoothing": 0.3},
            "expected label_smoothing 0 with a loss other than cross_entropy, got 0.3",
        ),
    ],
)
def test_each_wrong_setting_is_an_error(changes: dict[str, Any], message: str) -> None:
    """It names the setting, what it may be and what it is; a name with a typo gets the right one."""
    with pytest.raises(SettingError, match=f"^training: .*{re.escape(message)}"):
        TrainingSettings(**changes)


def test_output_and_loss_must_meet() -> None:
    """Cross-entropy needs outputs in [0, 1], and ReLU's are larger."""
    with pytest.raises(SettingError, match=r"CrossEntropy: expected outputs in \[0, 1\], got relu"):
        TrainingSettings(output="relu")


def test_sigmoid_outputs_need_a_loss_that_counts_wrong_classes() -> None:
    """With the one-sided cross-entropy, saying yes to everything would have zero loss."""
    settings = TrainingSettings(output="sigmoid")
    assert (settings.loss, settings.label_smoothing) == ("binary_cross_entropy", 0)
    with pytest.raises(SettingError, match="got cross_entropy; use binary_cross_entropy"):
        TrainingSettings(output="sigmoid", loss="cross_entropy")
    with pytest.raises(SettingError, match=r"label_smoothing 0 .* got 0\.2"):
        TrainingSettings(output="sigmoid", label_smoothing=0.2)


@pytest.mark.parametrize(
    ("before", "changes", "loss", "smoothing"),
    [
        ({}, {"output": "sigmoid"}, "binary_cross_entropy", 0.0),
        ({"output": "sigmoid"}, {"output": "softmax"}, "cross_entropy", 0.1),
        ({"loss": "squared_error"}, {"output": "sigmoid"}, "squared_error", 0.0),
        ({}, {"output": "sigmoid", "loss": "squared_error"}, "squared_error", 0.0),
        ({"loss": "squared_error"}, {"loss": None}, "cross_entropy", 0.1),
        ({"label_smoothing": 0.3}, {"loss": "cross_entropy"}, "cross_entropy", 0.3),
    ],
)
def test_a_new_output_takes_its_own_default_loss(
    before: dict[str, Any], changes: dict[str, Any], loss: str, smoothing: float
) -> None:
    """Unless the loss was chosen; the smoothing goes with the loss."""
    settings = TrainingSettings(**before).with_changes(**changes)
    assert (settings.loss, settings.label_smoothing) == (loss, smoothing)


def test_the_one_sided_loss_of_an_older_run_can_be_read() -> None:
    """Version 0.1 trained sigmoid outputs with it; only smoothed softmax outputs have a least loss."""
    old = {**TrainingSettings(output="sigmoid").to_dict(), "loss": "cross_entropy"}
    recorded = TrainingSettings.from_manifest({**old, "label_smoothing": 0.1})
    loss = recorded.build_loss()
    assert isinstance(loss, CrossEntropy)
    assert loss.label_smoothing == 0.1
    assert recorded.least_loss(10) == 0
    assert TrainingSettings().least_loss(10) == pytest.approx(0.5003, abs=1e-4)
    with pytest.raises(SettingError, match="got cross_entropy"):
        TrainingSettings.from_dict(old)
    with pytest.raises(SettingError, match="label_smoothing in"):
        TrainingSettings.from_manifest({**old, "label_smoothing": 7})


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_has_its_learning_rate(optimizer: str) -> None:
    """By default it is the optimizer's own; a given one is kept."""
    assert TrainingSettings(optimizer=optimizer).learning_rate == LEARNING_RATES[optimizer]
    assert TrainingSettings(optimizer=optimizer, learning_rate=0.7).learning_rate == 0.7
    built = TrainingSettings(optimizer=optimizer, weight_decay=0.03).build_optimizer()
    assert built.name == optimizer
    assert (built.learning_rate, built.weight_decay) == (LEARNING_RATES[optimizer], 0.03)


def test_what_is_built_is_what_was_set() -> None:
    """Sizes, dropout, dtype, optimizer and loss arrive in the objects that train."""
    settings = TrainingSettings(
        hidden=(11, 9),
        activation="tanh",
        dropout=0.25,
        optimizer="adamw",
        dtype="float64",
        label_smoothing=0.2,
        schedule="cosine",
        epochs=7,
    )
    network = settings.build_network(13, 5, np.random.default_rng(0))
    assert network.summary == "13 → 11 tanh dropout 0.25 → 9 tanh dropout 0.25 → 5 softmax"
    assert network.dtype == np.float64
    assert sum(isinstance(layer, Dropout) for layer in network.layers) == 2
    assert isinstance(settings.build_optimizer(), AdamW)
    loss = settings.build_loss()
    assert isinstance(loss, CrossEntropy)
    assert loss.label_smoothing == 0.2
    schedule = settings.build_schedule(3 * 128)
    assert isinstance(schedule, Cosine)
    assert schedule.total_steps == 21


@pytest.mark.parametrize(
    ("loss", "kind"),
    [("squared_error", SquaredError), ("binary_cross_entropy", BinaryCrossEntropy)],
)
def test_other_losses_have_no_smoothing(loss: str, kind: type) -> None:
    """The default smoothing belongs only to the cross-entropy."""
    settings = TrainingSettings(loss=loss)
    assert settings.label_smoothing == 0
    assert isinstance(settings.build_loss(), kind)


def test_the_docstring_names_allowed_values() -> None:
    """It names no unknown one."""
    for setting in ("activation", "loss", "initializer", "augment", "optimizer", "schedule"):
        described = re.search(rf"^    {setting}: (.*?)[;.]?(?=^    \w+:)", DOC, re.M | re.S)
        assert described is not None
        found = {*re.findall(r'"(\w+)"', described[1])}
        assert found, setting
        assert {*NAMES[setting]} >= found, setting


def test_to_json_and_back() -> None:
    """What a manifest holds builds equal settings."""
    settings = TrainingSettings(hidden=(31, 17), optimizer="sgd", patience=3, clip_norm=1.5, seed=9)
    text = json.dumps(settings.to_dict())
    assert TrainingSettings.from_dict(json.loads(text)) == settings


def test_numbers_of_numpy_become_plain_ones() -> None:
    """A sweep passes the values of np.logspace and np.arange; the manifest must store them."""
    numbers: dict[str, Any] = {
        "hidden": (np.int64(31), np.int32(17)),
        "learning_rate": np.float32(0.25),
        "epochs": np.int64(3),
        "seed": np.uint8(7),
    }
    settings = TrainingSettings(**numbers)
    plain = TrainingSettings(hidden=(31, 17), learning_rate=0.25, epochs=3, seed=7)
    assert json.loads(json.dumps(settings.to_dict())) == plain.to_dict()


def test_unknown_and_misshapen_settings_from_a_file() -> None:
    """A manifest of another version, or one edited by hand, is a SettingError."""
    with pytest.raises(SettingError, match="got 'hiden'; did you mean 'hidden'"):
        TrainingSettings.from_dict({"hiden": [5]})
    with pytest.raises(
        SettingError, match=r"^training: expected activation to be one of .*\['relu'\]"
    ):
        TrainingSettings.from_dict({"activation": ["relu"]})


def test_changing_the_optimizer_or_loss_takes_their_own_defaults() -> None:
    """A rate that suits one optimizer is not carried to another; one that is given is kept."""
    sgd = TrainingSettings(optimizer="sgd", learning_rate=0.5, weight_decay=0.3)
    assert sgd.with_changes(epochs=3).learning_rate == 0.5
    adamw = sgd.with_changes(optimizer="adamw")
    assert (adamw.learning_rate, adamw.weight_decay) == (0.005, 0.01)
    assert sgd.with_changes(optimizer="adam", learning_rate=0.02).learning_rate == 0.02
    smooth = TrainingSettings(label_smoothing=0.2)
    assert smooth.with_changes(epochs=3).label_smoothing == 0.2
    assert smooth.with_changes(loss="squared_error").label_smoothing == 0
