"""``inkling train``: what it prints and leaves, what it refuses, and what it does without MNIST."""

from __future__ import annotations

import errno
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.cli.runs import new_directory, parse_hidden
from inkling.data.dataset import Dataset
from inkling.errors import SettingError
from inkling.model.file import load_model
from inkling.training.history import EpochRecord
from inkling.training.loop import train_epochs
from inkling.training.run import train

Command = Callable[..., Any]
SMALL = ("--hidden", "9", "--epochs", "2", "--batch-size", "32")


def manifest_of(path: Path) -> dict[str, Any]:
    """A run's manifest."""
    return dict(json.loads((path / "manifest.json").read_text()))


@pytest.mark.usefixtures("no_picture")
def test_one_json_object(inkling: Command, strokes_file: Path, tmp_path: Path) -> None:
    """The promised keys on standard output, everything else on standard error."""
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
    model = load_model(tmp_path / result["model"])
    recorded = model.manifest["results"]
    for name in ("test_accuracy", "test_interval", "train_seconds", "images_per_second"):
        assert result[name] == recorded[name]
    assert re.match(
        r"Network\(784 → 9 relu → 10 softmax; 7,165 parameters, float32\)\n"
        r"labels smoothed by 0\.1: the loss cannot fall below 0\.50\nepoch 1/2  l",
        outcome.err,
    )


@pytest.mark.usefixtures("no_picture")
def test_words_for_people(inkling: Command, strokes_file: Path, tmp_path: Path) -> None:
    """Accuracy with its interval and the data set's name, where everything is, what to do next."""
    outcome = inkling("train", "--data", strokes_file, *SMALL, "--out", "my run")
    assert (outcome.status, outcome.out) == (0, "")
    results = manifest_of(tmp_path / "my run")["results"]
    assert (
        f"Test accuracy on strokes.npz: {100 * results['test_accuracy']:.2f} % (95 % interval "
        in outcome.err
    )
    assert " of 53 images, none of them trained on.\n" in outcome.err
    for name in ("model.safetensors", "report.png"):
        assert str(Path("my run", name)) in outcome.err
        assert (tmp_path / "my run" / name).is_file()
    assert "inkling predict PICTURE --model my run" in outcome.err


@pytest.mark.usefixtures("no_picture")
def test_the_run_goes_to_a_directory_of_its_own(
    inkling: Command, strokes_file: Path, tmp_path: Path
) -> None:
    """runs/DATASET-TIME; two runs within a second get two directories."""
    for _ in range(2):
        assert inkling("train", "--data", strokes_file, *SMALL, "--epochs", "1").status == 0
    names = sorted(path.name for path in (tmp_path / "runs").iterdir())
    assert len(names) == 2
    for name in names:
        assert re.fullmatch(r"strokes\.npz-\d{8}-\d{6}(-\d)?", name)


