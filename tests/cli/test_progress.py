"""Progress for people: lines in a file, a bar in a terminal, and both only watch."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from rich.console import Console

from inkling.cli import progress
from inkling.cli.progress import DownloadBar, LiveBar, PlainLines, training_watcher
from inkling.data.dataset import Dataset
from inkling.training.callbacks import Callback, Progress, RunInfo
from inkling.training.history import EpochRecord
from inkling.training.run import train

FIRST = EpochRecord(1, 0.5, 0.75, 0.625, 0.7, 0.1, 2.0, 1500.0)
SECOND = EpochRecord(2, 0.25, None, None, None, 0.1, 4.0, 750.0)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What a terminal of 100 columns would be sent."""
    sent = io.StringIO()
    window = Console(file=sent, force_terminal=True, width=100, highlight=False, soft_wrap=True)
    monkeypatch.setattr(progress, "console", lambda: window)
    return sent


def test_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """One an epoch, with the time left by the mean of the epochs so far."""
    watcher = PlainLines()
    watcher.on_start(RunInfo(12, 1, 3000, "Network(a → b)"))
    watcher.on_progress(Progress(1, 1000, 0.9, 0.5, 1000.0))
    watcher.on_epoch(FIRST)
    watcher.on_epoch(SECOND)
    watcher.on_end()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "Network(a → b)",
        "epoch  1/12  loss 0.5000  accuracy 75.00 %  validation 70.00 %  1,500 images/s  22 s left",
        "epoch  2/12  loss 0.2500  750 images/s  30 s left",
    ]


def test_the_watcher_suits_the_stream(
    terminal: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bar where somebody sits in front of it, lines where they are kept."""
    assert isinstance(training_watcher(), LiveBar)
    monkeypatch.setattr(progress, "console", lambda: Console(file=io.StringIO()))
    assert isinstance(training_watcher(), PlainLines)
    assert terminal.getvalue() == ""


def test_a_live_bar(terminal: io.StringIO) -> None:
    """Loss, accuracy, speed and time left; epochs stay above it; at the end it is gone."""
    bar = LiveBar()
    bar.on_start(RunInfo(2, 1, 3000, "Network(a → b)"))
    bar.on_progress(Progress(1, 1000, 0.9, 0.5, 1234.0))
    bar._bar.refresh()
    shown = terminal.getvalue()
    assert "epoch 1/2" in shown
    assert "loss 0.9000  accuracy 50.00 %  1,234 images/s" in shown
    bar.on_epoch(FIRST)
    bar.on_progress(Progress(2, 500, 0.8, None, 99.0))
    bar._bar.refresh()
    assert "loss 0.8000  99 images/s" in terminal.getvalue()
    bar.on_end()
    shown = terminal.getvalue()
    assert "Network(a → b)\n" in shown
    line = "epoch 1/2  loss 0.5000  accuracy 75.00 %  validation 70.00 %  1,500 images/s\n"
    assert line in shown
    assert shown.rstrip().endswith("\x1b[2K")  # the line of the bar is erased


@pytest.mark.parametrize("first_epoch", [1, 3])
def test_the_bar_is_full_at_the_end(terminal: io.StringIO, first_epoch: int) -> None:
    """In a resumed run it begins empty and is full after the epochs that were left."""
    bar = LiveBar()
    bar.on_start(RunInfo(4, first_epoch, 1000, ""))
    assert bar._bar.tasks[0].percentage == 0
    for epoch in range(first_epoch, 5):
        bar.on_progress(Progress(epoch, 1000, 0.5, 0.5, 10.0))
    assert bar._bar.tasks[0].percentage == 100
    bar.on_end()
    assert terminal.getvalue()


@pytest.mark.parametrize("make", [PlainLines, LiveBar])
def test_watching_changes_nothing(
    strokes: Dataset, terminal: io.StringIO, make: Callable[[], Callback]
) -> None:
    """The weights with a watcher are those without."""
    small = {"hidden": (5,), "epochs": 2}
    watched, alone = train(strokes, **small, callbacks=[make()]), train(strokes, **small)  # type: ignore[arg-type]
    assert (make is LiveBar) == bool(terminal.getvalue())
    for name, array in alone.model.network.parameters.items():
        assert watched.model.network.parameters[name].tobytes() == array.tobytes()


def test_a_download(terminal: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    """Announced in words; then a bar for each file, gone at the end."""
    with DownloadBar() as bar:
        bar.announce("Downloading MNIST.")
        assert terminal.getvalue() == ""
        bar.progress("train-images", 10, 100)
        bar.progress("train-images", 60, 100)
        bar.progress("train-labels", 5, 10)
        assert bar._bar is not None
        assert [task.percentage for task in bar._bar.tasks] == [60, 50]
        bar._bar.refresh()
    assert capsys.readouterr().err == "Downloading MNIST.\n"
    assert "train-images" in terminal.getvalue()
    assert terminal.getvalue().rstrip().endswith("\x1b[2K")


def test_a_download_without_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The announcement is enough in a log."""
    sent = io.StringIO()
    monkeypatch.setattr(progress, "console", lambda: Console(file=sent))
    with DownloadBar() as bar:
        bar.announce("Downloading MNIST.")
        bar.progress("train-images", 10, 100)
    assert sent.getvalue().strip() == ""
    assert capsys.readouterr().err == "Downloading MNIST.\n"


def test_a_download_that_fails_closes_the_bar(terminal: io.StringIO) -> None:
    """The error goes on, and the terminal is as it was."""

    def fail() -> None:
        with DownloadBar() as bar:
            bar.progress("train-images", 10, 100)
            raise ValueError("broken off")

    with pytest.raises(ValueError, match=r"^broken off$"):
        fail()
    assert "\x1b[?25h" in terminal.getvalue()  # the cursor is shown again
