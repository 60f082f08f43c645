"""``inkling export``: a file, and the Python code that uses it."""

from __future__ import annotations

import shutil
import subprocess
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


def test_a_site(inkling: Command, trained: Path, tmp_path: Path) -> None:
    """A folder of files, which a second export updates; it cannot go to standard output."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "about.html").write_text("mine")
    for _ in range(2):
        outcome = inkling("export", trained, "--to", "site", "--out", "site")
        files = {file.name: file.stat().st_size for file in (tmp_path / "site").iterdir()}
        assert {"index.html", "embed.html", "784-16-16-10.safetensors"} < files.keys()
        size = sum(files.values()) - files.pop("about.html")
        assert (outcome.status, outcome.out) == (0, "")
        assert outcome.err.startswith(f"Wrote site, {size:,} bytes. Put it on any web server")
    outcome = inkling("export", trained, "--to", "site", "--out", "-")
    assert (outcome.status, outcome.out) == (2, "")
    assert "a file name, got '-'" in outcome.err
    (tmp_path / "notes").write_text("mine")
    outcome = inkling("export", trained, "--to", "site", "--out", "notes")
    assert (outcome.status, (tmp_path / "notes").read_text()) == (2, "mine")
    assert outcome.err == "inkling: export: expected the name of a folder, got the file notes.\n"


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
        ((trained, "--to", "npz", "--out", "-", "--json"), "--out: expected a file name, got '-'"),
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
    assert outcome.complaint.endswith('pip install "inkling-digits[export]"')
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("out", ["-", "/dev/stdout"])
def test_standard_output(trained: Path, tmp_path: Path, out: str) -> None:
    """The bytes of the file and nothing else, for a pipe; no file is written."""
    command = [sys.executable, "-m", "inkling", "export", str(trained), "--to", "npz", "--out"]
    done = subprocess.run([*command, out], cwd=tmp_path, capture_output=True, check=True)
    subprocess.run([*command, "file"], cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout == (tmp_path / "file").read_bytes()
    assert done.stderr == f"Wrote {len(done.stdout):,} bytes.\n".encode()
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_nothing_binary_on_a_terminal(
    inkling: Command, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be unreadable, and might change the terminal's settings."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    outcome = inkling("export", trained, "--to", "npz", "--out", "-")
    assert outcome.status == 2
    assert outcome.complaint.startswith("--out: expected a file or a pipe for -, got a terminal")


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
@pytest.mark.parametrize("kind", ["symbolic", "hard"])
def test_the_model_under_another_name(
    inkling: Command, trained: Path, tmp_path: Path, kind: str
) -> None:
    """A link to the model is the model."""
    shutil.copyfile(trained / MODEL, tmp_path / "model")
    before, link = (tmp_path / "model").read_bytes(), tmp_path / "link"
    link.symlink_to("model") if kind == "symbolic" else link.hardlink_to(tmp_path / "model")
    outcome = inkling("export", "model", "--to", "npz", "--out", "link")
    assert outcome.complaint.startswith("--out: expected another file than the model")
    assert (tmp_path / "model").read_bytes() == before
