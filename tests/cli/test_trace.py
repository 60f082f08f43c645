"""``inkling trace``: the passes of one image through a network, as tables and as JSON."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from inkling.cli.trace_tables import draw
from inkling.data.dataset import load_dataset
from inkling.model.file import load_model
from inkling.model.model import Model
from inkling.nn.activations import ReLU
from inkling.nn.mlp import build_mlp

Command = Callable[..., Any]


def test_json_holds_what_numpy_computes(inkling: Command, strokes_file: Path) -> None:
    """The fresh network's answer, loss, δ and step are those of the same weights in plain NumPy."""
    result = inkling("trace", "--data", strokes_file, "--index", 7, "--seed", 3, "--json").json
    train = load_dataset(strokes_file, validation=0).train
    x, label = train.images[7].reshape(1, -1) / 255, int(train.labels[7])
    network = build_mlp(
        (784, 30, 10), rng=np.random.default_rng(3), activation="sigmoid", dtype=np.float64
    )
    w1, b1, w2, b2 = network.parameters.values()
    a1 = 1 / (1 + np.exp(-(x @ w1 + b1)))
    powers = np.exp(a1 @ w2 + b2)
    a2 = powers / powers.sum()
    delta = a2 - np.eye(10)[label]

    assert result["sample"] == "training image 7 of strokes.npz"
    assert (result["label"], result["answer"]) == (str(label), str(a2.argmax()))
    assert result["network"] == "784 → 30 sigmoid → 10 softmax"
    assert result["loss"]["value"] == pytest.approx(-math.log(a2[0, label]), rel=1e-12)
    np.testing.assert_allclose(result["forward"][-1]["values"], a2[0], rtol=1e-12)
    rows = {row["symbol"]: row for row in result["backward"]}
    np.testing.assert_allclose(rows["δ2"]["values"], delta[0], rtol=1e-12)
    assert rows["∂L/∂W2"]["norm"] == pytest.approx(np.linalg.norm(a1.T @ delta), rel=1e-12)
    assert all(row["passed"] for row in rows.values())
    assert rows["∂L/∂W1"]["shape"] == [784, 30]
    step = result["step"]
    assert step["loss_after"] < step["loss_before"] == result["loss"]["value"]
    assert step["learning_rate"] == 0.1


