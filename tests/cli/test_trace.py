"""``inkling trace``: one image through a network and back, as tables and as JSON."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from inkling.cli.trace_tables import draw
from inkling.data.dataset import load_dataset
from inkling.model.file import load_model
from inkling.model.model import Model
from inkling.nn.activations import ReLU
from inkling.nn.mlp import build_mlp

Command = Callable[..., Any]


def test_json_says_what_numpy_computes(inkling: Command, strokes_file: Path) -> None:
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
    """A person sees the image, both tables and the step; each row has its shape and its formula."""
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


def test_a_model_is_traced_with_its_own_loss(
    inkling: Command, strokes_file: Path, trained: Path
) -> None:
    """With --model the network, its classes and its loss are those of the run."""
    result = inkling(
        "trace", "--data", strokes_file, "--model", trained, "--index", 5, "--json"
    ).json
    assert result["network"] == load_model(trained).network.summary == "784 → 19 relu → 10 softmax"
    assert result["answer"] == "5"
    assert [row["formula"] for row in result["backward"]].count("relu-grad") == 1


def test_a_picture_is_taught_its_own_answer_or_the_one_asked_for(
    inkling: Command, pictures: Path
) -> None:
    """Nobody knows a picture's class: without --label its target is what the network says."""
    path = pictures / "one.png"
    own = inkling("trace", path, "--json").json
    assert own["label"] == own["answer"]
    asked = inkling("trace", path, "--label", "7", "--json").json
    assert (asked["label"], asked["answer"]) == ("7", own["answer"])
    assert inkling("trace", path, "--label", "7").out.startswith(f"{path}, taught as 7\n")


def test_a_names_brackets_are_not_taken_for_markup(inkling: Command, pictures: Path) -> None:
    """A file's name comes out as it is."""
    path = pictures / "a[red]b[|].png"
    assert inkling("trace", path, "--label", "1").out.splitlines()[0] == f"{path}, taught as 1"


@pytest.mark.parametrize(
    ("arguments", "status", "complaint"),
    [
        (
            ["--index", 240],
            2,
            "trace: expected index as a whole number in [0, 239], got 240.",
        ),
        (
            ["--index", -1],
            2,
            "trace: expected index as a whole number in [0, 239], got -1.",
        ),
        (
            ["--label", "ten"],
            2,
            "trace: expected --label to be one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, got 'ten'.",
        ),
        (
            ["--lr", 0],
            2,
            "trace: expected learning_rate in (0, ∞), got 0.0.",
        ),
    ],
    ids=["index", "negative", "label", "rate"],
)
def test_wrong_options_are_said_in_one_line(
    inkling: Command, strokes_file: Path, arguments: list[object], status: int, complaint: str
) -> None:
    """What is out of range is named, with the range."""
    outcome = inkling("trace", "--data", strokes_file, *arguments)
    assert (outcome.status, outcome.complaint) == (status, complaint)


def test_an_image_and_an_index_are_too_much(inkling: Command, pictures: Path) -> None:
    """One image is traced, wherever it comes from."""
    outcome = inkling("trace", pictures / "one.png", "--index", 3)
    complaint = "trace: expected an image or --index with --data, got both."
    assert (outcome.status, outcome.complaint) == (2, complaint)


def test_empty_paper_is_refused(inkling: Command, pictures: Path) -> None:
    """There is nothing to trace on an empty page."""
    path = pictures / "empty.png"
    outcome = inkling("trace", path)
    assert (outcome.status, outcome.complaint) == (
        1,
        f"trace: {path}: expected a digit, got empty paper.",
    )


def test_a_model_of_other_classes_or_pictures_is_refused(
    inkling: Command, strokes_file: Path, pictures: Path, tmp_path: Path
) -> None:
    """Data and model must mean the same by a class, and have pictures of one size."""
    rng = np.random.default_rng(0)
    letters = tmp_path / "letters.safetensors"
    Model(build_mlp((784, 3), rng=rng), ("a", "b", "c")).save(letters)
    outcome = inkling("trace", "--data", strokes_file, "--model", letters)
    assert (outcome.status, outcome.complaint) == (
        1,
        "trace: expected data with the model's classes a, b, c, got 0, 1, 2, 3, 4, 5, 6, 7, 8, 9.",
    )
    small = tmp_path / "small.safetensors"
    Model(build_mlp((35, 3), rng=rng), ("a", "b", "c"), (5, 7)).save(small)
    outcome = inkling("trace", pictures / "one.png", "--model", small)
    complaint = "trace: expected an image of (5, 7) pixels, got (28, 28)."
    assert (outcome.status, outcome.complaint) == (1, complaint)


def test_slopes_that_disagree_are_named(
    inkling: Command, strokes_file: Path, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong gradient is marked and named below the table; ReLU's corner is offered as a reason."""
    right = ReLU.gradient

    monkeypatch.setattr(ReLU, "gradient", lambda *arrays: 1.01 * right(*arrays))
    command = ("trace", "--data", strokes_file, "--model", trained, "--index", 5)
    lines = inkling(*command).out.splitlines()
    assert "Not as measured: δ1, ∂L/∂W1, ∂L/∂b1." in lines
    passed = {row["symbol"]: row["passed"] for row in inkling(*command, "--json").json["backward"]}
    assert (passed["δ1"], passed["δ2"]) == (False, True)


def test_without_mnist_the_command_says_what_to_do(inkling: Command) -> None:
    """Where MNIST is neither here nor to be had, one line names the alternatives."""
    outcome = inkling("trace")
    assert outcome.status == 1
    assert outcome.err.splitlines()[-1].startswith("inkling: MNIST is not on this machine")


def test_an_image_of_odd_height_is_drawn_whole() -> None:
    """Two rows of pixels make a line; a last single row fills its upper half."""
    assert draw(np.array([[255, 0, 255], [0, 0, 255], [95, 96, 0]], dtype=np.uint8)) == "▀ █\n ▀ "