def test_the_report_is_drawn(inkling: Command, strokes_file: Path, tmp_path: Path) -> None:
    """In the run's directory, by the library that draws it."""
    pytest.importorskip("matplotlib")
    assert inkling("train", "--data", strokes_file, *SMALL, "--out", "r").status == 0
    assert (tmp_path / "r" / "report.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_names_of_classes_that_are_no_text(
    inkling: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sub-folder may be called by any bytes: the model keeps them, the picture writes them out."""
    from PIL import Image

    names = ("a", b"\xff".decode(errors="surrogateescape"))
    rng = np.random.default_rng(0)
    try:
        for name in names:
            (tmp_path / "letters" / name).mkdir(parents=True)
    except OSError:
        pytest.skip("this system's file names are text")
    for name in names:
        for number in range(10):
            ink = rng.integers(0, 256, (9, 11)).astype(np.uint8)
            Image.fromarray(ink).save(tmp_path / "letters" / name / f"{number}.png")
    drawn: list[Any] = []
    monkeypatch.setattr(
        "inkling.plots.report.write_report", lambda _, results: drawn.append(results)
    )
    assert inkling("train", "--data", "letters", *SMALL, "--out", "r").status == 0
    assert load_model(tmp_path / "r").classes == names
    assert list(drawn[0].classes) == ["a", "\\udcff"]


def test_directories_are_never_shared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever makes one has it, however many start within the same second."""
    monkeypatch.chdir(tmp_path)
    made = [new_directory("d") for _ in range(5)]
    assert len(set(made)) == 5
    assert all(path.is_dir() for path in made)


@pytest.mark.usefixtures("no_picture")
def test_every_option_arrives(inkling: Command, strokes_file: Path, tmp_path: Path) -> None:
    """What is typed is what the manifest says, and with it what a resumed run does."""
    options = {
        "hidden": "9,7",
        "activation": "tanh",
        "output": "sigmoid",
        "loss": "binary_cross_entropy",
        "label_smoothing": 0.0,
        "dropout": 0.25,
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
    typed = [
        part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", value)
    ]
    outcome = inkling("train", "--data", strokes_file, *typed, "--out", "r", "--json")
    assert outcome.status == 0
    manifest = manifest_of(tmp_path / "r")
    assert manifest["dataset"]["validation"] == options.pop("validation")
    wanted = {**options, "hidden": [9, 7], "learning_rate": options.pop("lr")}
    wanted.pop("lr")
    assert {name: manifest["settings"][name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("256,128", (256, 128)),
        (" 9 , 7", (9, 7)),
        ("5", (5,)),
        ("none", ()),
        ("None", ()),
        ("", ()),
    ],
)
def test_hidden_layers_in_text(text: str, sizes: tuple[int, ...]) -> None:
    """Sizes with commas between, or none."""
    assert parse_hidden(text) == sizes


@pytest.mark.parametrize("text", ["abc", "256,", "9,,7", "1.5", "256;128", "(9,)"])
def test_hidden_layers_in_no_text(text: str) -> None:
    """Everything else is shown how it is done."""
    message = (
        f"--hidden: expected whole numbers with commas between, such as 256,128, got {text!r}."
    )
    with pytest.raises(SettingError, match=f"^{re.escape(message)}$"):
        parse_hidden(text)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (
            ("--activation", "rleu"),
            "training: expected activation to be one of identity, sigmoid, tanh, relu, leaky_relu, "
            "gelu, softmax, got 'rleu'; did you mean 'relu'?",
        ),
        (("--lr", "-1"), "training: expected learning_rate in (0, ∞), got -1.0."),
        (("--lr", "nan"), "training: expected learning_rate in (0, ∞), got nan."),
        (("--lr", "1e999"), "training: expected learning_rate in (0, ∞), got inf."),
        (
            ("--hidden", "abc"),
            "--hidden: expected whole numbers with commas between, such as 256,128, got 'abc'.",
        ),
        (
            ("--hidden", "9,-7"),
            "training: expected hidden as a whole number in [1, 1e+06], got -7.",
        ),
        (
            ("--epochs", "1" + 60 * "0"),
            f"training: expected epochs as a whole number in [1, 1e+06], got 1{60 * '0'}.",
        ),
        (("--clip-norm", "inf"), "training: expected clip_norm in (0, ∞), got inf."),
        (("--dropout", "1"), "training: expected dropout in [0, 1), got 1.0."),
        (("--seed", "-3"), "training: expected seed as a whole number in [0, ∞), got -3."),
        (
            ("--output", "relu"),
            "CrossEntropy: expected outputs in [0, 1], got relu, whose outputs lie in [0, ∞); use "
            "softmax or sigmoid, or the loss squared_error.",
        ),
        (
            ("--validation", "-1"),
            "load_dataset: expected validation as a whole number in [0, 240), got -1.",
        ),
        (
            ("--validation", "240"),
            "load_dataset: expected validation as a whole number in [0, 240), got 240.",
        ),
        (
            ("--validation", "0", "--patience", "1"),
            "training: expected a validation set, which patience needs, got none; leave patience out.",
        ),
    ],
)
def test_wrong_values_are_wrong_usage(
    inkling: Command, strokes_file: Path, tmp_path: Path, options: tuple[str, ...], complaint: str
) -> None:
    """Exit status 2, one line, and no run."""
    outcome = inkling("train", "--data", strokes_file, "--out", "r", *options)
    assert outcome.status == 2
    assert outcome.complaint == complaint
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(
    "options", [("--epochs", "many"), ("--nope",), ("extra",), ("--lr",), ("--json=3",)]
)
def test_what_cannot_be_parsed_is_wrong_usage(inkling: Command, options: tuple[str, ...]) -> None:
    """The option or word is named; nothing is on standard output."""
    outcome = inkling("train", *options)
    assert (outcome.status, outcome.out) == (2, "")
    assert options[0].partition("=")[0] in outcome.err


