"""The progress of a run for people: lines in a file, a bar in a terminal, and neither changes a run."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from rich.console import Console

from inkling.training.engine.context import EpochSums, TrainingContext
from inkling.training.history import EpochRecord
from inkling.training.progress import PlainLines, ProgressBar, line_of, progress_display
from inkling.training.state import RunInfo, TrainingState

MakeTask = Callable[..., TrainingContext]
FIRST = EpochRecord(1, 0.5, 0.75, 0.625, 0.7, 0.1, 2.0, 1500.0)
SECOND = EpochRecord(2, 0.25, None, None, None, 0.1, 4.0, 750.0)


def window() -> Console:
    """A terminal of 100 columns that keeps what it is sent."""
    return Console(file=io.StringIO(), force_terminal=True, width=100, highlight=False)


def sent(console: Console) -> str:
    """What the terminal was sent."""
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def state_at(task: TrainingContext, epoch: int, images: int) -> TrainingState:
    """The state within an epoch: a mean loss of 0.9, half the images correct, 1,234 per second."""
    sums = EpochSums(0.9 * images, images, images // 2, images)
    return TrainingState(task, 4, epoch=epoch, sums=sums, seconds=images / 1234)


def test_plain_lines(capsys: pytest.CaptureFixture[str], make_task: MakeTask) -> None:
    """One per epoch, with the time left by the mean of the epochs so far."""
    lines, state = PlainLines(), state_at(make_task(), 1, 1000)
    lines.before_run(RunInfo(12, 1, 3000, "Network(a → b)", "a note"))
    lines.after_chunk(state)
    lines.after_epoch(state, FIRST)
    lines.after_epoch(state, SECOND)
    lines.after_run()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "Network(a → b)",
        "a note",
        "epoch  1/12  loss 0.5000  accuracy 75.00 %  validation 70.00 %  1,500 images/s  22 s left",
        "epoch  2/12  loss 0.2500  750 images/s  30 s left",
    ]


def test_regression_shows_the_validation_loss() -> None:
    """It has no accuracy."""
    record = EpochRecord(1, 0.5, None, 0.625, None, 0.1, 2.0, 1500.0)
    assert "validation loss 0.6250" in line_of(record, 1)


def test_the_display_suits_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bar in a terminal, lines in a file."""
    assert isinstance(progress_display(), PlainLines)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert isinstance(progress_display(), ProgressBar)


def test_a_bar(make_task: MakeTask) -> None:
    """Loss, accuracy, speed and time left; epochs stay above it; at the end it is gone."""
    console, task = window(), make_task()
    bar = ProgressBar(console)
    bar.before_run(RunInfo(2, 1, 3000, "Network(a → b)", "a note"))
    bar.after_chunk(state_at(task, 1, 1000))
    bar._bar.refresh()
    assert "epoch 1/2" in sent(console)
    assert "loss 0.9000  accuracy 50.00 %  1,234 images/s" in sent(console)
    bar.after_epoch(state_at(task, 1, 3000), FIRST)
    bar.after_run()
    assert "a note\n" in sent(console)
    assert f"{line_of(FIRST, 2)}\n" in sent(console)
    assert sent(console).rstrip().endswith("\x1b[2K")  # the line of the bar is erased


@pytest.mark.parametrize("first_epoch", [1, 3])
def test_the_bar_is_full_at_the_end(make_task: MakeTask, first_epoch: int) -> None:
    """In a resumed run it starts empty and is full after the remaining epochs."""
    bar = ProgressBar(window())
    bar.before_run(RunInfo(4, first_epoch, 1000, ""))
    assert bar._bar.tasks[0].percentage == 0
    for epoch in range(first_epoch, 5):
        bar.after_chunk(state_at(make_task(), epoch, 1000))
    assert bar._bar.tasks[0].percentage == 100
    bar.after_run()
