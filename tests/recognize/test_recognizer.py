"""From a picture to a digit: every kind of picture, either polarity, and paper without ink."""

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
from inkling.errors import ImageError, ModelFileError, ShapeError
from inkling.image.normalize import normalize
from inkling.image.page.segment import segment
from inkling.model.decision import Answers, judge
from inkling.model.model import Model
from inkling.nn.mlp import build_mlp
from inkling.recognize.recognizer import Digit, Recognizer


@pytest.fixture(scope="module")
def normalized(strokes: Dataset) -> Model:
    """A model of the drawn digits as the one normalisation makes them."""
    from inkling.data.split import Split
    from inkling.training.run import train

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
    """A model that gives the second class whatever it is shown."""
    network = build_mlp((784, 3), rng=np.random.default_rng(0))
    network.parameters["dense1.bias"][...] = (0, 50, 0)
    return Model(network, classes)


def write_rows(images: ByteArray, rows: list[list[int]], *, touching: bool = False) -> ByteArray:
    """Some of the drawn digits, dark on a page that grows darker to the right, 56 pixels high each."""
    step = 36 if touching else 56
    height, width = 70 * len(rows) + 80, step * max(len(row) for row in rows) + 100
    cover = np.zeros((height, width))
    for y, row in enumerate(rows):
        for x, number in enumerate(row):
            drawn = images[number].astype(float)
            large = np.where(drawn > 60, drawn, 0).repeat(2, axis=0).repeat(2, axis=1) / 255
            # The drawn digits are moved at random; here each has its place.
            large = np.roll(large, 12 - int(large.any(axis=0).argmax()), axis=1)
            top, left = 40 + 70 * y, 40 + step * x
            here = cover[top : top + 56, left : left + 56]
            np.maximum(here, large[:, : here.shape[1]], out=here)
    light = np.linspace(230, 130, width)
    return np.asarray(light * (1 - 0.8 * cover)).astype(np.uint8)


def test_reads_rows_of_digits(recognizer: Recognizer, strokes: Dataset) -> None:
    """Top to bottom and left to right, in uneven light, each digit with its box and its row."""
    rows = [[4, 0, 7, 1], [2, 9], [5, 8, 3]]
    picture = write_rows(strokes.train.images, rows)  # image n shows the digit n % 10
    reading = recognizer.read(picture)
    assert reading.text == ("4071", "29", "583")
    assert "".join(digit.text for digit in reading.digits) == "4071" + "29" + "583"
    assert [digit.row for digit in reading.digits] == [0] * 4 + [1] * 2 + [2] * 3
    for digit in reading.digits:
        left, top, right, bottom = digit.box
        assert 35 + 70 * digit.row <= top < bottom <= 105 + 70 * digit.row
        assert right - left <= 30
        assert digit.pixels.shape == (28, 28)
        assert recognizer.model.predict(digit.pixels[np.newaxis])[0] == digit.digit


def test_the_negative_reads_the_same(recognizer: Recognizer, strokes: Dataset) -> None:
    """Chalk on a board."""
    picture = write_rows(strokes.train.images, [[4, 0, 7], [2, 9]])
    assert recognizer.read(255 - picture).text == recognizer.read(picture).text == ("407", "29")


def test_touching_digits_are_split_where_that_reads_better(
    recognizer: Recognizer, strokes: Dataset
) -> None:
    """A 2 and a 5 run into each other: two boxes side by side, though they are one component."""
    picture = write_rows(strokes.train.images, [[2, 5]], touching=True)
    picture[92:96, 50:110] = 40  # their feet run on
    reading = recognizer.read(picture)
    assert len(segment(picture).rows[0].marks) == 1
    assert len(reading.digits) == 2
    first, second = reading.digits
    assert first.box[2] <= second.box[0] + 8
    assert second.digit == 5


def test_one_digit_alone_is_read_whole(recognizer: Recognizer, page: ByteArray) -> None:
    """The same answer as ``read_digit``, with a box of its own."""
    reading = recognizer.read(page)
    assert reading.text == ("4",)
    (digit,) = reading.digits
    assert digit.box == (20, 20, 68, 100)
    assert digit.digit == recognizer.read_digit(page).digit


