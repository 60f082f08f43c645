"""From a picture to a digit: every kind of picture, either polarity, and paper without ink."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkling._types import ByteArray
from inkling.data.dataset import Dataset
from inkling.errors import ImageError, ModelFileError, ShapeError
from inkling.image.normalize import normalize
from inkling.model_file import Model
from inkling.nn.mlp import build_mlp
from inkling.recognize import Digit, Recognizer


@pytest.fixture(scope="module")
def normalized(strokes: Dataset) -> Model:
    """A model of the drawn digits as the one normalisation makes them."""
    from dataclasses import replace

    from inkling.data.split import Split
    from inkling.training.run import train

    images = np.stack([normalize(image) for image in strokes.train.images])
    dataset = replace(strokes, train=Split(images, strokes.train.labels))
    return train(dataset, hidden=(31,), epochs=40, batch_size=16).model


@pytest.fixture(scope="module")
def recognizer(normalized: Model) -> Recognizer:
    """A recognizer of the drawn digits."""
    return Recognizer(normalized)


@pytest.fixture(scope="module")
def page() -> ByteArray:
    """A four, dark on white, 150 × 110 pixels, towards a corner."""
    page = np.full((150, 110), 245, np.uint8)
    page[20:64, 20:28] = 30
    page[56:64, 20:68] = 30
    page[20:100, 60:68] = 30
    return page


def test_reads_a_page(recognizer: Recognizer, page: ByteArray) -> None:
    """The digit, its probability, and the whole picture as its box."""
    digit = recognizer.read_digit(page)
    assert digit.digit == 4
    assert digit.reason is None
    assert digit.confidence == max(digit.probabilities) > 0.5
    assert sum(digit.probabilities) == pytest.approx(1, abs=1e-5)
    assert len(digit.probabilities) == 10
    assert digit.box == (0, 0, 110, 150)
    assert digit.row == 0


def test_every_kind_of_picture_is_the_same_picture(
    recognizer: Recognizer, page: ByteArray, tmp_path: Path
) -> None:
    """Arrays grey, in colour and with opacity, Pillow images, files: one answer."""
    expected = recognizer.read_digit(page)
    colour = np.repeat(page[:, :, np.newaxis], 3, axis=2)
    opaque = np.concatenate([colour, np.full((150, 110, 1), 255, np.uint8)], axis=2)
    path = tmp_path / "four.png"
    Image.fromarray(page).save(path)
    sources: list[Any] = [colour, opaque, Image.fromarray(page), Image.fromarray(colour), path]
    sources += [str(path), page.copy(order="F"), np.asarray(Image.fromarray(page))]
    for source in sources:
        assert recognizer.read_digit(source) == expected


def test_either_polarity(recognizer: Recognizer, page: ByteArray) -> None:
    """Chalk on a board reads as ink on paper does."""
    dark, light = recognizer.read_digit(page), recognizer.read_digit(255 - page)
    assert light.digit == dark.digit == 4
    assert light.confidence == dark.confidence


@pytest.mark.parametrize("size", [(28, 28), (75, 55), (600, 440), (1500, 1100)])
def test_any_size(recognizer: Recognizer, page: ByteArray, size: tuple[int, int]) -> None:
    """A thumbnail or a photograph: the box has its size."""
    height, width = size
    scaled = np.asarray(Image.fromarray(page).resize((width, height), Image.Resampling.BOX))
    digit = recognizer.read_digit(scaled)
    assert digit.digit == 4
    assert digit.box == (0, 0, width, height)


def test_the_answer_is_the_models(recognizer: Recognizer, page: ByteArray) -> None:
    """Exactly what the model says about the normalised picture, and nothing else."""
    said = recognizer.model.predict_proba(normalize(page)[np.newaxis])[0]
    digit = recognizer.read_digit(page)
    assert digit.probabilities == tuple(said.tolist())
    assert digit.digit == said.argmax()


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_paper_without_ink_has_no_digit(recognizer: Recognizer, grey: int) -> None:
    """White, grey or black, with the grain of a scan; a single pixel too."""
    rng = np.random.default_rng(0)
    grain = np.clip(grey + rng.integers(-4, 5, (60, 40)), 0, 255).astype(np.uint8)
    for picture in (np.full((60, 40), grey, np.uint8), grain, np.full((1, 1), grey, np.uint8)):
        digit = recognizer.read_digit(picture)
        height, width = picture.shape
        assert digit == Digit(None, "empty", 0.0, (0.0,) * 10, (0, 0, width, height))


def test_plain_data(recognizer: Recognizer, page: ByteArray) -> None:
    """The keys that other programs rely on, ready for JSON; where there is nothing, null."""
    answer = recognizer.read_digit(page).to_dict()
    assert set(answer) == {"digit", "reason", "confidence", "box", "row"}
    assert json.loads(json.dumps(answer)) == answer
    assert answer["box"] == [0, 0, 110, 150]
    empty = recognizer.read_digit(np.zeros((9, 7), np.uint8)).to_dict()
    assert (empty["digit"], empty["reason"], empty["confidence"]) == (None, "empty", 0.0)


def test_a_model_of_a_few_digits(page: ByteArray) -> None:
    """Three classes named 7, 4 and 9: the answer is a name, not a place in the list."""
    network = build_mlp((784, 3), rng=np.random.default_rng(0))
    network.parameters["dense1.bias"][...] = (0, 50, 0)
    digit = Recognizer(Model(network, ("7", "4", "9"))).read_digit(page)
    assert digit.digit == 4
    assert len(digit.probabilities) == 3


def test_takes_a_model_a_file_or_a_run(normalized: Model, page: ByteArray, tmp_path: Path) -> None:
    """Three ways to say the same model."""
    normalized.save(tmp_path / "model.safetensors")
    said = {
        Recognizer(source).read_digit(page)
        for source in (normalized, tmp_path / "model.safetensors", str(tmp_path))
    }
    assert len(said) == 1


@pytest.mark.parametrize(
    ("classes", "shape", "got"),
    [
        (("a", "b", "c"), (28, 28), "(28, 28) pixels, classes a, b, c"),
        (("1", "2", "10"), (28, 28), "(28, 28) pixels, classes 1, 2, 10"),
        (("1", "2", "²"), (28, 28), "(28, 28) pixels, classes 1, 2, ²"),
        (("1", "2", ""), (28, 28), "(28, 28) pixels, classes 1, 2, "),
        (("1", "2", "3"), (14, 56), "(14, 56) pixels, classes 1, 2, 3"),
    ],
)
def test_a_model_of_something_else(
    classes: tuple[str, ...], shape: tuple[int, int], got: str
) -> None:
    """Letters, numbers of two digits, what only looks like a digit, pictures of another size."""
    network = build_mlp((784, 3), rng=np.random.default_rng(0))
    message = f"Recognizer: expected a model of digits in 28 × 28 pixels, got {got}."
    with pytest.raises(ModelFileError, match=f"^{re.escape(message)}$"):
        Recognizer(Model(network, classes, shape))


def test_what_is_no_picture(recognizer: Recognizer, tmp_path: Path) -> None:
    """The sentences of open_image come through, one line each."""
    (tmp_path / "note.txt").write_text("four")
    for path in (tmp_path, tmp_path / "nowhere.png", tmp_path / "note.txt"):
        with pytest.raises(
            ImageError, match=f"^{re.escape(str(path))}: expected a picture [^\n]+$"
        ):
            recognizer.read_digit(path)
    arrays: tuple[Any, ...] = (
        np.zeros((28, 28)),
        np.zeros((0, 5), np.uint8),
        np.zeros(784, np.uint8),
    )
    for array in arrays:
        with pytest.raises(ShapeError, match=r"^open_image: expected an array of uint8 [^\n]+$"):
            recognizer.read_digit(array)
