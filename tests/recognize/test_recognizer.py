"""From an image to digits: every kind of image, either polarity, and paper without ink."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkling._types import ByteArray
from inkling.data.dataset import Dataset
from inkling.data.split import Split
from inkling.errors import ImageError, ModelFileError, ShapeError
from inkling.image.normalize import normalize
from inkling.image.page.segment import segment
from inkling.model.decision import Answers, classify
from inkling.model.model import Classifier, Model
from inkling.nn.mlp import build_mlp
from inkling.recognize.recognizer import Digit, Reading, Recognizer
from inkling.training.run import train


@pytest.fixture(scope="module")
def normalized(strokes: Dataset) -> Model:
    """A model of the drawn digits, normalized."""
    train_split, validation = (
        Split(np.stack([normalize(image) for image in split.images]), split.labels)
        for split in (strokes.train, strokes.validation)
    )
    dataset = replace(strokes, train=train_split, validation=validation)
    return train(dataset, hidden=(31,), epochs=120, batch_size=16).model


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


def constant_model(classes: tuple[str, str, str]) -> Model:
    """A model that assigns the second class to every image."""
    network = build_mlp((784, 3), rng=np.random.default_rng(0))
    network.parameters["dense1.bias"][...] = (0, 50, 0)
    return Model(network, classes)


def write_rows(images: ByteArray, rows: list[list[int]], step: int = 56) -> ByteArray:
    """Some of the drawn digits, dark on a page that grows darker to the right, 56 pixels high each."""
    height, width = 70 * len(rows) + 80, step * max(len(row) for row in rows) + 100
    cover = np.zeros((height, width))
    for y, row in enumerate(rows):
        for x, number in enumerate(row):
            drawn = images[number].astype(float)
            large = np.where(drawn > 60, drawn, 0).repeat(2, axis=0).repeat(2, axis=1) / 255
            # The drawn digits are shifted at random; here each has its place.
            large = np.roll(large, 12 - int(large.any(axis=0).argmax()), axis=1)
            top, left = 40 + 70 * y, 40 + step * x
            here = cover[top : top + 56, left : left + 56]
            np.maximum(here, large[:, : here.shape[1]], out=here)
    light = np.linspace(230, 130, width)
    return np.asarray(light * (1 - 0.8 * cover)).astype(np.uint8)


def test_reads_rows_of_digits(recognizer: Recognizer, strokes: Dataset) -> None:
    """Top to bottom and left to right, in uneven light, in either polarity, each digit with its box."""
    image = write_rows(strokes.train.images, [[4, 0, 7, 1], [2, 9], [5, 8, 3]])
    reading = recognizer.read(image)  # image n shows the digit n % 10
    assert reading.text == ("4071", "29", "583")
    assert "".join(digit.text for digit in reading.digits) == "4071" + "29" + "583"
    assert [digit.row for digit in reading.digits] == [0] * 4 + [1] * 2 + [2] * 3
    for digit in reading.digits:
        left, top, right, bottom = digit.box
        assert 35 + 70 * digit.row <= top < bottom <= 105 + 70 * digit.row
        assert right - left <= 30
        assert recognizer.model.predict(digit.pixels[np.newaxis])[0] == digit.digit
    assert recognizer.read(255 - image).text == reading.text


def test_touching_digits_are_cut(recognizer: Recognizer, strokes: Dataset) -> None:
    """A 2 and a 5 that touch are one component and two digits."""
    image = write_rows(strokes.train.images, [[2, 5]], step=36)
    image[92:96, 50:110] = 40  # a common baseline
    assert len(segment(image).rows[0].marks) == 1
    first, second = recognizer.read(image).digits
    assert first.box[2] <= second.box[0] + 8
    assert second.digit == 5


def test_one_digit_alone_is_read_whole(recognizer: Recognizer, page: ByteArray) -> None:
    """The same answer as from ``read_digit``, with a box of its own."""
    reading = recognizer.read(page)
    assert reading.text == ("4",)
    assert reading.digits[0].box == (20, 20, 68, 100)
    assert reading.digits[0].digit == recognizer.read_digit(page).digit


def test_paper_without_writing(recognizer: Recognizer) -> None:
    """One answer, "empty", for any paper, uneven light, grain, and a single pixel."""
    uneven = np.broadcast_to(np.linspace(220, 120, 300), (200, 300)).astype(np.uint8)
    assert recognizer.read(uneven).text == ("?",)
    grain = 128 + np.random.default_rng(0).integers(-4, 5, (60, 40)).astype(np.uint8)
    flat = [np.full((3, 500), 7), np.full((28, 28), 255), np.zeros((1, 1))]
    for image in (grain, *(array.astype(np.uint8) for array in flat)):
        height, width = image.shape
        empty = Digit(None, "empty", 0.0, (0.0,) * 10, (0, 0, width, height))
        assert recognizer.read(image) == Reading(("?",), (empty,))
        assert recognizer.read_digit(image) == empty


def test_a_rejected_place_is_a_question_mark(
    recognizer: Recognizer, strokes: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At its place in the row, with the reason and its two candidates."""

    def doubt_sevens(model: Classifier, pixels: ByteArray) -> Answers:
        answers = classify(model, pixels)
        sevens = answers.label == 7
        return replace(
            answers,
            reasons=tuple("unsure" if seven else None for seven in sevens),
            candidates=tuple("7 or 1" if seven else None for seven in sevens),
        )

    monkeypatch.setattr("inkling.recognize.recognizer.classify", doubt_sevens)
    reading = recognizer.read(write_rows(strokes.train.images, [[4, 7, 0]]))
    assert reading.text == ("4?0",)
    doubt = reading.digits[1]
    assert (doubt.digit, doubt.label, doubt.reason) == (None, None, "unsure")
    assert doubt.between == "7 or 1"
    assert doubt.confidence == max(doubt.probabilities) > 0.5


