"""Without the extras: whatever needs one fails with the command that installs it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

import pytest

from inkling.plots.report import write_report

Command = Callable[..., Any]
EXTRAS = (
    *("matplotlib", "sklearn", "scipy", "numba", "torch", "starlette", "uvicorn", "onnx"),
    *("dask", "distributed", "joblib"),
)


class NotInstalled(MetaPathFinder):
    """Makes the import of an extra fail."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:  # noqa: ARG002
        """Raises for the libraries of the extras."""
        if name.partition(".")[0] in EXTRAS:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but the required libraries can be imported."""
    for name in list(sys.modules):
        if name.partition(".")[0] in EXTRAS:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [NotInstalled(), *sys.meta_path])


def test_training_leaves_out_only_the_report(
    inkling: Command, strokes_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network is trained, tested and saved; one line has what the report needs."""
    monkeypatch.setattr("inkling.plots.report.write_report", write_report)
    options = ("--hidden", "9", "--epochs", "1", "--out", "r")
    outcome = inkling("train", "--data", strokes_file, *options)
    assert outcome.status == 0
    assert (tmp_path / "r" / "model.safetensors").is_file()
    assert not (tmp_path / "r" / "report.png").exists()
    (line,) = (line for line in outcome.err.splitlines() if "matplotlib" in line)
    assert outcome.err.endswith("\n  inkling evaluate r\n")  # which needs no extra, unlike the app
    assert line.endswith('which is not installed; type: pip install "inkling-digits[plots]"')


def test_evaluating_and_reading_need_no_extra(
    inkling: Command, trained: Path, pictures: Path
) -> None:
    """They need only the required libraries."""
    for arguments in (("evaluate", trained), ("predict", pictures / "one.png", "--model", trained)):
        outcome = inkling(*arguments)
        assert (outcome.status, outcome.err) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (("train", "--data", "digits"), "sklearn"),
        (("committee", "--data", "DATA", "--out", "r"), "cluster"),
        (("data", "show", "DATA"), "plots"),
        (("app",), "app"),
        (("train", "--data", "DATA", "--out", "r", "--watch"), "app"),
    ],
)
def test_the_message_has_the_command_to_type(
    inkling: Command, strokes_file: Path, tmp_path: Path, arguments: tuple[str, ...], extra: str
) -> None:
    """Status 1, one line, and no file."""
    outcome = inkling(*(strokes_file if word == "DATA" else word for word in arguments))
    assert outcome.status == 1
    assert outcome.complaint.endswith(f'type: pip install "inkling-digits[{extra}]"')
    assert not [path for path in tmp_path.iterdir() if path.name != "cache"]


@pytest.mark.usefixtures("_few_drawn")
def test_without_mnist_and_extras_a_network_is_trained(inkling: Command, tmp_path: Path) -> None:
    """On digits that are drawn, which need neither."""
    outcome = inkling("train", "--hidden", "9", "--epochs", "1", "--out", "r")
    assert outcome.status == 0
    assert "Test accuracy on pen (digits drawn by a program): " in outcome.err
    assert (tmp_path / "r" / "model.safetensors").is_file()
