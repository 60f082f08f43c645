"""``inkling train``: what it prints and writes, wrong options, fallbacks without MNIST, and resuming."""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling._files import new_directory
from inkling.cli import runs
from inkling.cli.runs import parse_numbers, say_next_command
from inkling.data.dataset import Dataset
from inkling.model.file import load_model
from inkling.model.manifest import manifest_bytes, read_manifest
from inkling.plots.report import write_report
from inkling.training.history import EpochRecord
from inkling.training.run import train
from inkling.training.state import TrainingState

Command = Callable[..., Any]
SMALL = ("--hidden", "9", "--epochs", "2", "--batch-size", "32")


def manifest_of(path: Path) -> dict[str, Any]:
    """Reads the manifest of a run."""
    return dict(json.loads((path / "manifest.json").read_text()))


def write_letters(folder: Path, names: tuple[str, ...], count: int) -> None:
    """Writes a folder of random pictures with one sub-folder per class."""
    from PIL import Image

    rng = np.random.default_rng(0)
    for name in names:
        (folder / name).mkdir(parents=True)
        for number in range(count):
            ink = rng.integers(0, 256, (9, 11)).astype(np.uint8)
            Image.fromarray(ink).save(folder / name / f"{number}.png")


def test_one_json_object(inkling: Command, strokes_file: Path, tmp_path: Path) -> None:
    """The documented keys are on standard output; messages are on standard error."""
    outcome = inkling("train", "--data", strokes_file, *SMALL, "--out", "r", "--json")
    assert outcome.status == 0
    result = outcome.json
    assert set(result) >= {
        *("dataset", "test_accuracy", "test_interval", "train_seconds", "images_per_second"),
        *("epochs", "model", "run"),
    }
    assert result["dataset"] == "strokes.npz"
    low, high = result["test_interval"]
    assert 0 <= low <= result["test_accuracy"] <= high <= 1
    assert result["run"] == "r"
    assert [epoch["epoch"] for epoch in result["epochs"]] == [1, 2]
    assert {"train_loss", "validation_accuracy", "learning_rate"} <= set(result["epochs"][0])
    recorded = load_model(tmp_path / result["model"]).manifest["results"]
    for name in ("test_accuracy", "test_interval", "train_seconds", "images_per_second"):
        assert result[name] == recorded[name]
    assert outcome.err.startswith("Network(784 → 9 relu → 10 softmax; 7,165 parameters, float32)\n")
    assert "\nepoch 1/2  l" in outcome.err


def test_findings(inkling: Command, strokes_file: Path) -> None:
    """One line each on standard error, and a list in the JSON, empty if there is nothing to find."""
    options = ("--data", strokes_file, "--validation", "0", "--epochs", "20", "--json")
    assert inkling("train", *options, "--out", "good").json["findings"] == []
    outcome = inkling("train", *options, "--input-range", "0,255", "--out", "bad")
    lines = [line for line in outcome.err.splitlines() if line.startswith("Epoch ")]
    findings = outcome.json["findings"]
    assert lines == [
        f"Epoch {f['epoch']}: {f['message']} {f['advice']} {f['link']}" for f in findings
    ]
    assert findings[0]["kind"] == "unscaled_inputs"
    assert findings[0]["template"].format(**findings[0]["values"]) == findings[0]["message"]


def test_words_for_people(inkling: Command, strokes_file: Path, tmp_path: Path) -> None:
    """Accuracy with its interval, the written files, and the next command."""
    outcome = inkling("train", "--data", strokes_file, *SMALL, "--out", "my run")
    assert (outcome.status, outcome.out) == (0, "")
    accuracy = manifest_of(tmp_path / "my run")["results"]["test_accuracy"]
    (line,) = (line for line in outcome.err.splitlines() if line.startswith("Test accuracy"))
    assert line.startswith(f"Test accuracy on strokes.npz: {100 * accuracy:.2f} % (95 % interval ")
    assert line.endswith(" %, n = 53)")
    assert len(line) <= 80
    for name in ("model.safetensors", "report.png"):
        assert str(Path("my run", name)) in outcome.err
        assert (tmp_path / "my run" / name).is_file()
    assert re.search(r"\n  inkling (app --model|evaluate) 'my run'\n\Z", outcome.err)


