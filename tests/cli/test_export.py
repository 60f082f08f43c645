"""``inkling export``: a file, and the Python for it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.cli.export import MODEL
from inkling.model.file import load_model

Command = Callable[..., Any]


def answers(code: str, images: Any) -> Any:
    """What the function in the printed code says of the images."""
    space: dict[str, Any] = {}
    exec(code, space)
    return np.asarray(space["predict_proba"](images))


@pytest.mark.parametrize("to", ["npz", "onnx", "torch"])
def test_what_is_printed_is_a_program(
    inkling: Command, trained: Path, tmp_path: Path, to: str
) -> None:
    """Standard output is Python that computes with the file; ``> use.py`` makes a module of it."""
    for library in {"onnx": ("onnx", "onnxruntime"), "torch": ("torch",)}.get(to, ()):
        pytest.importorskip(library)
    outcome = inkling("export", trained, "--to", to, "--out", "my model")
    size = (tmp_path / "my model").stat().st_size
    assert outcome.status == 0
    assert outcome.err == f"Wrote my model, {size:,} bytes. Computing with it:\n"
    images = np.random.default_rng(0).integers(0, 256, (7, 28, 28)).astype(np.uint8)
    wanted = load_model(trained).calibrated().predict_proba(images)
    np.testing.assert_allclose(answers(outcome.out, images), wanted, atol=1e-6)


def test_a_page(inkling: Command, trained: Path, tmp_path: Path) -> None:
    """One file, what to do with it, and nothing to run."""
    outcome = inkling("export", trained, "--to", "html", "--out", "digits.html")
    size = (tmp_path / "digits.html").stat().st_size
    assert (outcome.status, outcome.out) == (0, "")
    assert outcome.err == (
        f"Wrote digits.html, {size:,} bytes. "
        "Open it in a browser; it needs no server and no network.\n"
    )
    json = inkling("export", trained, "--to", "html", "--json").json
    assert json == {"to": "html", "file": f"{trained.name}.html", "bytes": size, "code": ""}
    assert (tmp_path / f"{trained.name}.html").read_bytes() == (
        tmp_path / "digits.html"
    ).read_bytes()


def test_one_json_object(inkling: Command, trained: Path, tmp_path: Path) -> None:
    """Where the file is, what it is, and the same Python."""
    outcome = inkling("export", trained, "--to", "npz", "--json")
    assert (outcome.status, outcome.err) == (0, "")
    code = inkling("export", trained, "--to", "npz").out
    assert outcome.json == {
        "to": "npz",
        "file": f"{trained.name}.npz",
        "bytes": (tmp_path / f"{trained.name}.npz").stat().st_size,
        "code": code,
    }


@pytest.mark.parametrize(("to", "name"), [("npz", "mine.npz"), ("torch", "mine.torch.safetensors")])
def test_the_name_is_the_models(
    inkling: Command, trained: Path, tmp_path: Path, to: str, name: str
) -> None:
    """Of a file its own, of a run directory the run's; the export lies in the current folder."""
    (tmp_path / "deep").mkdir()
    shutil.copyfile(trained / MODEL, tmp_path / "deep" / "mine.safetensors")
    assert inkling("export", "deep/mine.safetensors", "--to", to).status == 0
    shutil.copytree(trained, tmp_path / "runs" / "mine")
    assert (tmp_path / name).is_file()
    (tmp_path / name).unlink()
    assert inkling("export", "runs/mine", "--to", to).status == 0
    assert (tmp_path / name).is_file()
    assert (tmp_path / "runs" / "mine" / MODEL).read_bytes() == (trained / MODEL).read_bytes()


def test_without_a_name_the_model_that_ships(inkling: Command, tmp_path: Path) -> None:
    """As with the other commands."""
    assert inkling("export", "--to", "npz").status == 0
    assert (tmp_path / "digits.npz").is_file()


def test_what_goes_wrong_is_one_line(inkling: Command, trained: Path, tmp_path: Path) -> None:
    """A format or a folder that is not there, the model itself as target; nothing is written."""
    before = sorted(tmp_path.rglob("*"))
    outcome = inkling("export", trained, "--to", "pickle")
    assert outcome.status == 2
    assert outcome.complaint == (
        "--to: expected format to be one of onnx, npz, torch, html, got 'pickle'."
    )
    for out in ("nowhere/m.npz", "."):
        outcome = inkling("export", trained, "--to", "npz", "--out", out)
        assert outcome.status == 2
        assert outcome.complaint == (
            f"--out: expected a file name in a folder that is there, got {out!r}."
        )
    for model in (trained, trained / MODEL):
        outcome = inkling("export", model, "--to", "torch", "--out", trained / MODEL)
        assert outcome.status == 2
        assert outcome.complaint == (
            f"--out: expected another file than the model, got {str(trained / MODEL)!r}."
        )
    outcome = inkling("export", "nothing.npy", "--to", "npz")
    assert outcome.status == 1
    assert outcome.complaint.startswith("model nothing.npy: expected a .safetensors or .npz file")
    assert sorted(tmp_path.rglob("*")) == before
    load_model(trained)


def test_an_npz_model_is_not_written_over(inkling: Command, trained: Path, tmp_path: Path) -> None:
    """Its name with the ending of the format would be its own."""
    assert inkling("export", trained, "--to", "npz", "--out", "m.npz").status == 0
    before = (tmp_path / "m.npz").read_bytes()
    outcome = inkling("export", "m.npz", "--to", "npz")
    assert outcome.complaint == "--out: expected another file than the model, got 'm.npz'."
    assert (tmp_path / "m.npz").read_bytes() == before


def test_without_the_extra(
    inkling: Command, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line with what to type, and no file."""
    monkeypatch.setitem(sys.modules, "onnx", None)
    before = sorted(tmp_path.rglob("*"))
    outcome = inkling("export", trained, "--to", "onnx")
    assert outcome.status == 1
    assert outcome.complaint == (
        "the ONNX export needs onnx, which is not installed; type: pip install '.[export]'"
    )
    assert sorted(tmp_path.rglob("*")) == before
