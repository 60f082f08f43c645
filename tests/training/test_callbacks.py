"""Those who watch a run: what they are told, in which order, and that the end is always told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inkling.data.dataset import Dataset
from inkling.training.callbacks import Callback, Progress, RunInfo
from inkling.training.history import EpochRecord
from inkling.training.run import train

SMALL: dict[str, Any] = {"hidden": (5,), "batch_size": 50, "epochs": 2}


class Diary(Callback):
    """Writes down what it is told; ``trouble`` is raised at the word given."""

    def __init__(
        self, trouble: str = "", error: BaseException | None = None, said: list[str] | None = None
    ) -> None:
        self.said = [] if said is None else said
        self.trouble, self.error = trouble, error
        self.plan: RunInfo | None = None
        self.records: list[EpochRecord] = []
        self.files: list[set[str]] = []

    def note(self, word: str) -> None:
        """Writes a word."""
        self.said.append(word)
        if word == self.trouble and self.error is not None:
            raise self.error

    def on_start(self, plan: RunInfo) -> None:
        """Notes the beginning."""
        self.plan = plan
        self.note("start")

    def on_progress(self, progress: Progress) -> None:
        """Notes how far it is."""
        self.note(f"{progress.epoch}: {progress.images}")

    def on_epoch(self, record: EpochRecord) -> None:
        """Notes an epoch."""
        self.records.append(record)
        self.note(f"epoch {record.epoch}")

    def on_end(self) -> None:
        """Notes the end."""
        self.note("end")


def test_told_in_order(strokes: Dataset) -> None:
    """The plan, then progress and record of each epoch, then the end."""
    diary = Diary()
    result = train(strokes, **SMALL, callbacks=[diary])
    assert diary.said == ["start", "1: 203", "epoch 1", "2: 203", "epoch 2", "end"]
    assert diary.records == list(result.history)
    text = "Network(784 → 5 relu → 10 softmax; 3,985 parameters, float32)"
    # ε = 0.1, C = 10: −0.91 ln 0.91 − 9 · 0.01 ln 0.01 = 0.0858 + 0.4145
    remark = "labels smoothed by 0.1: the loss cannot fall below 0.50"
    assert diary.plan == RunInfo(2, first_epoch=1, images=203, network=text, remark=remark)


def test_several_are_told_one_after_the_other(strokes: Dataset) -> None:
    """In the order in which they were given."""
    first, second = Diary(), Diary()
    first.said = second.said = []
    train(strokes, **SMALL, callbacks=[first, second])
    assert first.said[:2] == ["start", "start"]
    assert first.said == [word for word in first.said[::2] for _ in range(2)]


@pytest.mark.parametrize("moment", ["1: 203", "epoch 1", "epoch 2"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError("no"), SystemExit])
def test_the_end_is_told_whatever_happens(strokes: Dataset, moment: str, error: Any) -> None:
    """Ctrl-C and errors go on to the caller, and every watcher closes before."""
    bystander, culprit = Diary(), Diary(moment, error)
    with pytest.raises(BaseException) as raised:  # noqa: PT011 (three kinds)
        train(strokes, **SMALL, callbacks=[bystander, culprit])
    assert raised.value is error or isinstance(raised.value, error)
    assert culprit.said[-2:] == [moment, "end"]
    assert bystander.said[-2:] == [moment, "end"]


def test_the_end_is_told_of_divergence(strokes: Dataset) -> None:
    """So that a progress bar is gone before the sentence about it is printed."""
    diary = Diary()
    with pytest.raises(ArithmeticError):
        train(strokes, **SMALL, optimizer="sgd", learning_rate=1e9, callbacks=[diary])
    assert diary.said[-1] == "end"


def test_who_could_not_start_is_not_ended(strokes: Dataset) -> None:
    """Those before it are, in their order."""
    first, second, third = Diary(), Diary("start", ValueError("no terminal")), Diary()
    with pytest.raises(ValueError, match=r"^no terminal$"):
        train(strokes, **SMALL, callbacks=[first, second, third])
    assert (first.said, second.said, third.said) == (["start", "end"], ["start"], [])


def test_an_epoch_is_told_when_its_checkpoint_is_safe(strokes: Dataset, tmp_path: Path) -> None:
    """Whoever pulls the plug on seeing "epoch 1" finds epoch 1 again."""
    seen: list[tuple[bool, int]] = []

    class Looking(Callback):
        def on_epoch(self, record: EpochRecord) -> None:
            lines = (tmp_path / "history.csv").read_text().count("\n")
            seen.append(((tmp_path / "checkpoint").is_file(), lines - record.epoch))

    train(strokes, **SMALL, run=tmp_path, callbacks=[Looking()])
    assert seen == [(True, 1), (True, 1)]


def test_nobody_is_told_where_nothing_is_left_to_train(
    strokes: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that was killed after its last epoch is only finished."""
    from inkling.training import run

    with monkeypatch.context() as patch:
        patch.setattr(run, "_finish", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            train(strokes, **SMALL, run=tmp_path)
    diary = Diary()
    assert len(train(strokes, run=tmp_path, resume=True, callbacks=[diary]).history) == 2
    assert diary.said == []


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.on_start(RunInfo(1, 1, 5, "n")),
        lambda c: c.on_progress(Progress(1, 5, 0.5, None, 9.0)),
        lambda c: c.on_epoch(EpochRecord(1, 0.5, None, None, None, 0.1, 1.0, 5.0)),
        lambda c: c.on_end(),
    ],
)
def test_a_callback_may_leave_out_what_it_does_not_need(call: Callable[[Callback], None]) -> None:
    """Every method of the base does nothing."""
    assert call(Callback()) is None  # type: ignore[func-returns-value]