def test_tables_hold_every_quantity_with_shape_and_label(
    inkling: Command, strokes_file: Path
) -> None:
    """The image, both tables and the step are printed; each row has a shape and a formula."""
    outcome = inkling("trace", "--data", strokes_file, "--index", 7)
    assert (outcome.status, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert lines[0] == "training image 7 of strokes.npz, label 7"
    for symbol, shape, formula in (
        ("z1", "(1, 30)", "dense-forward"),
        ("a1", "(1, 30)", "sigmoid"),
        ("a2", "(1, 10)", "softmax"),
        ("y", "(1, 10)", "one-hot"),
        ("L", "()", "cross-entropy"),
        ("δ2", "(1, 10)", "ce-softmax-delta"),
        ("∂L/∂W2", "(30, 10)", "dense-grad-weights"),
        ("∂L/∂b1", "(30,)", "dense-grad-bias"),
        ("δ1", "(1, 30)", "sigmoid-grad"),
    ):
        [row] = [line for line in lines if line.startswith(f"{symbol} ")]
        assert f" {shape} " in row
        assert row.rstrip().endswith(f" {formula}")
    assert "All 212 measured slopes agree with back-propagation." in lines
    picture = draw(load_dataset(strokes_file, validation=0).train.images[7]).splitlines()
    assert [line[:28].rstrip() for line in lines[3:17]] == [line.rstrip() for line in picture]


@pytest.mark.parametrize("hidden", ["sigmoid", "leaky_relu"])
def test_nothing_is_cut_off_in_80_columns(
    inkling: Command,
    strokes_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    hidden: str,
) -> None:
    """In a terminal of 80 columns no line is longer, and no cell ends in an ellipsis."""
    rng = np.random.default_rng(0)
    network = build_mlp((784, 256, 128, 10), rng=rng, activation=hidden)
    Model(network, tuple("0123456789")).save(tmp_path / "model.safetensors")
    narrow: list[str] = []

    def show(renderable: object) -> None:
        console = Console(width=80, highlight=False, markup=False, record=True, quiet=False)
        with console.capture() as captured:
            console.print(renderable)
        narrow.extend(captured.get().splitlines())

    monkeypatch.setattr("inkling.cli.trace_tables.show", show)
    inkling("trace", "--data", strokes_file, "--model", tmp_path / "model.safetensors")
    assert len(narrow) > 40
    assert [line for line in narrow if len(line) > 80 or "…" in line] == []


def test_a_source_with_a_validation_set(inkling: Command, tmp_path: Path) -> None:
    """The index counts its training images."""
    for part in ("train", "validation"):
        for name in ("cat", "dog"):
            for number in range(5):
                path = tmp_path / "pets" / part / name / f"{number}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(np.eye(9 + number, dtype=np.uint8) * 255).save(path)
    result = inkling("trace", "--data", "pets", "--index", 0, "--json").json
    assert (result["sample"], result["label"]) == ("training image 0 of pets", "cat")


def test_a_trained_model(inkling: Command, strokes_file: Path, trained: Path) -> None:
    """With --model, the network, its classes and its loss are those of the run."""
    result = inkling(
        "trace", "--data", strokes_file, "--model", trained, "--index", 5, "--json"
    ).json
    assert result["network"] == load_model(trained).network.summary == "784 → 19 relu → 10 softmax"
    assert result["answer"] == "5"
    assert [row["formula"] for row in result["backward"]].count("relu-grad") == 1
    assert result["target"]["formula"] == "label-smoothing"


def test_calibration_is_no_part_of_a_trace(
    inkling: Command, strokes_file: Path, trained: Path
) -> None:
    """A trained model's own outputs are shown, with a line on its temperature; another has none."""
    arguments = ("trace", "--data", strokes_file, "--index", 5)
    temperature = load_model(trained).require_single("test").temperature
    assert temperature != pytest.approx(1)
    text = " ".join(inkling(*arguments, "--model", trained).out.split())
    assert f"its logits are divided by {temperature:.2f}, the temperature" in text
    assert "temperature" not in inkling(*arguments).out


def test_the_target_of_a_picture(inkling: Command, pictures: Path) -> None:
    """Its class is unknown: the target is the network's answer, or the one in --label."""
    path = pictures / "a[red]b[|].png"
    own = inkling("trace", path, "--json").json
    assert own["label"] == own["answer"]
    asked = inkling("trace", path, "--label", "7", "--json").json
    assert (asked["label"], asked["answer"]) == ("7", own["answer"])
    assert inkling("trace", path, "--label", "7").out.startswith(f"{path}, target 7\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "DATA", "--index", 240], "--index as a whole number in [0, 239], got 240"),
        (["--data", "DATA", "--index", -1], "--index as a whole number in [0, 239], got -1"),
        (["--data", "DATA", "--label", "ten"], "--label: expected one of 0, 1, 2"),
        (["--data", "DATA", "--lr", 0], "--lr"),
        (["one.png", "--index", 3], "but not both"),
    ],
    ids=["index", "negative", "label", "rate", "both"],
)
def test_wrong_options(
    inkling: Command, strokes_file: Path, arguments: list[object], words: str
) -> None:
    """Exit status 2; the option is in the message."""
    outcome = inkling("trace", *(strokes_file if word == "DATA" else word for word in arguments))
    assert outcome.status == 2
    assert words in outcome.complaint


def test_what_cannot_be_traced(
    inkling: Command, strokes_file: Path, pictures: Path, tmp_path: Path
) -> None:
    """Empty paper, a model with other classes or another image size, and no MNIST."""
    rng = np.random.default_rng(0)
    letters, small = tmp_path / "letters.safetensors", tmp_path / "small.safetensors"
    Model(build_mlp((784, 3), rng=rng), ("a", "b", "c")).save(letters)
    Model(build_mlp((35, 3), rng=rng), ("a", "b", "c"), (5, 7)).save(small)
    for arguments, words in (
        ((pictures / "empty.png",), "a digit, got empty paper"),
        (("--data", strokes_file, "--model", letters), "the model's classes a, b, c, got 0, 1, 2"),
        ((pictures / "one.png", "--model", small), "images of (5, 7) pixels, got (28, 28)"),
        ((), "MNIST is not on this machine"),
    ):
        outcome = inkling("trace", *arguments)
        assert outcome.status == 1
        assert words in outcome.err


def test_slopes_that_differ_are_named(
    inkling: Command, strokes_file: Path, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong gradient is marked and named below the table."""
    right = ReLU.gradient

    monkeypatch.setattr(ReLU, "gradient", lambda *arrays: 1.01 * right(*arrays))
    command = ("trace", "--data", strokes_file, "--model", trained, "--index", 5)
    lines = inkling(*command).out.splitlines()
    assert "Different from the measured slopes: δ1, ∂L/∂W1, ∂L/∂b1." in "\n".join(lines)
    passed = {row["symbol"]: row["passed"] for row in inkling(*command, "--json").json["backward"]}
    assert (passed["δ1"], passed["δ2"]) == (False, True)


def test_an_image_of_odd_height_is_drawn_whole() -> None:
    """Two rows of pixels make one line; a last single row fills its upper half."""
    assert draw(np.array([[255, 0, 255], [0, 0, 255], [95, 96, 0]], dtype=np.uint8)) == "▀ █\n ▀ "
