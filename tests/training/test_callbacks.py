"""Callbacks: what they are called with, in which order, and that after_run always comes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from inkling.data.dataset import Dataset
from inkling.training import loop
from inkling.training.callbacks import Callback
from inkling.training.history import EpochRecord
from inkling.training.run import train
from inkling.training.settings import TrainingSettings
from inkling.training.state import RunInfo, TrainingState

SMALL: dict[str, Any] = {"hidden": (5,), "batch_size": 50, "epochs": 2}


class Diary(Callback):
    """Notes every call; at ``moment`` it raises an error, or ends the run if there is none."""

    def __init__(self, moment: str = "", error: BaseException | type[BaseException] | None = None):
        self.notes: list[str] = []
        self.moment, self.error = moment, error
        self.info: RunInfo | None = None
        self.records: list[EpochRecord] = []

    def note(self, word: str) -> bool:
        """Notes a word."""
        self.notes.append(word)
        if word == self.moment and self.error is not None:
            raise self.error
        return word == self.moment

    def before_run(self, info: RunInfo) -> None:
        """Notes the beginning."""
        self.info = info
        self.note("before")

    def after_chunk(self, state: TrainingState) -> bool:
        """Notes how far the epoch is."""
        return self.note(f"{state.progress.epoch}: {state.progress.images}")

    def after_epoch(self, state: TrainingState, record: EpochRecord) -> bool:
        """Notes an epoch."""
        assert state.history[-1] is record
        self.records.append(record)
        return self.note(f"epoch {record.epoch}")

    def after_run(self) -> None:
        """Notes the end."""
        self.note("after")


def test_called_in_order(strokes: Dataset) -> None:
    """Before the run, then per chunk and per epoch, then after the run."""
    diary = Diary()
    result = train(strokes, **SMALL, callbacks=[diary, Callback()])
    assert diary.notes == ["before", "1: 203", "epoch 1", "2: 203", "epoch 2", "after"]
    assert diary.records == list(result.history)
    text = "Network(784 → 5 relu → 10 softmax; 3,985 parameters, float32)"
    # ε = 0.1, C = 10: −0.91 ln 0.91 − 9 · 0.01 ln 0.01 = 0.0858 + 0.4145
    note = "labels smoothed by 0.1: the loss cannot fall below 0.50"
    assert diary.info == RunInfo(2, 1, 203, text, note, strokes, TrainingSettings(**SMALL))


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"output": "sigmoid"}, ""),
        (
            {"label_smoothing": 0.0, "initializer": "zeros"},
            "all weights start at 0: units of a layer stay equal, and hardly learn",
        ),
        ({"label_smoothing": 0.0, "initializer": "zeros", "hidden": ()}, ""),
    ],
)
def test_notes_on_the_settings(strokes: Dataset, changes: dict[str, Any], note: str) -> None:
    """What a user should know of these settings, and nothing that does not hold for them."""
    diary = Diary()
    train(strokes, **(SMALL | changes), callbacks=[diary])
    assert diary.info is not None
    assert diary.info.note == note


def test_true_after_an_epoch_ends_the_run(strokes: Dataset) -> None:
    """The other callbacks still see the epoch; the model is tested as usual."""
    ending, other = Diary("epoch 2"), Diary()
    result = train(strokes, **(SMALL | {"epochs": 5}), callbacks=[ending, other])
    assert len(result.history) == 2
    assert other.notes[-2:] == ["epoch 2", "after"]
    assert result.model.manifest["results"]["epochs"] == 2


def test_true_after_a_chunk_ends_the_epoch_too(
    strokes: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its record covers what was trained on."""
    monkeypatch.setattr(loop, "CHUNK", 50)
    diary = Diary("2: 100")
    result = train(strokes, **SMALL, callbacks=[diary])
    assert diary.notes[-3:] == ["2: 100", "epoch 2", "after"]
    assert result.history[1].train_accuracy * 100 == pytest.approx(  # of 100 images
        round(result.history[1].train_accuracy * 100)
    )


@pytest.mark.parametrize("moment", ["1: 203", "epoch 2"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError("no")])
def test_after_run_comes_whatever_happens(strokes: Dataset, moment: str, error: Any) -> None:
    """Ctrl-C and errors go on to the caller, after every callback was closed."""
    bystander, culprit = Diary(), Diary(moment, error)
    with pytest.raises((KeyboardInterrupt, ValueError)):
        train(strokes, **SMALL, callbacks=[bystander, culprit])
    assert culprit.notes[-2:] == bystander.notes[-2:] == [moment, "after"]


def test_what_could_not_start_is_not_ended(strokes: Dataset) -> None:
    """Only the callbacks before it are."""
    first, second, third = Diary(), Diary("before", ValueError("no terminal")), Diary()
    with pytest.raises(ValueError, match=r"^no terminal$"):
        train(strokes, **SMALL, callbacks=[first, second, third])
    assert (first.notes, second.notes, third.notes) == (["before", "after"], ["before"], [])


def test_an_epoch_is_seen_when_its_checkpoint_is_safe(strokes: Dataset, tmp_path: Path) -> None:
    """If the process is killed now, the run resumes after this epoch."""
    lines: list[int] = []

    class Looking(Callback):
        def after_epoch(self, state: TrainingState, record: EpochRecord) -> None:  # noqa: ARG002
            assert (tmp_path / "checkpoint").is_file()
            lines.append((tmp_path / "history.csv").read_text().count("\n"))

    train(strokes, **SMALL, run=tmp_path, callbacks=[Looking()])
    assert lines == [2, 3]
