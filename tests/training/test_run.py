"""A whole run in one call: what fixes it, what cannot influence it, and what it returns."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from inkling._types import ByteArray
from inkling.data.dataset import Dataset
from inkling.data.split import Split
from inkling.errors import DataError, DivergenceError, RunError, SettingError
from inkling.model.evaluate import Answer
from inkling.model.metrics import wilson_interval
from inkling.model.model import Model
from inkling.nn.losses import CrossEntropy
from inkling.training import run
from inkling.training.callbacks import Callback
from inkling.training.engine.threads import _blas_libraries
from inkling.training.history import EpochRecord
from inkling.training.result import TrainingResult
from inkling.training.run import train
from inkling.training.run_directory import RunDirectory
from inkling.training.set_up import set_up
from inkling.training.settings import TrainingSettings
from inkling.training.state import TrainingState

SMALL: dict[str, Any] = {"hidden": (13,), "batch_size": 32, "epochs": 3}


def weights(result: TrainingResult) -> dict[str, bytes]:
    """Every bit of the network."""
    return {name: array.tobytes() for name, array in result.model.network.parameters.items()}


def figures(result: TrainingResult) -> list[EpochRecord]:
    """The history without what depends on the clock."""
    return [replace(record, seconds=0.0, images_per_second=0.0) for record in result.history]


def with_split(dataset: Dataset, name: str, split: Split) -> Dataset:
    """The data set with one split replaced."""
    return replace(dataset, **{name: split})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [{}, {"dropout": 0.4}, {"dtype": "float64", "optimizer": "momentum"}, {"engine": "numpy"}],
)
def test_one_seed_fixes_every_bit(strokes: Dataset, changes: dict[str, Any]) -> None:
    """Weights, history and probabilities; a draw from NumPy's global generator changes nothing."""
    first = train(strokes, **SMALL, **changes, seed=3)
    np.random.random(7)  # noqa: NPY002 (of other code)
    second = train(strokes, **SMALL, **changes, seed=3)
    assert weights(first) == weights(second)
    assert figures(first) == figures(second)
    assert first.test_probabilities.tobytes() == second.test_probabilities.tobytes()