@pytest.mark.parametrize(
    ("source", "got"),
    [("nowhere", "'nowhere', which does not exist"), ("", "'', which does not exist")],
)
def test_data_that_are_not_there(inkling: Command, source: str, got: str) -> None:
    """An empty name is no name either: it does not stand for MNIST."""
    outcome = inkling("train", "--data", source)
    assert outcome.status == 1
    assert outcome.complaint == (
        "load_dataset: expected 'mnist', 'digits' or the path of a file or folder of images, got "
        f"{got}."
    )


def test_too_few_images(inkling: Command, tmp_path: Path) -> None:
    """Three images leave none to test on: said at once, not after training."""
    np.savez(tmp_path / "3.npz", x_train=np.zeros((3, 5, 5), np.uint8), y_train=np.arange(3))
    outcome = inkling("train", "--data", "3.npz", "--out", "r")
    assert outcome.status == 1
    assert outcome.complaint == (
        "training: expected at least one test image, got none in 3.npz with 3 for training."
    )
    assert not (tmp_path / "r").exists()


def test_a_directory_that_cannot_be_used(
    inkling: Command, strokes_file: Path, trained: Path, tmp_path: Path
) -> None:
    """One that holds a run, a file, a name in a file."""
    (tmp_path / "file").write_text("mine")
    for path, complaint in (
        (
            trained,
            f"run {trained}: expected a new directory, got one that holds a run; continue it with "
            f"--resume {trained}, or choose another --out.",
        ),
        (Path("file"), "run file: expected a directory to write to, got File exists."),
        (
            Path("file/r"),
            f"run {Path('file/r')}: expected a directory to write to, got Not a directory.",
        ),
    ):
        outcome = inkling("train", "--data", strokes_file, "--out", path)
        assert outcome.status == 1
        assert outcome.complaint == complaint


