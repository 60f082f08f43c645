"""The doctor: its measures by hand, each finding on a run with the mistake, and no finding without."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import inkling
from inkling._types import IntArray
from inkling.data.dataset import Dataset
from inkling.data.scaling import PixelScaling
from inkling.data.split import Split
from inkling.errors import SettingError
from inkling.nn.activations import Activation, ReLU, Sigmoid, Softmax, Tanh
from inkling.nn.dense import Dense
from inkling.nn.losses import CrossEntropy
from inkling.nn.network import Network
from inkling.optim.descent import SGD
from inkling.training import doctor as module
from inkling.training.callbacks import Callback
from inkling.training.doctor import Doctor
from inkling.training.doctor_checks import check_end, check_gap, check_order, check_predicted
from inkling.training.doctor_findings import KINDS
from inkling.training.doctor_measures import (
    Look,
    changes_of,
    choose_rows,
    look_at,
    repeated_by_chance,
    repeated_labels,
    units_of,
)
from inkling.training.engine.context import TrainingContext
from inkling.training.history import EpochRecord
from inkling.training.presets import PRESETS, STORIES
from inkling.training.run import train
from inkling.training.settings import TrainingSettings
from inkling.training.state import TrainingState

# The measures.


def test_a_look_at_two_images_by_hand() -> None:
    """z = x W of a hidden layer of three units, of which the second is 0 for both images.

    Image 1 has a = (1, 0, 1), logits (0, ln 3) and outputs (1/4, 3/4); image 2 a = (1, 0, 0) and
    outputs (1/2, 1/2). Both are of class 0.
    """
    hidden = Dense.from_arrays(np.array([[1.0, -1, 1], [1, -1, -1]]), np.zeros(3))
    last = Dense.from_arrays(np.array([[0.0, 0], [5, 5], [0, math.log(3)]]), np.zeros(2))
    network = Network([hidden, ReLU(), last, Softmax()])
    pixels, labels = np.array([[9, 9], [1, 0], [0, 1]], np.uint8), np.array([1, 0, 0])
    context = TrainingContext(
        network, CrossEntropy(), SGD(0.1), pixels, labels, scaling=PixelScaling(1.0)
    )
    look = look_at(context, np.array([1, 2]))
    assert look.inputs == (0, 1)
    assert look.loss == pytest.approx((math.log(4) + math.log(2)) / 2)
    assert look.equal_loss == pytest.approx(math.log(2))
    assert look.predicted.tolist() == [1, 0]
    assert look.hidden == [("relu", 1 / 3, 0)]
    # δ is (−3/4, 3/4) and (−1/2, 1/2); at the hidden layer (0, 0, 3/4 ln 3) and 0
    sizes = [math.sqrt((0.75 * math.log(3)) ** 2 / 2), math.sqrt((9 / 8 + 1 / 2) / 2)]
    assert look.gradients == pytest.approx(sizes)


@pytest.mark.parametrize(
    ("activation", "values", "saturated"),
    [
        (Tanh(), [[0.98, 0.98], [-0.98, 0.96]], 1 / 2),
        (Sigmoid(), [[0.99, 0.98], [0.01, 0.99]], 1 / 2),  # ½ ± 0.97 · ½
        (ReLU(), [[0.99, 50.0], [0.98, 90.0]], 0),
    ],
)
def test_a_unit_is_saturated_near_an_end_of_its_range(
    activation: Activation, values: list[list[float]], saturated: float
) -> None:
    """For every image, here two."""
    assert units_of(activation, np.array(values)).saturated == saturated


def test_changes_are_relative_to_the_weights() -> None:
    """‖(0, ½)‖ / ‖(3, 4)‖; there is no ratio to weights of 0."""
    before = {"a": np.array([[3.0, 4.0]]), "b": np.zeros((1, 2))}
    after = {"a": np.array([[3.0, 4.5]]), "b": np.ones((1, 2))}
    assert changes_of(before, after) == [0.1]


def test_repeated_labels() -> None:
    """Two of four neighbors; by chance (3/5)² + (2/5)²."""
    labels = np.array([0, 0, 1, 1, 0])
    assert repeated_labels(labels) == 1 / 2
    assert repeated_by_chance(labels) == pytest.approx(0.52)


def test_rows_of_every_class() -> None:
    """Also of a class with three images among 1000, and at most as many as allowed."""
    labels = np.array([0] * 700 + [1] * 297 + [2] * 3)
    rows = choose_rows(labels, 30)
    assert np.bincount(labels[rows]).tolist() == [10, 10, 3]
    assert len(set(rows.tolist())) == len(rows)
    assert len(choose_rows(np.arange(90), 30)) == 30


# The limits that a run does not show by itself.


def test_few_images_may_be_in_order_by_chance() -> None:
    """Six of two classes; a hundred are not."""
    few, many = np.repeat([0, 1], 3), np.repeat([0, 1], 50)
    assert not list(check_order(1, few, np.arange(6)))
    assert len(list(check_order(1, many, np.arange(100)))) == 1
    assert not list(check_order(1, many, np.random.default_rng(0).permutation(100)))


def test_classes_that_are_never_predicted() -> None:
    """A class with five images may be missed; of many classes the first ten are named."""
    names = "abcdefghijklm"
    labels = np.repeat(np.arange(len(names)), [6, 5, *[6] * 11])
    look = Look((0, 1), 1.0, 1.0, np.zeros(len(labels), int), [], [1.0])
    (finding,) = check_predicted(2, look, labels, names)
    assert finding.values == {"images": 77, "classes": "c, d, e, f, g, h, i, j, k, l, …"}
    assert not list(check_predicted(2, look._replace(predicted=labels), labels, names))


def record(training: float | None, validation: float | None) -> EpochRecord:
    """An epoch with these accuracies."""
    return EpochRecord(3, 0.1, training, 0.1, validation, 0.1, 1.0, 1.0)


@pytest.mark.parametrize(
    ("training", "validation", "n", "now", "expected"),
    [
        (1.0, 0.9, 5000, 1.0, ["overfitting"]),
        (1.0, 0.97, 5000, 1.0, []),
        (1.0, 0.9, 30, 1.0, []),  # of 30 images, 90 % may be 97 %
        (1.0, 0.1, 5000, 0.1, []),  # right only while it is trained on
        (None, None, 5000, 1.0, []),
    ],
)
def test_a_gap_is_more_than_uncertainty(
    training: float | None, validation: float | None, n: int, now: float, expected: list[str]
) -> None:
    """Between training and validation accuracy; both measured with the same weights."""
    found = check_gap(record(training, validation), n, lambda: now)
    assert [finding.kind for finding in found] == expected


def test_percents_are_never_rounded_up() -> None:
    """To all of the images, or over a limit."""
    (finding,) = check_end(record(0.8499, None))
    assert finding.message.startswith("At the end, only 84.9 % ")


# Runs.


@pytest.fixture(scope="module")
def part(mnist: Dataset) -> Dataset:
    """The first images of MNIST: 12,000 for training, 2,000 for validation, 100 for testing."""
    train, validation, test = (
        Split(split.images[:count], split.labels[:count])
        for split, count in (
            (mnist.train, 12_000),
            (mnist.validation, 2000),
            (mnist.test, 100),
        )
    )
    return replace(mnist, train=train, validation=validation, test=test)


def with_training(dataset: Dataset, rows: IntArray) -> Dataset:
    """Some of the training images, in an order."""
    images, labels = dataset.train.images[rows], dataset.train.labels[rows]
    return replace(dataset, train=Split(images, labels))


def sort(dataset: Dataset) -> Dataset:
    """The same images, class by class."""
    return with_training(dataset, np.argsort(dataset.train.labels, kind="stable"))


def keep_few_eights(dataset: Dataset) -> Dataset:
    """The same images with ten eights."""
    eights = np.flatnonzero(dataset.train.labels == 8)
    return with_training(dataset, np.delete(np.arange(len(dataset.train)), eights[10:]))


def keep_few(dataset: Dataset) -> Dataset:
    """A thousand images."""
    return with_training(dataset, np.arange(1000))


def findings_of(dataset: Dataset, **settings: Any) -> list[inkling.Finding]:
    """The findings of a run of two epochs."""
    doctor = Doctor()
    train(dataset, **{"epochs": 2, **settings}, callbacks=[doctor])
    return doctor.findings


DEEP = (60,) * 5
Change = Callable[[Dataset], Dataset]
MISTAKES: dict[str, tuple[dict[str, Any], Change | None]] = {
    "dead_units": ({"learning_rate": 0.5}, None),
    "saturated_units": ({"activation": "tanh", "learning_rate": 0.2}, None),
    "vanishing_gradients": ({"activation": "sigmoid", "hidden": DEEP, "epochs": 1}, None),
    "exploding_gradients": ({"initializer": "normal", "hidden": DEEP, "epochs": 1}, None),
    "large_updates": ({"optimizer": "sgd", "learning_rate": 5.0}, None),
    "small_updates": ({"learning_rate": 1e-6, "epochs": 1}, None),
    "high_first_loss": ({"initializer": "normal", "epochs": 1}, None),
    "unscaled_inputs": ({"input_range": (0, 255), "epochs": 1}, None),
    "sorted_labels": ({"shuffle": False, "epochs": 1}, sort),
    "overfitting": ({"epochs": 15}, keep_few),
    "underfitting": ({"hidden": (3,)}, None),
    "missing_class": ({"epochs": 1}, keep_few_eights),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_mistake_is_found(part: Dataset, kind: str) -> None:
    """On a part of MNIST; the message names the numbers, and the link the section that explains them."""
    settings, change = MISTAKES[kind]
    findings = findings_of(change(part) if change else part, **settings)
    found = {finding.kind: finding for finding in findings}
    assert kind in found
    assert len(findings) == len({(one.kind, one.values.get("layer")) for one in findings})
    assert "{" not in found[kind].message
    assert found[kind].link.endswith(f"#{kind.replace('_', '-')}")
    assert str(found[kind]).startswith(f"Epoch {found[kind].epoch}: {found[kind].message} ")
    assert found[kind].to_dict()["message"] == found[kind].message


@pytest.mark.parametrize("preset", [None, *PRESETS])
def test_nothing_is_found_without_a_mistake(
    part: Dataset, preset: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the defaults and the presets, on a part of MNIST, with fewer units, and for three epochs."""
    monkeypatch.setattr("inkling.training.run.fit_rejector", lambda model, *_, **__: model)
    settings = PRESETS[preset] if preset else TrainingSettings()
    hidden = tuple(min(units, 100) for units in settings.hidden)
    assert findings_of(part, **{**settings.to_dict(), "hidden": hidden, "epochs": 3}) == []


