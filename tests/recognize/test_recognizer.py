"""From an image to digits: rows and single digits, either polarity, and paper without ink."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inkling._types import ByteArray
from inkling.data.dataset import Dataset
from inkling.data.split import Split
from inkling.errors import ModelFileError
from inkling.image.normalize import normalize
from inkling.image.page.segment import segment
from inkling.model.decision import Answers, classify
from inkling.model.model import Classifier, Model
from inkling.nn.mlp import build_mlp
from inkling.recognize.reading import Digit, Reading
from inkling.recognize.recognizer import Recognizer
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
    """Some of the drawn digits, 56 pixels high, on a page that becomes darker to the right."""
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
    """They are read in order, in uneven light and either polarity, each digit with its box."""
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
    """The answer is that of ``read_digit``, but the box is that of the digit."""
    reading = recognizer.read(page)
    assert reading.text == ("4",)
    assert reading.digits[0].box == (20, 20, 68, 100)
    assert reading.digits[0].digit == recognizer.read_digit(page).digit


@pytest.mark.parametrize("text", ["4", "61"])
def test_an_open_four_and_two_digits(text: str) -> None:
    """The stem of a 4 that is apart makes one digit with the rest of it; a 6 and a 1 stay two."""
    written = {
        "4": [[(72, 42), (62, 126), (155, 120)], [(196, 60), (182, 239)]],
        "61": [
            [(110, 60), (70, 120), (64, 180), (90, 206), (125, 196), (128, 166), (68, 176)],
            [(190, 60), (180, 210)],
        ],
    }
    page = Image.new("L", (280, 280), 245)
    pen = ImageDraw.Draw(page)
    for stroke in written[text]:
        pen.line(stroke, fill=30, width=24, joint="curve")
        for x, y in stroke:
            pen.ellipse((x - 12, y - 12, x + 12, y + 12), fill=30)
    assert len(segment(np.asarray(page)).rows[0].marks) == 2
    assert Recognizer().read(np.asarray(page)).text == (text,)


def test_paper_without_writing(recognizer: Recognizer) -> None:
    """The only answer is "empty", for uneven light, grain, and a single pixel too."""
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
    """It has its place in the row, with the reason and its two candidates."""

    def doubt_sevens(model: Classifier, pixels: ByteArray) -> Answers:
        answers = classify(model, pixels)
        sevens = answers.label == 7
        return replace(
            answers,
            reasons=tuple("unsure" if seven else None for seven in sevens),
            names=tuple(None if name == "7" else name for name in answers.names),
            candidates=tuple(("7", "1") if seven else () for seven in sevens),
        )

    monkeypatch.setattr("inkling.recognize.recognizer.classify", doubt_sevens)
    reading = recognizer.read(write_rows(strokes.train.images, [[4, 7, 0]]))
    assert reading.text == ("4?0",)
    doubt = reading.digits[1]
    assert (doubt.digit, doubt.label, doubt.reason) == (None, None, "unsure")
    assert doubt.between == "7 or 1"
    assert doubt.confidence == max(doubt.probabilities) > 0.5


def test_reads_a_single_digit(recognizer: Recognizer, page: ByteArray) -> None:
    """The answer is the model's to the normalized image; the box is the whole image."""
    digit = recognizer.read_digit(page)
    probabilities = classify(recognizer.model, normalize(page)[np.newaxis]).probabilities[0]
    assert (digit.digit, digit.reason, digit.row) == (4, None, 0)
    assert digit.probabilities == tuple(probabilities.tolist())
    assert digit.confidence == max(digit.probabilities) > 0.5
    assert digit.box == (0, 0, 110, 150)
    light = recognizer.read_digit(255 - page)
    assert (light.digit, light.confidence) == (digit.digit, digit.confidence)


@pytest.mark.parametrize(("height", "width"), [(28, 28), (1500, 1100)])
def test_any_size(recognizer: Recognizer, page: ByteArray, height: int, width: int) -> None:
    """A Pillow image may be a thumbnail or a photograph; the box has its size."""
    digit = recognizer.read_digit(Image.fromarray(page).resize((width, height)))
    assert (digit.digit, digit.box) == (4, (0, 0, width, height))


def test_plain_data(recognizer: Recognizer, page: ByteArray) -> None:
    """The keys are those that other programs rely on, and JSON can hold the values."""
    reading = recognizer.read(page)
    plain = reading.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["text"] == ["4"]
    assert list(plain["digits"][0]) == ["digit", "reason", "confidence", "box", "row"]
    assert plain["digits"][0]["box"] == list(reading.digits[0].box)


@pytest.mark.parametrize(("name", "digit"), [("4", 4), ("b", None), ("10", None), ("²", None)])
def test_classes_that_are_not_all_digits(page: ByteArray, name: str, digit: int | None) -> None:
    """Every class name is a label; only a single digit is a digit too."""
    found = Recognizer(constant_model(("a", name, "1"))).read_digit(page)
    assert (found.digit, found.label, found.text, found.reason) == (digit, name, name, None)
    assert found.to_dict().get("label") == (name if digit is None else None)


def test_names_of_several_letters_are_separated(page: ByteArray) -> None:
    """Those of one letter are not."""
    two = np.concatenate([page, page], axis=1)
    assert Recognizer(constant_model(("one", "ten", "two"))).read(two).text == ("ten ten",)
    assert Recognizer(constant_model(("a", "b", "c"))).read(two).text == ("bb",)


def test_takes_a_model_a_file_or_a_run(
    normalized: Model, page: ByteArray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an argument it takes the model that ships."""
    path = tmp_path / "model.safetensors"
    normalized.save(path)
    monkeypatch.setattr("inkling.recognize.recognizer.SHIPPED", path)
    sources = (normalized, path, str(tmp_path), None)
    assert len({Recognizer(source).read_digit(page) for source in sources}) == 1


def test_a_model_of_another_image_shape() -> None:
    """It does not fit what the normalization returns."""
    network = build_mlp((784, 3), rng=np.random.default_rng(0))
    with pytest.raises(ModelFileError, match="images of 28 × 28 pixels, got 14 × 56"):
        Recognizer(Model(network, ("1", "2", "3"), (14, 56)))