def test_a_model_for_other_sizes_reads_files(inkling: Command, tmp_path: Path) -> None:
    """Pictures are normalized to 28 × 28, so that such a model reads files of images only."""
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype=np.uint8)
    np.savez(tmp_path / "small.npz", x_train=images, y_train=np.arange(40) % 2)
    outcome = inkling("train", "--data", "small.npz", *SMALL, "--out", "r")
    assert outcome.err.endswith("\n  inkling evaluate r\n")
    assert inkling("predict", "small.npz", "--model", "r").status == 0


def test_the_report_is_drawn(
    inkling: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real report, although a class name is not valid text: the name of a folder can be any bytes."""
    pytest.importorskip("matplotlib")
    monkeypatch.setattr("inkling.plots.report.write_report", write_report)
    names = ("a", b"\xff".decode(errors="surrogateescape"))
    try:
        write_letters(tmp_path / "letters", names, 10)
    except OSError:
        pytest.skip("this system's file names are text")
    assert inkling("train", "--data", "letters", *SMALL, "--out", "r").status == 0
    assert load_model(tmp_path / "r").classes == names
    assert (tmp_path / "r" / "report.png").read_bytes()[1:4] == b"PNG"


def full_disk(path: Path, *_: object) -> None:
    """Stands for the writing of a file."""
    raise OSError(errno.ENOSPC, "No space left on device", str(path))


def interrupt(*_: object) -> None:
    """Stands for Ctrl-C."""
    raise KeyboardInterrupt


def fail(*_: object) -> None:
    """Stands for an error of Matplotlib."""
    raise ValueError("two\nlines")


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (full_disk, f"{Path('my run', 'report.png')}: No space left on device"),
        (interrupt, "interrupted"),
        (fail, "ValueError: two lines"),
    ],
)
def test_a_report_that_fails_is_one_line(
    inkling: Command,
    strokes_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    failure: Callable[..., None],
    reason: str,
) -> None:
    """The run is finished, its result is printed, and the report can be drawn later."""
    with monkeypatch.context() as patch:
        patch.setattr("inkling.plots.report.write_report", failure)
        outcome = inkling("train", "--data", strokes_file, *SMALL, "--out", "my run", "--json")
    assert outcome.status == 0
    assert manifest_of(Path("my run"))["status"] == "finished"
    assert outcome.json["model"] == str(Path("my run", "model.safetensors"))
    line = f"The report was not drawn ({reason}); to draw it, type: inkling report 'my run'\n"
    assert outcome.err.endswith(f"\n{line}")
    assert inkling("report", "my run").status == 0
    assert Path("my run", "report.png").is_file()


@pytest.mark.parametrize("name", ["checkpoint", "model.safetensors"])
def test_a_full_disk(
    inkling: Command, strokes_file: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The message names the file and the command that continues the run when there is room."""
    fsync = os.fsync

    def fill(number: int) -> None:
        if any(Path("my run").glob(f".{name}.*")):
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(number)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fill)
        outcome = inkling("train", "--data", strokes_file, *SMALL, "--out", "my run")
    assert outcome.status == 1
    file = Path("my run", name)
    hint = "to resume: inkling train --resume 'my run'"
    assert outcome.err.endswith(f"\ninkling: {file}: No space left on device; {hint}\n")
    assert not list(Path("my run").glob(".*"))
    assert inkling("train", "--resume", "my run").status == 0


def test_every_run_has_a_directory_of_its_own(
    inkling: Command, strokes_file: Path, tmp_path: Path
) -> None:
    """It is runs/DATASET-TIME, also for several runs within one second."""
    outcome = inkling("train", "--data", strokes_file, *SMALL, "--epochs", "1", "--json")
    assert re.fullmatch(r"strokes\.npz-\d{8}-\d{6}", Path(outcome.json["run"]).name)
    made = [new_directory("d") for _ in range(5)]
    assert len(set(made)) == 5
    assert all((tmp_path / path).is_dir() for path in made)


