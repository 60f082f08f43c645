"""``inkling export``: a file, and the Python code that uses it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling._files import MODEL
from inkling.model.file import load_model

Command = Callable[..., Any]


@pytest.mark.parametrize("to", ["npz", "onnx", "torch"])
def test_the_printed_code_runs(inkling: Command, trained: Path, tmp_path: Path, to: str) -> None:
    """Standard output is Python code that computes the probabilities with the file."""
    for library in {"onnx": ("onnx", "onnxruntime"), "torch": ("torch",)}.get(to, ()):
        pytest.importorskip(library)
    outcome = inkling("export", trained, "--to", to, "--out", "my model")
    size = (tmp_path / "my model").stat().st_size
    assert outcome.status == 0
    assert outcome.err.startswith(f"Wrote my model, {size:,} bytes.")
    images = np.random.default_rng(0).integers(0, 256, (7, 28, 28)).astype(np.uint8)
    space: dict[str, Any] = {}
    exec(outcome.out, space)
    expected = load_model(trained).calibrated().predict_proba(images)
    np.testing.assert_allclose(np.asarray(space["predict_proba"](images)), expected, atol=1e-6)


def test_a_page(inkling: Command, trained: Path, tmp_path: Path) -> None:
    """One file, what to do with it, and no code."""
    outcome = inkling("export", trained, "--to", "html", "--out", "digits.html")
    size = (tmp_path / "digits.html").stat().st_size
    assert (outcome.status, outcome.out) == (0, "")
    assert outcome.err.startswith(f"Wrote digits.html, {size:,} bytes. Open it in a browser")
    json = inkling("export", trained, "--to", "html", "--json").json
    assert json == {"to": "html", "file": f"{trained.name}.html", "bytes": size, "code": ""}


def test_one_json_object(inkling: Command, trained: Path, tmp_path: Path) -> None:
    """The file, its size, and the same code."""
    outcome = inkling("export", trained, "--to", "npz", "--json")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.json == {
        "to": "npz",
        "file": f"{trained.name}.npz",
        "bytes": (tmp_path / f"{trained.name}.npz").stat().st_size,
        "code": inkling("export", trained, "--to", "npz").out,
    }


def test_the_default_name_is_that_of_the_model(
    inkling: Command, trained: Path, tmp_path: Path
) -> None:
    """Of a file, of a run directory, and of the model that ships; all in the current folder."""
    (tmp_path / "deep").mkdir()
    shutil.copyfile(trained / MODEL, tmp_path / "deep" / "mine.safetensors")
    for model, name in (
        (("deep/mine.safetensors",), "mine.npz"),
        ((trained,), f"{trained.name}.npz"),
        ((), "digits.npz"),
    ):
        assert inkling("export", *model, "--to", "npz").status == 0
        assert (tmp_path / name).is_file()


def test_wrong_usage(inkling: Command, trained: Path, tmp_path: Path) -> None:
    """An unknown format, a folder that does not exist, the model itself; no file is written."""
    model = trained / MODEL
    npz = tmp_path / "m.npz"
    assert inkling("export", trained, "--to", "npz", "--out", npz).status == 0
    before = {path: path.read_bytes() for path in (npz, model)}
    for arguments, words in (
        ((trained, "--to", "pickle"), "--to: expected format to be one of onnx, npz, torch, html"),
        ((trained, "--to", "npz", "--out", "nowhere/m.npz"), "--out: expected a file name in an"),
        ((trained, "--to", "npz", "--out", "."), "--out: expected a file name in an"),
        ((trained, "--to", "torch", "--out", model), "--out: expected another file than the model"),
        ((model, "--to", "torch", "--out", model), "--out: expected another file than the model"),
        (("m.npz", "--to", "npz"), "--out: expected another file than the model"),
    ):
        outcome = inkling("export", *arguments)
        assert outcome.status == 2
        assert outcome.complaint.startswith(words)
    assert inkling("export", "nothing.npy", "--to", "npz").status == 1
    assert {path: path.read_bytes() for path in (npz, model)} == before
    assert list(tmp_path.iterdir()) == [npz]


def test_without_the_extra(
    inkling: Command, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line with the command to type, and no file."""
    monkeypatch.setitem(sys.modules, "onnx", None)
    outcome = inkling("export", trained, "--to", "onnx")
    assert outcome.status == 1
    assert outcome.complaint.endswith("pip install '.[export]'")
    assert not list(tmp_path.iterdir())
