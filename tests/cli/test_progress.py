"""The bars of downloads; ``training/test_progress.py`` has those of a run."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from inkling.cli import progress
from inkling.cli.progress import DownloadBar


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What a terminal of 100 columns would be sent."""
    sent = io.StringIO()
    window = Console(file=sent, force_terminal=True, width=100, highlight=False, soft_wrap=True)
    monkeypatch.setattr(progress, "console", lambda: window)
    return sent


def test_a_download(terminal: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    """Announced in words when a mirror answers; then a bar for each file, gone at the end."""
    with DownloadBar() as bar:
        bar.announce("Downloading MNIST from a mirror that does not answer.")
        bar.announce("Downloading MNIST.")
        assert terminal.getvalue() == capsys.readouterr().err == ""
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
