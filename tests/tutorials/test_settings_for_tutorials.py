"""The settings that the tutorials needed: scaling, order, first scale, watching, lost rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inkling.data.dataset import Dataset
from inkling.data.samplers import SequentialSampler
from inkling.data.scaling import PixelScaling
from inkling.errors import SettingError
from inkling.training.callbacks import Callback
from inkling.training.history import EpochRecord
from inkling.training.run import train
from inkling.training.settings import TrainingSettings
from inkling.tutorials.recipes import PRESETS

Load = Callable[[int | None], Dataset]
QUICK = TrainingSettings(hidden=(7,), epochs=2, optimizer="sgd", learning_rate=0.1)


def test_a_range_takes_paper_and_ink_to_its_two_ends() -> None:
    """0 to low, 255 to high, and straight in between."""
    scaled = PixelScaling.to_range(-3, 2)(np.array([[0, 51, 255]], dtype=np.uint8))
    np.testing.assert_allclose(scaled, [[-3, -2, 2]], rtol=1e-6)
    assert PixelScaling.to_range(0.0, 1.0) == PixelScaling()


def test_the_model_keeps_the_range_it_was_trained_with(small: Load) -> None:
    """So that it meets the same inputs wherever it goes."""
    result = train(small(None), QUICK, input_range=(-1.0, 1.0))
    assert result.model.scaling == PixelScaling(2 / 255, -1.0)


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (2.0, -2.0)])
def test_a_range_that_is_none_is_refused(low: float, high: float) -> None:
    """Its low end must lie below its high end."""
    with pytest.raises(SettingError) as error:
        TrainingSettings(input_range=(low, high))
    assert str(error.value) == (
        f"training: expected input_range's low end in (−∞, {high:g}), got {low}."
    )


def test_the_initial_scale_multiplies_weights_and_biases() -> None:
    """A hundredth of the same numbers."""
    plain = TrainingSettings(hidden=(5,), initializer="normal", bias_initializer="uniform")
    whole, hundredth = (
        replace(plain, initial_scale=scale).build_network(7, 3, np.random.default_rng(0))
        for scale in (1.0, 0.01)
    )
    for name, array in whole.parameters.items():
        assert np.abs(array).min() > 0
        np.testing.assert_allclose(hundredth.parameters[name], array * 0.01, rtol=1e-6)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("inf")])
def test_an_initial_scale_that_is_no_scale_is_refused(scale: float) -> None:
    """It lies above 0."""
    with pytest.raises(SettingError) as error:
        TrainingSettings(initial_scale=scale)
    assert str(error.value) == f"training: expected initial_scale in (0, ∞), got {scale}."


def test_without_shuffling_the_order_is_that_of_the_file(
    small: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every epoch 0, 1, 2 …; with shuffling nothing of the kind."""
    asked: list[int] = []

    class Counted(SequentialSampler):
        def __init__(self, n_samples: int) -> None:
            asked.append(n_samples)
            super().__init__(n_samples)

    monkeypatch.setattr("inkling.training.set_up.SequentialSampler", Counted)
    dataset = small(None)
    train(dataset, QUICK, shuffle=True)
    assert asked == []
    train(dataset, QUICK, shuffle=False)
    assert asked == [len(dataset.train)]


def test_the_first_rows_are_dropped_and_nothing_else() -> None:
    """Exactly the first of the training and of the test set."""
    rng = np.random.default_rng(3)

    def split(n: int) -> object:
        from inkling.data.split import Split

        return Split(rng.integers(0, 255, (n, 3, 5), dtype=np.uint8), rng.integers(0, 3, n))

    whole = Dataset("x", ("a", "b", "c"), split(7), split(5), split(9), "sum", "here")  # type: ignore[arg-type]
    left = whole.without_first(1)
    for name in ("train", "test"):
        before, after = getattr(whole, name), getattr(left, name)
        np.testing.assert_array_equal(after.images, before.images[1:])
        np.testing.assert_array_equal(after.labels, before.labels[1:])
    assert left.validation is whole.validation
    assert (left.name, left.classes, left.sha256, left.source) == (
        "x",
        ("a", "b", "c"),
        "sum",
        "here",
    )
    assert whole.without_first(0) is whole
    assert len(whole.without_first(6).train) == 1
    with pytest.raises(SettingError) as error:
        whole.without_first(7)
    assert str(error.value) == "Dataset: expected count as a whole number in [0, 6], got 7."


def test_records_of_a_watched_test_set_say_so_in_every_form(small: Load, tmp_path: Path) -> None:
    """Columns of their own in the history, none where the test set stays closed."""
    dataset = small(0)
    watched = train(dataset, QUICK, watch_test=True, run=tmp_path / "watched")
    last = watched.history[-1]
    assert last.validation_accuracy is None
    assert last.test_accuracy == watched.test_accuracy
    assert last.test_loss == pytest.approx(watched.test_loss)
    assert watched.test_watched
    assert watched.model.manifest["results"]["test_watched"] is True
    head = (tmp_path / "watched" / "history.csv").read_text().splitlines()[0]
    assert head.endswith(",test_loss,test_accuracy")
    unseen = train(dataset, QUICK, run=tmp_path / "unseen")
    assert unseen.history[-1].test_accuracy is None
    assert not unseen.test_watched
    assert "test" not in (tmp_path / "unseen" / "history.csv").read_text()
    for name, array in watched.model.network.parameters.items():  # watching changes no weight
        np.testing.assert_array_equal(array, unseen.model.network.parameters[name])


def test_a_reported_loss_must_suit_the_output() -> None:
    """As the one that is trained with must."""
    with pytest.raises(SettingError) as error:
        TrainingSettings(output="identity", loss="squared_error", reported_loss="cross_entropy")
    assert str(error.value) == (
        "CrossEntropy: expected outputs in [0, 1], got identity, whose outputs lie in (−∞, ∞); use "
        "softmax or sigmoid, or the loss squared_error."
    )


class Interrupt(Callback):
    """Ctrl-C after the first epoch."""

    def on_epoch(self, record: EpochRecord) -> None:
        """Interrupts."""
        if record.epoch == 1:
            raise KeyboardInterrupt


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_an_interrupted_preset_goes_on_as_if_it_had_not_been(
    name: str, small: Load, tmp_path: Path
) -> None:
    """The resumed run drops the same rows, keeps the order and ends with the same weights."""
    preset = PRESETS[name]
    dataset, settings = small(preset.validation), replace(preset.settings, epochs=2)
    whole = train(dataset, settings)
    with pytest.raises(KeyboardInterrupt):
        train(dataset, settings, run=tmp_path / "run", callbacks=[Interrupt()])
    resumed = train(dataset, run=tmp_path / "run", resume=True)
    for parameter, array in whole.model.network.parameters.items():
        np.testing.assert_array_equal(array, resumed.model.network.parameters[parameter])
    assert resumed.test_watched == whole.test_watched
    assert len(resumed.dataset.train) == len(whole.dataset.train)