@pytest.mark.parametrize(
    ("story", "kind"),
    [
        ("good", None),
        ("learning_rate_too_large", "large_updates"),
        ("dead_relus", "dead_units"),
        ("sorted_labels", "sorted_labels"),
        ("sigmoid_squared_error", "underfitting"),
    ],
)
def test_the_stories_have_their_findings(part: Dataset, story: str, kind: str | None) -> None:
    """Those that the page offers to watch."""
    kinds = {finding.kind for finding in findings_of(part, **STORIES[story].to_dict())}
    assert kind in kinds if kind else not kinds


def test_other_networks_that_learn_well(part: Dataset) -> None:
    """No hidden layer, zero weights, tanh, sigmoid, dropout, no shuffling of images that are mixed."""
    for settings in (
        {"hidden": (), "initializer": "zeros"},
        {"activation": "tanh"},
        {"activation": "sigmoid"},
        {"dropout": 0.5},
        {"shuffle": False},
        {"optimizer": "sgd"},
    ):
        assert findings_of(part, **settings) == [], settings


@pytest.mark.parametrize("engine", ["numpy", "auto"])
def test_a_run_with_a_doctor_is_the_same_run(
    strokes: Dataset, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bit for bit, with dropout and changed images, and a look after every chunk."""
    settings: dict[str, Any] = {"hidden": (30,), "dropout": 0.3, "augment": "affine", "epochs": 3}
    alone = train(strokes, **settings, engine=engine)
    monkeypatch.setattr(module, "FIRST_LOOK", 1)
    monkeypatch.setattr(module, "GROWTH", 1)
    looked_at = train(strokes, **settings, engine=engine, callbacks=[Doctor()])
    for name, array in alone.model.network.parameters.items():
        np.testing.assert_array_equal(looked_at.model.network.parameters[name], array)
    assert looked_at.test_loss == alone.test_loss


class StopAfter(Callback):
    """Interrupts a run after an epoch, as Ctrl-C would."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def after_chunk(self, state: TrainingState) -> None:
        """Interrupts in the next one."""
        if state.epoch > self.epoch:
            raise KeyboardInterrupt


def test_when_it_looks(strokes: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the start, after 400 images, 1600, and at the end; a resumed run continues with that."""
    steps: list[int] = []

    def count(context: TrainingContext, rows: IntArray) -> Look:
        steps.append(context.optimizer.steps)
        return look_at(context, rows)

    monkeypatch.setattr(module, "FIRST_LOOK", 400)
    monkeypatch.setattr(module, "look_at", count)
    monkeypatch.setattr(module, "check_gap", lambda *_: ())
    settings: dict[str, Any] = {"hidden": (20,), "epochs": 10, "batch_size": 203}
    train(strokes, **settings, callbacks=[Doctor()])
    assert steps == [0, 2, 8, 10]
    steps.clear()
    with pytest.raises(KeyboardInterrupt):
        train(strokes, **settings, run=tmp_path / "r", callbacks=[Doctor(), StopAfter(4)])
    assert steps == [0, 2]
    train(strokes, run=tmp_path / "r", resume=True, callbacks=[Doctor()])
    assert steps == [0, 2, 8, 10]


def test_findings_are_passed_on_at_once(strokes: Dataset) -> None:
    """Each when it is made; a second run starts anew."""
    told: list[inkling.Finding] = []
    doctor = Doctor(told.append)
    settings: dict[str, Any] = {"input_range": (0, 255), "epochs": 1}
    train(strokes, **settings, callbacks=[doctor])
    assert told[0].kind == "unscaled_inputs"
    assert told == doctor.findings
    train(strokes, **settings, callbacks=[doctor])
    assert told == 2 * doctor.findings


def test_what_it_cannot_examine(strokes: Dataset) -> None:
    """The fit of an estimator; and it needs a function."""
    with pytest.raises(SettingError, match="found as a function"):
        Doctor(found="print")  # type: ignore[arg-type]
    pytest.importorskip("sklearn")
    images = strokes.train.images.reshape(len(strokes.train), -1) / 255
    estimator = inkling.MLPClassifier((5,), max_iter=1, callbacks=[Doctor()])
    with pytest.raises(SettingError, match=r"a run of inkling\.train"):
        estimator.fit(images, strokes.train.labels)