def test_every_option_arrives(inkling: Command, strokes_file: Path, tmp_path: Path) -> None:
    """The options are in the manifest, from which a run is resumed."""
    options: dict[str, Any] = {
        "hidden": "9,7",
        "activation": "tanh",
        "output": "sigmoid",
        "loss": "binary_cross_entropy",
        "label_smoothing": 0.0,
        "dropout": 0.25,
        "initializer": "lecun_uniform",
        "input_range": "-1,0.5",
        "augment": "affine",
        "optimizer": "momentum",
        "lr": 0.125,
        "schedule": "cosine",
        "weight_decay": 0.5,
        "clip_norm": 2.5,
        "batch_size": 17,
        "epochs": 3,
        "patience": 2,
        "validation": 31,
        "seed": 12345,
        "dtype": "float64",
        "engine": "numpy",
    }
    typed = [word for name, value in options.items() for word in ("--" + name, value)]
    typed = [str(word).replace("_", "-") if "--" in str(word) else word for word in typed]
    outcome = inkling("train", "--data", strokes_file, *typed, "--no-shuffle", "--out", "r")
    assert outcome.status == 0
    manifest = manifest_of(tmp_path / "r")
    assert manifest["dataset"]["validation"] == options.pop("validation")
    wanted = {**options, "hidden": [9, 7], "input_range": [-1, 0.5], "shuffle": False}
    wanted["learning_rate"] = wanted.pop("lr")
    assert {name: manifest["settings"][name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("text", "sizes"),
    [("256,128", (256, 128)), (" 9 , 7", (9, 7)), ("5", (5,)), ("None", ())],
)
def test_lists_of_numbers(text: str, sizes: tuple[int, ...]) -> None:
    """Numbers with commas between, or none."""
    assert parse_numbers("--hidden", text, int, "9,7") == sizes


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--activation", "rleu"), "did you mean 'relu'?"),
        (("--preset", "shiped"), "did you mean 'shipped'?"),
        (("--lr", "nan"), "--lr"),
        (("--hidden", "abc"), "--hidden: expected numbers separated by commas, such as 256,128"),
        (("--hidden", "9,-7"), "--hidden"),
        (("--input-range", "1"), "--input-range"),
        (("--clip-norm", "inf"), "--clip-norm"),
        (("--output", "relu"), "softmax or sigmoid"),
        (("--validation", "240"), "--validation"),
        (("--validation", "0", "--patience", "1"), "a validation set"),
        (("--resume", "r", "--lr", "0.1"), "--resume takes no other options"),
        (("--resume", "r", "--data", "digits"), "--resume takes no other options"),
        (("--resume", "r", "--preset", "simard"), "--resume takes no other options"),
    ],
)
def test_wrong_values_are_wrong_usage(
    inkling: Command, strokes_file: Path, tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    """Exit status 2, one line that names the option, and no run."""
    data = () if "--resume" in options else ("--data", strokes_file, "--out", "r")
    outcome = inkling("train", *data, *options)
    assert outcome.status == 2
    assert words in outcome.complaint
    assert not (tmp_path / "r").exists()


def test_data_that_cannot_be_used(inkling: Command, tmp_path: Path) -> None:
    """A path that does not exist, an empty path, and too few images to test on."""
    np.savez(tmp_path / "3.npz", x_train=np.full((3, 5, 5), 200, np.uint8), y_train=np.arange(3))
    for source, words in (
        ("nowhere", "'nowhere', which does not exist"),
        ("", "'', which does not exist"),
        ("3.npz", "at least one test image"),
    ):
        outcome = inkling("train", "--data", source, "--out", "r")
        assert outcome.status == 1
        assert words in outcome.complaint
        assert not (tmp_path / "r").exists()
    (tmp_path / "mine").mkdir()
    assert inkling("train", "--data", "3.npz", "--out", "mine").status == 1
    assert (tmp_path / "mine").is_dir()  # only a directory that the command made is removed


def test_a_directory_that_cannot_be_used(
    inkling: Command, strokes_file: Path, trained: Path, tmp_path: Path
) -> None:
    """A directory with a run, a file, and a path below a file."""
    (tmp_path / "file").write_text("mine")
    for path in (trained, Path("file"), Path("file/r")):
        outcome = inkling("train", "--data", strokes_file, "--out", path)
        assert outcome.status == 1
        assert outcome.complaint.startswith(f"run {path}: ")


def test_divergence(inkling: Command, strokes_file: Path, tmp_path: Path) -> None:
    """Exit status 1, one sentence with the option that helps, no model, and no warning."""
    options = ("--optimizer", "sgd", "--lr", "1e6")
    outcome = inkling("train", "--data", strokes_file, "--out", "r", *options)
    assert (outcome.status, outcome.out) == (1, "")
    last = outcome.err.splitlines()[-1]
    assert last.startswith("inkling: training diverged")
    assert "--clip-norm" in last
    assert "Warning" not in outcome.err
    assert manifest_of(tmp_path / "r")["status"] == "diverged"
    assert not (tmp_path / "r" / "model.safetensors").exists()


# Without MNIST.


@pytest.mark.usefixtures("_few_drawn")
def test_without_mnist_digits_are_drawn(inkling: Command, tmp_path: Path) -> None:
    """Four lines announce it, and the result says what it was measured on."""
    outcome = inkling("train", *SMALL, "--epochs", "1")
    assert (outcome.status, outcome.out) == (0, "")
    reason, instead, otherwise, note = outcome.err.splitlines()[:4]
    assert reason.startswith("MNIST is not on this machine and could not be downloaded (")
    assert instead == "Instead, training on digits drawn by a program (--data pen);"
    assert otherwise == "with --data mnist, this would be an error."
    assert note == "pen: 800 digits drawn by a program, not written by people."
    assert "\nTest accuracy on pen (digits drawn by a program): " in outcome.err
    assert not (tmp_path / "cache").exists()
    (run,) = (tmp_path / "runs").iterdir()
    assert run.name.startswith("pen-")
    assert manifest_of(run)["dataset"]["source"] == "pen"


@pytest.mark.usefixtures("_few_drawn")
def test_a_network_that_was_trained_on_drawings_is_tested_on_them(inkling: Command) -> None:
    """On the test images of its run, which are drawn again: with the same accuracy."""
    run = inkling("train", *SMALL, "--data", "pen", "--epochs", "1", "--json").json
    assert run["dataset"] == "pen"
    outcome = inkling("evaluate", run["run"])
    assert f"Accuracy on pen (digits drawn by a program): {100 * run['test_accuracy']:.2f}" in (
        outcome.out
    )
    assert outcome.err == "pen: 800 digits drawn by a program, not written by people.\n"


@pytest.mark.usefixtures("_few_drawn")
def test_drawing_is_announced_before_an_option_that_does_not_fit(inkling: Command) -> None:
    """600 validation images are too many for these drawings only, which were not asked for."""
    outcome = inkling("train", "--validation", "600")
    assert outcome.status == 2
    *_, notice, _, error = outcome.err.splitlines()
    assert "training on digits drawn by a program" in notice
    assert "--validation as a whole number in [0, 599], got 600" in error


def test_wrong_files_have_no_fallback(
    inkling: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the folder in INKLING_DATA is wrong, no other data are trained on."""
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (tmp_path / f"{name}-ubyte").write_bytes(b"no digits")
    for folder in (tmp_path, tmp_path / "nowhere"):
        monkeypatch.setenv("INKLING_DATA", str(folder))
        outcome = inkling("train")
        assert outcome.status == 1
        assert outcome.complaint.startswith(str(folder))


# Resuming a run.


def interrupted(monkeypatch: pytest.MonkeyPatch, epoch: int) -> None:
    """Makes Ctrl-C arrive after an epoch."""
    record = TrainingState.evaluate_and_record

    def until(state: TrainingState) -> EpochRecord:
        if state.epoch == epoch + 1:
            raise KeyboardInterrupt
        return record(state)

    monkeypatch.setattr(TrainingState, "evaluate_and_record", until)


def begin(inkling: Command, monkeypatch: pytest.MonkeyPatch, source: Path, *options: str) -> None:
    """Starts a run in ``r`` and interrupts it after its first epoch."""
    with monkeypatch.context() as patch:
        interrupted(patch, 1)
        outcome = inkling("train", "--data", source, *SMALL, "--out", "r", *options)
    assert outcome.status == 130


def test_ctrl_c_prints_how_to_resume(
    inkling: Command, strokes_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit status 130; the printed command ends with the weights of an uninterrupted run."""
    expected = train(strokes_file, hidden=(9,), epochs=3, dropout=0.3, seed=5)
    options = ("--hidden", "9", "--epochs", "3", "--dropout", "0.3", "--seed", "5")
    first = ("--data", strokes_file, *options, "--out", "my run")
    for epoch, arguments in ((1, first), (2, ("--resume", "my run"))):
        with monkeypatch.context() as patch:
            interrupted(patch, epoch)
            outcome = inkling("train", *arguments)
        assert (outcome.status, outcome.out) == (130, "")
        assert outcome.err.endswith("\ninterrupted; to resume: inkling train --resume 'my run'\n")
    assert "epoch 1/3" not in outcome.err
    outcome = inkling("train", "--resume", "my run", "--json")
    assert outcome.status == 0
    assert len(outcome.json["epochs"]) == 3
    resumed = load_model(tmp_path / "my run").network.parameters
    for name, array in expected.model.network.parameters.items():
        np.testing.assert_array_equal(resumed[name], array)


@pytest.mark.parametrize("count", ["0", "7", "50"])
def test_the_validation_set_is_found_again(
    inkling: Command, strokes_file: Path, monkeypatch: pytest.MonkeyPatch, count: str
) -> None:
    """A run resumes with the number of validation images it was started with."""
    begin(inkling, monkeypatch, strokes_file, "--validation", count)
    assert inkling("train", "--resume", "r").status == 0


def test_a_validation_set_of_the_source(
    inkling: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder with train, validation and test, whose sizes cannot be chosen."""
    for part, count in (("train", 9), ("validation", 2), ("test", 3)):
        write_letters(tmp_path / "letters" / part, ("a", "b"), count)
    begin(inkling, monkeypatch, tmp_path / "letters")
    outcome = inkling("train", "--resume", "r", "--json")
    assert outcome.status == 0
    assert outcome.json["epochs"][1]["validation_accuracy"] is not None


def test_a_validation_set_that_has_changed(
    inkling: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its size is no option of the resumed run, so that the error is about the data."""
    for part, count in (("train", 9), ("validation", 2), ("test", 3)):
        write_letters(tmp_path / "letters" / part, ("a", "b"), count)
    begin(inkling, monkeypatch, tmp_path / "letters")
    next((tmp_path / "letters" / "validation" / "a").iterdir()).unlink()
    outcome = inkling("train", "--resume", "r")
    assert outcome.status == 1
    assert outcome.complaint.startswith("run r: expected the data set it was started with, ")


def test_a_run_on_data_from_python(inkling: Command, strokes: Dataset, tmp_path: Path) -> None:
    """The command line cannot load them; the message has the call that can resume the run."""
    train(strokes, hidden=(5,), epochs=1, run=tmp_path / "r")
    path = tmp_path / "r" / "manifest.json"
    path.write_bytes(manifest_bytes({**read_manifest(path, "run"), "status": "running"}))
    outcome = inkling("train", "--resume", "r")
    assert outcome.status == 1
    assert "call inkling.train(dataset, run='r', resume=True)" in outcome.complaint


def test_what_cannot_be_resumed(inkling: Command, trained: Path, tmp_path: Path) -> None:
    """A finished run, a path that does not exist, a file, another folder, a damaged manifest."""
    (tmp_path / "file").write_text("mine")
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "manifest.json").write_text("{")
    for path in (trained, "nowhere", "file", ".", "r"):
        outcome = inkling("train", "--resume", path)
        assert outcome.status == 1
        assert outcome.complaint.startswith(f"run {path}")


@pytest.mark.parametrize(("classes", "what"), [("70", "draw digits for"), ("おき", "draw for")])
def test_only_models_of_digits_are_said_to_read_them(
    classes: str, what: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Letters and clothes can be drawn too."""
    monkeypatch.setattr(runs, "_has_app", lambda: True)
    say_next_command(Path("mine"), (28, 28), tuple(classes))
    assert f"To {what} it:\n  inkling app --model mine\n" in capsys.readouterr().err