def test_paper_without_writing(recognizer: Recognizer) -> None:
    """One answer that says so, for any picture."""
    light = np.broadcast_to(np.linspace(220, 120, 300), (200, 300)).astype(np.uint8)
    for picture in (light, np.full((3, 500), 7, np.uint8), np.full((28, 28), 255, np.uint8)):
        reading = recognizer.read(picture)
        height, width = picture.shape
        assert reading.text == ("?",)
        assert reading.digits == (Digit(None, "empty", 0.0, (0.0,) * 10, (0, 0, width, height)),)
        assert json.loads(json.dumps(reading.to_dict())) == reading.to_dict()


def test_what_the_network_refuses_is_a_question_mark(
    recognizer: Recognizer, strokes: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In its place in the row, with the reason and what it lies between."""
    honest = judge

    def doubting(model: Model, pixels: ByteArray) -> Answers:
        answers = honest(model, pixels)
        sevens = answers.label == 7
        return replace(
            answers,
            reasons=tuple("unsure" if seven else None for seven in sevens),
            candidates=tuple("7 or 1" if seven else None for seven in sevens),
        )

    monkeypatch.setattr("inkling.recognize.recognizer.judge", doubting)
    reading = recognizer.read(write_rows(strokes.train.images, [[4, 7, 0]]))
    assert reading.text == ("4?0",)
    doubt = reading.digits[1]
    assert (doubt.digit, doubt.label, doubt.reason) == (None, None, "unsure")
    assert doubt.between == "7 or 1"
    assert doubt.confidence == max(doubt.probabilities) > 0.5


def test_without_a_model_it_is_the_one_that_ships(
    normalized: Model, page: ByteArray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever file that is."""
    normalized.save(tmp_path / "digits.safetensors")
    monkeypatch.setattr("inkling.recognize.recognizer.SHIPPED", tmp_path / "digits.safetensors")
    assert Recognizer().read_digit(page).digit == 4


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
    said = judge(recognizer.model, normalize(page)[np.newaxis]).probabilities[0]
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
    digit = Recognizer(constant_model(("7", "4", "9"))).read_digit(page)
    assert (digit.digit, digit.label, digit.text) == (4, "4", "4")
    assert len(digit.probabilities) == 3
    assert "label" not in digit.to_dict()


@pytest.mark.parametrize("name", ["b", "10", "²", "kä"])
def test_a_model_of_something_else(page: ByteArray, name: str) -> None:
    """Letters, numbers of two digits, what only looks like a digit: a label, no digit."""
    digit = Recognizer(constant_model(("a", name, "1"))).read_digit(page)
    assert (digit.digit, digit.label, digit.text, digit.reason) == (None, name, name, None)
    assert digit.to_dict()["label"] == name


def test_names_of_several_letters_stand_apart(page: ByteArray) -> None:
    """A row of text that can be read."""
    two = np.concatenate([page, page], axis=1)
    assert Recognizer(constant_model(("one", "ten", "two"))).read(two).text == ("ten ten",)
    assert Recognizer(constant_model(("a", "b", "c"))).read(two).text == ("bb",)


def test_takes_a_model_a_file_or_a_run(normalized: Model, page: ByteArray, tmp_path: Path) -> None:
    """Three ways to say the same model."""
    normalized.save(tmp_path / "model.safetensors")
    said = {
        Recognizer(source).read_digit(page)
        for source in (normalized, tmp_path / "model.safetensors", str(tmp_path))
    }
    assert len(said) == 1


def test_a_model_of_pictures_of_another_size() -> None:
    """It cannot be shown what the normalisation makes."""
    network = build_mlp((784, 3), rng=np.random.default_rng(0))
    message = "Recognizer: expected a model for pictures of 28 × 28 pixels, got 14 × 56."
    with pytest.raises(ModelFileError, match=f"^{re.escape(message)}$"):
        Recognizer(Model(network, ("1", "2", "3"), (14, 56)))


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