def test_reads_a_single_digit(recognizer: Recognizer, page: ByteArray) -> None:
    """The model's answer to the normalized image, and the whole image as its box."""
    digit = recognizer.read_digit(page)
    probabilities = classify(recognizer.model, normalize(page)[np.newaxis]).probabilities[0]
    assert (digit.digit, digit.reason, digit.row) == (4, None, 0)
    assert digit.probabilities == tuple(probabilities.tolist())
    assert digit.confidence == max(digit.probabilities) > 0.5
    assert digit.box == (0, 0, 110, 150)
    light = recognizer.read_digit(255 - page)
    assert (light.digit, light.confidence) == (digit.digit, digit.confidence)


def test_every_kind_of_image(recognizer: Recognizer, page: ByteArray, tmp_path: Path) -> None:
    """Gray, color and transparent arrays, Pillow images and files give one answer."""
    color = np.repeat(page[:, :, np.newaxis], 3, axis=2)
    opaque = np.concatenate([color, np.full((150, 110, 1), 255, np.uint8)], axis=2)
    path = tmp_path / "four.png"
    Image.fromarray(page).save(path)
    sources: list[Any] = [color, opaque, Image.fromarray(page), path, str(path)]
    for source in (*sources, page.copy(order="F")):
        assert recognizer.read_digit(source) == recognizer.read_digit(page)


@pytest.mark.parametrize("size", [(28, 28), (600, 440), (1500, 1100)])
def test_any_size(recognizer: Recognizer, page: ByteArray, size: tuple[int, int]) -> None:
    """A thumbnail or a photograph; the box has its size."""
    height, width = size
    scaled = np.asarray(Image.fromarray(page).resize((width, height), Image.Resampling.BOX))
    digit = recognizer.read_digit(scaled)
    assert (digit.digit, digit.box) == (4, (0, 0, width, height))


def test_plain_data(recognizer: Recognizer, page: ByteArray) -> None:
    """The keys that other programs rely on, ready for JSON."""
    reading = recognizer.read(page)
    plain = reading.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["text"] == ["4"]
    assert list(plain["digits"][0]) == ["digit", "reason", "confidence", "box", "row"]
    assert plain["digits"][0]["box"] == list(reading.digits[0].box)


@pytest.mark.parametrize(("name", "digit"), [("4", 4), ("b", None), ("10", None), ("²", None)])
def test_classes_that_are_not_all_digits(page: ByteArray, name: str, digit: int | None) -> None:
    """A class name is a label; only a single digit is a digit too."""
    found = Recognizer(constant_model(("a", name, "1"))).read_digit(page)
    assert (found.digit, found.label, found.text, found.reason) == (digit, name, name, None)
    assert found.to_dict().get("label") == (name if digit is None else None)


def test_names_of_several_letters_are_separated(page: ByteArray) -> None:
    """So that a row of text can be read."""
    two = np.concatenate([page, page], axis=1)
    assert Recognizer(constant_model(("one", "ten", "two"))).read(two).text == ("ten ten",)
    assert Recognizer(constant_model(("a", "b", "c"))).read(two).text == ("bb",)


def test_takes_a_model_a_file_or_a_run(
    normalized: Model, page: ByteArray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or nothing, for the model that ships."""
    path = tmp_path / "model.safetensors"
    normalized.save(path)
    monkeypatch.setattr("inkling.recognize.recognizer.SHIPPED", path)
    sources = (normalized, path, str(tmp_path), None)
    assert len({Recognizer(source).read_digit(page) for source in sources}) == 1


def test_a_model_of_another_image_shape() -> None:
    """It does not fit what the normalization returns."""
    network = build_mlp((784, 3), rng=np.random.default_rng(0))
    message = "Recognizer: expected a model for images of 28 × 28 pixels, got 14 × 56."
    with pytest.raises(ModelFileError, match=f"^{re.escape(message)}$"):
        Recognizer(Model(network, ("1", "2", "3"), (14, 56)))


def test_what_is_no_image(recognizer: Recognizer, tmp_path: Path) -> None:
    """The errors of ``open_image``."""
    (tmp_path / "note.txt").write_text("four")
    for path in (tmp_path, tmp_path / "nowhere.png", tmp_path / "note.txt"):
        with pytest.raises(ImageError, match=re.escape(str(path))):
            recognizer.read_digit(path)
    with pytest.raises(ShapeError, match=r"^open_image: expected an array of uint8"):
        recognizer.read_digit(np.zeros(784, np.uint8))