@pytest.mark.parametrize("threads", [1, 2])
def test_the_end_of_a_run_has_the_threads_of_the_run(
    strokes: Dataset, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    """Temperature, rejector and test set too: their last digits depend on the number of threads."""
    found: list[int] = []
    for name in ("calibrate_model", "fit_rejector"):
        function = getattr(run, name)

        def watched(*args: Any, function: Any = function, **more: Any) -> Any:
            found.extend(library.num_threads for library in _blas_libraries())
            return function(*args, **more)

        monkeypatch.setattr(run, name, watched)
    answer_batch = Model.answer_batch

    def answer(model: Model, images: ByteArray) -> Answer:
        found.extend(library.num_threads for library in _blas_libraries())
        return answer_batch(model, images)

    monkeypatch.setattr(Model, "answer_batch", answer)
    with threadpool_limits(3 - threads, user_api="blas"):  # as OMP_NUM_THREADS would set
        train(strokes, **SMALL, engine="numpy", augment="affine", threads=threads)
    assert len(found) >= 3
    assert set(found) == {threads}


def test_another_seed_is_another_run(strokes: Dataset) -> None:
    """In its first weights, in its orders and in its dropout, each by itself."""
    runs_set_up = [
        set_up(strokes, TrainingSettings(hidden=(13,), dropout=0.5, seed=seed))
        for seed in (0, 1, 2)
    ]
    contexts = [parts.state.context for parts in runs_set_up]
    first = {context.network.parameters["dense1.weights"].tobytes() for context in contexts}
    dropout = {context.dropout_rng.random() for context in contexts if context.dropout_rng}
    orders = {parts.sampler.next().tobytes() for parts in runs_set_up}
    assert len(first) == len(dropout) == len(orders) == 3
    runs = [train(strokes, **SMALL, seed=seed) for seed in (0, 1)]
    assert figures(runs[0]) != figures(runs[1])


def test_dropout_moves_neither_the_first_weights_nor_the_orders(strokes: Dataset) -> None:
    """Each purpose has a generator of its own, so that runs can be compared."""
    settings = TrainingSettings(hidden=(13,), seed=5)
    plain, dropped = (set_up(strokes, replace(settings, dropout=rate)) for rate in (0.0, 0.5))
    for name, parameter in plain.state.context.network.parameters.items():
        np.testing.assert_array_equal(parameter, dropped.state.context.network.parameters[name])
    np.testing.assert_array_equal(plain.sampler.next(), dropped.sampler.next())
    assert plain.state.context.dropout_rng is None


def test_poison_in_the_test_set_reaches_nothing_but_the_result(strokes: Dataset) -> None:
    """Wrong labels, other images: the same weights and the same history, another test accuracy."""
    test = strokes.test
    plain = train(strokes, **SMALL, patience=2)
    for poisoned in (
        Split(test.images, (test.labels + 1) % 10),
        Split(255 - test.images, test.labels),
        test.take(np.arange(7)),
    ):
        result = train(with_split(strokes, "test", poisoned), **SMALL, patience=2)
        assert weights(result) == weights(plain)
        assert figures(result) == figures(plain)
        assert result.test_loss != plain.test_loss


def test_poison_in_the_validation_set_does_not_reach_the_weights(strokes: Dataset) -> None:
    """Without early stopping validation only watches: as good, as wrong or absent."""
    held_out = strokes.validation
    plain = train(strokes, **SMALL)
    wrong = Split(held_out.images, (held_out.labels + 1) % 10)
    poisoned = train(with_split(strokes, "validation", wrong), **SMALL)
    without = train(with_split(strokes, "validation", held_out.take(np.arange(0))), **SMALL)
    assert weights(poisoned) == weights(plain) == weights(without)
    assert poisoned.history.column("validation_loss") != plain.history.column("validation_loss")
    assert without.history.column("validation_loss") == [None] * 3
    assert without.history.column("train_loss") == plain.history.column("train_loss")


def test_the_result_is_that_of_the_model(strokes: Dataset) -> None:
    """Accuracy, interval, loss and probabilities are those of the model on the test set."""
    result = train(strokes, **SMALL)
    said = result.model.predict_proba(strokes.test.images)
    np.testing.assert_array_equal(result.test_probabilities, said)
    right = int((said.argmax(axis=1) == strokes.test.labels).sum())
    assert result.test_accuracy == right / 53
    assert result.test_interval == wilson_interval(right, 53)
    assert result.test_loss == pytest.approx(CrossEntropy().value(said, strokes.test.labels))
    assert result.train_seconds == pytest.approx(sum(result.history.column("seconds")))
    assert result.images_per_second == pytest.approx(3 * 203 / result.train_seconds)
    assert result.dataset is strokes
    assert result.run is None
    assert result.model.classes == strokes.classes


def test_early_stopping_keeps_the_best_weights(
    strokes: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With given validation losses: the weights are those of a run of three epochs."""
    settings = TrainingSettings(hidden=(13,), batch_size=32, schedule="constant", dropout=0.3)
    expected = train(strokes, settings, epochs=3)
    losses = iter([5, 4, 3, 3.5, 3.2, 9, 9])
    record = TrainingState.evaluate_and_record

    def scripted(state: TrainingState) -> EpochRecord:
        return replace(record(state), validation_loss=next(losses))

    monkeypatch.setattr(TrainingState, "evaluate_and_record", scripted)
    result = train(strokes, settings, epochs=7, patience=2)
    assert len(result.history) == 5
    assert weights(result) == weights(expected)
    assert result.test_loss == expected.test_loss
    assert result.model.manifest["results"]["best_epoch"] == 3


def test_patience_needs_something_to_wait_for(strokes: Dataset, tmp_path: Path) -> None:
    """Said before anything is written."""
    dataset = with_split(strokes, "validation", strokes.validation.take(np.arange(0)))
    with pytest.raises(SettingError, match=r"expected a validation set, which patience needs, got"):
        train(dataset, patience=2, run=tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_test_set_is_needed(strokes: Dataset, tmp_path: Path) -> None:
    """Three images leave none to test on; said before they are trained on for nothing."""
    dataset = with_split(strokes, "test", strokes.test.take(np.arange(0)))
    with pytest.raises(DataError, match=r"at least one test image, got none in strokes with 203"):
        train(dataset, run=tmp_path / "run")
    zeros = Split(strokes.train.images, np.zeros_like(strokes.train.labels))
    one = replace(strokes, train=zeros, validation=zeros, test=zeros, classes=("0",))
    with pytest.raises(DataError, match="at least two classes, got 1 in strokes"):
        train(one, output="sigmoid", run=tmp_path / "run")
    dataset = with_split(strokes, "train", strokes.train.take(np.arange(0)))
    with pytest.raises(DataError, match=r"at least one training image, got none in strokes"):
        train(dataset, run=tmp_path / "run")
    dataset = with_split(strokes, "train", strokes.train.take(np.full(5, 3)))
    name = strokes.classes[strokes.train.labels[3]]
    with pytest.raises(DataError, match=rf"images of at least two classes, got only '{name}'"):
        train(dataset, run=tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_sigmoid_outputs_learn(strokes: Dataset) -> None:
    """By default with a loss by which they do not all rise to 1."""
    result = train(strokes, **(SMALL | {"epochs": 20}), output="sigmoid")
    guesses = np.bincount(strokes.test.labels).max() / len(strokes.test)
    assert result.test_accuracy > 2 * guesses
    assert np.median(result.test_probabilities) < 0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"settings": 3}, "train: expected settings of type .* or None, got 3; give .* epochs=3"),
        (
            {"settings": {"epochs": 3}},
            "expected settings of type TrainingSettings or None, got dict",
        ),
        ({"run": 5}, "train: expected run of type str or Path or None, got 5"),
        ({"run": ""}, "train: expected run as the path of a directory, got ''"),
        ({"callbacks": 3}, r"callbacks of type Iterable, got 3; pass a list of inkling.Callback"),
        ({"callbacks": Callback()}, "expected callbacks of type Iterable, got Callback"),
        ({"callbacks": [Callback]}, "expected a callback of type Callback, got the class Callback"),
        ({"callbacks": (3 for _ in "a")}, "expected a callback of type Callback, got 3"),
    ],
)
def test_other_types_are_named(
    arguments: dict[str, Any],
    message: str,
    strokes: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In one sentence, before anything is written."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingError, match=message):
        train(strokes, **{"run": "run", **arguments})
    assert list(tmp_path.iterdir()) == []


def test_callbacks_may_be_any_iterable(strokes: Dataset) -> None:
    """Those of a generator are called too."""
    epochs: list[int] = []

    class Count(Callback):
        def after_epoch(self, state: TrainingState, record: EpochRecord) -> None:  # noqa: ARG002
            epochs.append(record.epoch)

    train(strokes, **SMALL, callbacks=(Count() for _ in "a"))  # type: ignore[arg-type]
    assert epochs == [1, 2, 3]


def test_settings_and_changes(strokes: Dataset) -> None:
    """Changes win over the settings; a setting that does not exist is named, with the right one."""
    settings = TrainingSettings(hidden=(13,), epochs=1, seed=8)
    recorded = train(strokes, settings, epochs=2).model.manifest["settings"]
    assert recorded == {**settings.to_dict(), "epochs": 2}
    with pytest.raises(SettingError, match=r"got 'hiden'; did you mean 'hidden'\?$"):
        train(strokes, hiden=(13,))


@pytest.mark.parametrize(
    ("arguments", "got"),
    [
        ({}, "no run directory"),
        ({"run": "r", "epochs": 5}, "settings"),
        ({"run": "r", "settings": TrainingSettings()}, "settings"),
    ],
)
def test_a_resumed_run_takes_no_settings(
    strokes: Dataset, arguments: dict[str, Any], got: str
) -> None:
    """It would be another run; and without a directory there is none."""
    with pytest.raises(SettingError, match=f"run directory and no settings.*, got {got}"):
        train(strokes, resume=True, **arguments)


def test_a_path_is_loaded(strokes_file: Path, tmp_path: Path) -> None:
    """What load_dataset takes; the manifest has its path."""
    result = train(strokes_file, hidden=(5,), epochs=1, run=tmp_path)
    assert result.dataset.name == "strokes.npz"
    assert result.model.manifest["dataset"]["source"] == str(strokes_file)


def test_divergence_leaves_nothing_broken(strokes: Dataset, tmp_path: Path) -> None:
    """No model, no half file; the status is "diverged", and the run cannot be resumed."""

    class Spoil(Callback):
        def after_epoch(self, state: TrainingState, record: EpochRecord) -> None:
            if record.epoch == 2:
                state.context.network.parameters["dense1.weights"][...] = np.nan

    message = r"^training diverged: the loss is nan in epoch 3, step 1, after a step at "
    with pytest.raises(DivergenceError, match=message):
        train(strokes, **SMALL, run=tmp_path, callbacks=[Spoil()])
    names = {file.name for file in tmp_path.iterdir()}
    assert names == {"manifest.json", "history.csv", "checkpoint"}
    assert json.loads((tmp_path / "manifest.json").read_text())["status"] == "diverged"
    message = (
        r"diverged, and would do so again; .* learning_rate than 0\.005, or with clip_norm=1\.$"
    )
    with pytest.raises(RunError, match=message):
        train(strokes, run=tmp_path, resume=True)


def test_the_data_are_not_changed(strokes: Dataset) -> None:
    """Read-only images and labels are enough."""
    for split in (strokes.train, strokes.validation, strokes.test):
        split.images.setflags(write=False)
        split.labels.setflags(write=False)
    train(strokes, **SMALL, dropout=0.5, patience=1)


def test_reads_mnist(mnist: Dataset) -> None:
    """One epoch with the defaults: 95 of 100 test images and more."""
    result = train(mnist, epochs=1)
    assert result.test_accuracy > 0.95
    assert result.test_interval[0] > 0.94
    assert len(result.dataset.train) == 55_000


def test_numpy_numbers_are_settings_too(strokes: Dataset, tmp_path: Path) -> None:
    """A loop over np.arange and np.logspace gives such numbers; the manifest stores plain ones."""
    rate = np.float32(0.01)
    numbers: dict[str, Any] = {
        "seed": np.int64(3),
        "hidden": (np.int32(5),),
        "threads": np.int64(1),
    }
    result = train(strokes, **numbers, learning_rate=rate, epochs=1, run=tmp_path)
    stored = RunDirectory(tmp_path).read_manifest()
    assert (stored["seed"], stored["threads"], stored["settings"]["hidden"]) == (3, 1, [5])
    assert stored["settings"]["learning_rate"] == float(rate)
    assert stored == result.model.manifest