@pytest.mark.parametrize("options", [("--optimizer", "sgd", "--lr", "1e6"), ("--lr", "1e30")])
def test_divergence(
    inkling: Command, strokes_file: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """One sentence after what was printed before, exit status 1, no model, and no warning."""
    outcome = inkling("train", "--data", strokes_file, "--out", "r", *options)
    assert (outcome.status, outcome.out) == (1, "")
    last = outcome.err.splitlines()[-1]
    assert re.fullmatch(
        r"inkling: training diverged: .+ in epoch \d+, step \d+, after a step at learning rate \S+; "
        r"the likely causes are a learning rate that is too large \(try a tenth of it, or "
        r"--clip-norm 1\) or inputs that are not scaled\.",
        last,
    )
    assert "Warning" not in outcome.err
    assert manifest_of(tmp_path / "r")["status"] == "diverged"
    assert not (tmp_path / "r" / "model.safetensors").exists()


def test_a_full_disk(inkling: Command, strokes_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's reason in one line."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "runs/r/checkpoint")

    monkeypatch.setattr("inkling.training.checkpoint.atomic_write", full)
    outcome = inkling("train", "--data", strokes_file, *SMALL)
    assert (outcome.status, outcome.out) == (1, "")
    last = outcome.err.splitlines()[-1]
    assert last == "inkling: runs/r/checkpoint: No space left on device"


def test_too_little_memory(
    inkling: Command, strokes_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network that no machine can hold."""

    def too_large(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("inkling.training.settings.build_mlp", too_large)
    outcome = inkling("train", "--data", strokes_file)
    assert outcome.status == 1
    assert outcome.complaint == (
        "there is not enough memory for this; try a smaller network, batch or picture"
    )


# Without MNIST.


@pytest.mark.usefixtures("no_picture")
def test_without_mnist_the_digits_are_trained_on(inkling: Command, tmp_path: Path) -> None:
    """One plain sentence says so, and the result names what it was measured on."""
    pytest.importorskip("sklearn")
    outcome = inkling("train", *SMALL, "--epochs", "1", "--json")
    assert outcome.status == 0
    assert outcome.json["dataset"] == "digits"
    assert outcome.json["run"].startswith(str(Path("runs", "digits-")))
    assert (
        "MNIST is neither on this machine nor reachable, so this trains on scikit-learn's 1,797 "
        "handwritten digits instead; say --data mnist to insist.\n"
    ) in outcome.err
    assert not (tmp_path / "cache").exists()


WAYS_OUT = (
    "set INKLING_DATA to a folder with the four files, or use another data set: the path of your own, "
    "or 'digits', which comes with scikit-learn."
)


def test_mnist_by_name_is_mnist_or_nothing(inkling: Command) -> None:
    """Asked for by name, nothing else will do; the sentence says why, and the three ways out."""
    outcome = inkling("train", "--data", "mnist")
    assert (outcome.status, outcome.out) == (1, "")
    last = outcome.err.splitlines()[-1]
    assert last.startswith("inkling: MNIST is not on this machine and could not be downloaded (")
    assert last.endswith(f"; {WAYS_OUT}")
    assert "digits instead" not in outcome.err


def test_a_local_file_that_is_wrong_is_no_reason_to_fall_back(
    inkling: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INKLING_DATA names a folder: what is wrong there is said, and nothing else is trained on."""
    names = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    for name in names:
        (tmp_path / f"{name}-ubyte").write_bytes(b"no digits")
    for folder in (tmp_path, tmp_path / "nowhere"):
        monkeypatch.setenv("INKLING_DATA", str(folder))
        outcome = inkling("train")
        assert outcome.status == 1
        assert outcome.complaint.startswith(str(folder))


def test_without_scikit_learn_there_is_nothing_to_fall_back_to(
    inkling: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line: why there is no MNIST, the ways out, and what to install for the digits."""
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    outcome = inkling("train")
    assert outcome.status == 1
    last = outcome.err.splitlines()[-1]
    assert last.startswith("inkling: MNIST is not on this machine and could not be downloaded (")
    assert last.endswith(
        f"; {WAYS_OUT} And the bundled digits data set needs scikit-learn, which is not installed; "
        "type: pip install '.[sklearn]'"
    )
    assert "digits instead" not in outcome.err


# Going on with a run.


def interrupted(monkeypatch: pytest.MonkeyPatch, epoch: int) -> None:
    """Ctrl-C arrives while the epoch after this one is trained."""

    def until(*args: Any, **kwargs: Any) -> Iterator[EpochRecord]:
        for record in train_epochs(*args, **kwargs):
            yield record
            if record.epoch == epoch:
                raise KeyboardInterrupt

    monkeypatch.setattr("inkling.training.run.train_epochs", until)


def test_ctrl_c_says_how_to_go_on(
    inkling: Command, strokes_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit status 130; the line can be typed as it is, and goes on to the same end."""
    expected = train(strokes_file, hidden=(9,), epochs=3, dropout=0.3, seed=5)
    options = ("--hidden", "9", "--epochs", "3", "--dropout", "0.3", "--seed", "5")
    with monkeypatch.context() as patch:
        interrupted(patch, 1)
        outcome = inkling("train", "--data", strokes_file, *options, "--out", "my run")
    assert (outcome.status, outcome.out) == (130, "")
    last = outcome.err.splitlines()[-1]
    assert last == "interrupted; to go on: inkling train --resume 'my run'"
    with monkeypatch.context() as patch:
        interrupted(patch, 2)
        outcome = inkling("train", "--resume", "my run")
    assert outcome.status == 130
    assert outcome.err.splitlines()[-1] == last
    assert "epoch 1/3" not in outcome.err
    monkeypatch.setattr("inkling.plots.report.write_report", lambda *_: None)
    outcome = inkling("train", "--resume", "my run", "--json")
    assert outcome.status == 0
    assert len(outcome.json["epochs"]) == 3
    resumed = load_model(tmp_path / "my run").network.parameters
    for name, array in expected.model.network.parameters.items():
        np.testing.assert_array_equal(resumed[name], array)


def test_ctrl_c_before_there_is_a_run(inkling: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the data are read there is nothing to go on with, and nothing is said."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("inkling.data.dataset.load_dataset", interrupt)
    outcome = inkling("train", "--data", "digits", "--out", "r")
    assert (outcome.status, outcome.out, outcome.err) == (130, "", "")


def test_a_finished_run_says_so(inkling: Command, trained: Path) -> None:
    """Exit status 1 and a whole sentence."""
    outcome = inkling("train", "--resume", trained)
    assert outcome.status == 1
    assert outcome.complaint == (
        f"run {trained} is finished after 15 epochs; there is nothing to resume. Its model: "
        f"{trained / 'model.safetensors'}"
    )


def test_nothing_to_resume(inkling: Command, tmp_path: Path) -> None:
    """No such directory; a file; a folder of something else."""
    (tmp_path / "file").write_text("mine")
    for path in ("nowhere", "file", "."):
        outcome = inkling("train", "--resume", path)
        assert outcome.status == 1
        assert outcome.complaint == (
            f"run {path}: expected a run directory with manifest.json, got none there."
        )


@pytest.mark.parametrize(
    "option", [("--lr", "0.1"), ("--data", "digits"), ("--out", "r"), ("--validation", "3")]
)
def test_a_resumed_run_takes_no_options(
    inkling: Command, trained: Path, option: tuple[str, ...]
) -> None:
    """It has its own."""
    outcome = inkling("train", "--resume", trained, *option)
    assert outcome.status == 2
    assert outcome.complaint == (
        "--resume: expected no other options, since a run goes on with its own settings."
    )


def begin(inkling: Command, monkeypatch: pytest.MonkeyPatch, source: Path, *options: str) -> None:
    """Starts a run in ``r`` and interrupts it after its first epoch."""
    with monkeypatch.context() as patch:
        interrupted(patch, 1)
        outcome = inkling("train", "--data", source, *SMALL, "--out", "r", *options)
    assert outcome.status == 130


@pytest.mark.usefixtures("no_picture")
@pytest.mark.parametrize("count", ["0", "7", "50"])
def test_the_validation_set_is_found_again(
    inkling: Command, strokes_file: Path, monkeypatch: pytest.MonkeyPatch, count: str
) -> None:
    """However many images were asked for; the data are where they were, not where one stands."""
    begin(inkling, monkeypatch, strokes_file, "--validation", count)
    assert inkling("train", "--resume", "r").status == 0


@pytest.mark.usefixtures("no_picture")
def test_a_validation_set_of_the_sources_own(
    inkling: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder with train, validation and test in it, whose sizes nobody may choose."""
    from PIL import Image

    rng = np.random.default_rng(0)
    for part, count in (("train", 9), ("validation", 2), ("test", 3)):
        for name in ("a", "b"):
            folder = tmp_path / "letters" / part / name
            folder.mkdir(parents=True)
            for number in range(count):
                ink = rng.integers(0, 256, (11, 13)).astype(np.uint8)
                Image.fromarray(ink).save(folder / f"{number}.png")
    begin(inkling, monkeypatch, tmp_path / "letters")
    outcome = inkling("train", "--resume", "r", "--json")
    assert outcome.status == 0
    assert outcome.json["epochs"][1]["validation_accuracy"] is not None


def test_data_that_changed_are_refused(
    inkling: Command, strokes_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A single pixel makes another run of it."""
    source = tmp_path / "data.npz"
    shutil.copy(strokes_file, source)
    begin(inkling, monkeypatch, source)
    with np.load(strokes_file) as archive:
        arrays = dict(archive)
    arrays["x_train"][0, 0, 0] ^= 1
    np.savez(source, **arrays)
    outcome = inkling("train", "--resume", "r")
    assert outcome.status == 1
    assert outcome.complaint == (
        "run r: expected the data set it was started with, data.npz, got data.npz with other "
        "contents."
    )
    source.unlink()
    outcome = inkling("train", "--resume", "r")
    assert outcome.status == 1
    assert outcome.complaint.endswith(f"got '{source}', which does not exist.")


def test_a_run_on_data_from_python(inkling: Command, strokes: Dataset, tmp_path: Path) -> None:
    """The command line cannot have them; the sentence says what can."""
    train(strokes, hidden=(5,), epochs=1, run=tmp_path / "r")
    path = tmp_path / "r" / "manifest.json"
    path.write_text(path.read_text().replace('"finished"', '"running"'))
    outcome = inkling("train", "--resume", "r")
    assert outcome.status == 1
    assert outcome.complaint == (
        "run r: expected a data set on file, got one from Python; call inkling.train(dataset, "
        "run='r', resume=True)."
    )


@pytest.mark.parametrize("damage", [lambda content: content[:100], lambda _: b""])
def test_a_damaged_checkpoint(
    inkling: Command,
    strokes_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[bytes], bytes],
) -> None:
    """One line, with what to do."""
    begin(inkling, monkeypatch, strokes_file)
    path = tmp_path / "r" / "checkpoint"
    path.write_bytes(damage(path.read_bytes()))
    outcome = inkling("train", "--resume", "r")
    assert outcome.status == 1
    assert outcome.complaint.startswith(
        f"checkpoint {Path('r', 'checkpoint')}: expected a whole safetensors file, got "
    )
    assert outcome.complaint.endswith("; delete it to start the run from its beginning.")
    path.unlink()
    monkeypatch.setattr("inkling.plots.report.write_report", lambda *_: None)
    assert inkling("train", "--resume", "r").status == 0


def test_a_damaged_manifest(inkling: Command, tmp_path: Path) -> None:
    """One line."""
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "manifest.json").write_text("{")
    outcome = inkling("train", "--resume", "r")
    assert outcome.status == 1
    assert outcome.complaint.startswith("run r: expected a manifest.json of this version, got ")
