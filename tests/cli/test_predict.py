"""``inkling predict``: digits in pictures, drawings of them, and files that cannot be read."""

from __future__ import annotations

import shutil
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkling.model.model import Model
from inkling.nn.mlp import build_mlp
from inkling.recognize.reading import Reading
from inkling.recognize.recognizer import Recognizer

Command = Callable[..., Any]


@pytest.fixture
def row_of_strokes(tmp_path: Path) -> Path:
    """A photograph of two rows of strokes, three and two."""
    page = np.full((300, 400), 220, np.uint8)
    for left, top in ((60, 50), (120, 54), (200, 52), (60, 170), (130, 172)):
        page[top : top + 60, left : left + 6] = 40
    path = tmp_path / "strokes.png"
    Image.fromarray(page).save(path)
    return path


def test_one_json_object(inkling: Command, trained: Path, pictures: Path) -> None:
    """The documented keys for every file, in the given order."""
    files = [pictures / "one.png", pictures / "empty.png"]
    outcome = inkling("predict", *files, "--model", trained, "--json")
    assert (outcome.status, outcome.err) == (0, "")
    assert set(outcome.json) == {"files"}
    one, empty = outcome.json["files"]
    expected = Recognizer(trained).read(files[0])
    (digit,) = expected.digits
    assert digit.box == (18, 10, 23, 50)
    values: dict[str, Any] = {
        "digit": digit.digit,
        "reason": digit.reason,
        "confidence": digit.confidence,
    }
    values |= {"box": [18, 10, 23, 50], "row": 0}
    assert one == {"file": str(files[0]), "text": list(expected.text), "digits": [values]}
    assert empty == {
        "file": str(files[1]),
        "text": ["?"],
        "digits": [
            {"digit": None, "reason": "empty", "confidence": 0.0, "box": [0, 0, 40, 60], "row": 0}
        ],
    }


def test_words_for_people(inkling: Command, trained: Path, pictures: Path) -> None:
    """One line for a picture of one digit: its name, the digit, the confidence."""
    files = sorted(path for path in pictures.iterdir() if path.name != "note.png")
    outcome = inkling("predict", *files, "--model", trained)
    assert (outcome.status, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert len(lines) == len(files)
    recognizer = Recognizer(trained)
    for line, path in zip(lines, files, strict=True):
        (digit,) = recognizer.read(path).digits
        words = {
            None: f"{100 * digit.confidence:.2f} %",
            "empty": "nothing drawn",
            "unsure": f"unsure: {digit.between}",
            "not_a_digit": "not a digit",
        }
        assert line == f"{path}  {digit.text}  {words[digit.reason]}"


def test_rows(inkling: Command, row_of_strokes: Path) -> None:
    """The rows of a page, each with its least confidence."""
    reading = Recognizer().read(row_of_strokes)
    assert reading.text == ("111", "11")
    outcome = inkling("predict", row_of_strokes)
    least = [
        min(digit.confidence for digit in reading.digits if digit.row == row) for row in (0, 1)
    ]
    assert outcome.out.splitlines() == [
        f"{row_of_strokes}  5 digits",
        f"  111  at least {100 * least[0]:.2f} %",
        f"  11  at least {100 * least[1]:.2f} %",
    ]


def test_rejected_marks_are_no_digits(
    inkling: Command, row_of_strokes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are counted apart, and their confidence is none of an answer."""
    first, second, *others = Recognizer().read(row_of_strokes).digits
    rejected = [digit.rejected("not_a_digit", 0.1) for digit in (first, *others)]
    page = Reading(("?1?", "??"), (rejected[0], second, *rejected[1:]))
    monkeypatch.setattr(Recognizer, "_reading", lambda *_: page)
    assert inkling("predict", row_of_strokes).out.splitlines() == [
        f"{row_of_strokes}  1 digit, 4 rejected",
        f"  ?1?  at least {100 * second.confidence:.2f} %",
        "  ??",
    ]


def test_single(inkling: Command, trained: Path, row_of_strokes: Path) -> None:
    """The whole picture is read as one digit."""
    outcome = inkling("predict", row_of_strokes, "--model", trained, "--single", "--json")
    (file,) = outcome.json["files"]
    digit = Recognizer(trained).read_digit(row_of_strokes)
    assert (file["text"], file["digits"]) == ([digit.text], [digit.to_dict()])


@pytest.mark.parametrize("option", ["--annotate", "--stages"])
def test_drawings(
    inkling: Command, trained: Path, row_of_strokes: Path, tmp_path: Path, option: str
) -> None:
    """One PNG file with all pictures below each other, and no other file."""
    before = set(tmp_path.iterdir())
    heights = []
    for files in ((row_of_strokes,), (row_of_strokes, row_of_strokes)):
        outcome = inkling("predict", *files, "--model", trained, option, "out.png")
        assert (outcome.status, outcome.err) == (0, "")
        with Image.open(tmp_path / "out.png") as drawing:
            assert (drawing.format, drawing.mode) == ("PNG", "RGB")
            heights.append(drawing.height)
    assert heights[1] == 2 * heights[0] + 16
    assert set(tmp_path.iterdir()) - before == {tmp_path / "out.png"}
    outcome = inkling("predict", row_of_strokes, "--model", trained, "--single", option, "one.png")
    assert (outcome.status, outcome.err) == (0, "")
    assert (tmp_path / "one.png").is_file()
    outcome = inkling("predict", row_of_strokes, "--model", trained, option, "nowhere/read.png")
    assert outcome.status == 2
    assert outcome.complaint.startswith(f"{option}: expected a file name in an existing folder")


def test_pictures_that_cannot_be_read(
    inkling: Command, trained: Path, pictures: Path, tmp_path: Path
) -> None:
    """One line each, exit status 1; the other pictures are read."""
    wrong = [pictures / "note.png", pictures, tmp_path / "nowhere.png", Path()]
    outcome = inkling(
        "predict", wrong[0], pictures / "one.png", *wrong[1:], "--model", trained, "--json"
    )
    assert outcome.status == 1
    wrong_files = outcome.json["files"]
    read = wrong_files.pop(1)
    assert (read["file"], len(read["digits"])) == (str(pictures / "one.png"), 1)
    assert "error" not in read
    lines = outcome.err.splitlines()
    for file, path, line in zip(wrong_files, wrong, lines, strict=True):
        error = line.removeprefix("inkling: ")
        assert error.startswith(f"{path}: expected a picture (PNG, JPEG, ")
        assert file == {"file": str(path), "text": [], "digits": [], "error": error}


def test_a_name_that_is_not_text(inkling: Command, trained: Path, pictures: Path) -> None:
    """A file name can be any bytes; JSON returns them, and the terminal shows them escaped."""
    name = pictures / b"\xff.png".decode(errors="surrogateescape")
    try:
        name.write_bytes((pictures / "one.png").read_bytes())
    except OSError:
        pytest.skip("this system's file names are text")
    outcome = inkling("predict", name, "--model", trained, "--json")
    assert outcome.json["files"][0]["file"] == str(name)
    outcome = inkling("predict", name, "--model", trained)
    assert (outcome.status, outcome.err) == (0, "")
    assert "\\udcff.png" in outcome.out


@pytest.mark.parametrize(
    ("options", "other"),
    [
        (("--annotate", "one.png"), "a picture to read"),
        (("--stages", "./one.png"), "a picture to read"),
        (("--annotate", "run/model.safetensors"), "the model"),
        (("--annotate", "out.png", "--stages", "./out.png"), "--annotate"),
    ],
)
def test_inputs_are_not_overwritten(
    inkling: Command,
    trained: Path,
    pictures: Path,
    tmp_path: Path,
    options: tuple[str, ...],
    other: str,
) -> None:
    """Nor one output by the other; it is said before anything is read."""
    shutil.copyfile(pictures / "one.png", tmp_path / "one.png")
    shutil.copytree(trained, tmp_path / "run")
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    outcome = inkling("predict", "one.png", "--model", "run", *options)
    assert outcome.status == 2
    expected = f"{options[-2]}: expected another file than {other}, got '{Path(options[-1])}'"
    assert outcome.complaint.startswith(expected)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == files


def test_drawings_need_a_file(inkling: Command, trained: Path, pictures: Path) -> None:
    """Standard output has the digits."""
    outcome = inkling("predict", pictures / "one.png", "--model", trained, "--annotate", "-")
    assert outcome.status == 2
    assert outcome.complaint.startswith("--annotate: expected a file name, got '-'")


@pytest.mark.parametrize(
    ("whole", "damaged"),
    [
        (b"\x02\x01\x03\x00\x03\x00\x00\x00", b"\x02\x01\x03\x00\xff\xff\x00\x00"),
        (b"\x15\x01\x03\x00\x01\x00\x00\x00\x03\x00", b"\x15\x01\x03\x00\x01\x00\x00\x00\x00\x08"),
    ],
)
def test_pillow_does_not_warn(
    inkling: Command,
    trained: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    whole: bytes,
    damaged: bytes,
) -> None:
    """A TIFF file with a damaged tag (258: bits, 277: samples) gives an answer or one line."""
    Image.new("RGB", (9, 9), "white").save(tmp_path / "p.tiff")
    content = (tmp_path / "p.tiff").read_bytes()
    assert whole in content
    (tmp_path / "p.tiff").write_bytes(content.replace(whole, damaged))
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        outcome = inkling("predict", "p.tiff", "--model", trained)
    assert (shown, caplog.messages) == ([], [])
    assert outcome.err.count("\n") <= 1


def test_a_picture_of_too_many_marks(inkling: Command, trained: Path, tmp_path: Path) -> None:
    """Two thousand of them are no handwriting: an error that names the picture; the next one is read."""
    page = np.full((1000, 1000), 255, np.uint8)
    rng = np.random.default_rng(0)
    for top in range(0, 990, 12):
        for left in range(0, 990, 12):
            a, b = sorted(rng.integers(0, 10, 2))
            page[top + a : top + b + 2, left : left + 2] = 0
            page[top : top + 2, left + a : left + b + 2] = 0
    full, blank = tmp_path / "full.png", tmp_path / "blank.png"
    Image.fromarray(page).save(full)
    Image.new("L", (60, 60), "white").save(blank)
    outcome = inkling("predict", full, blank, "--model", trained)
    assert outcome.status == 1
    assert outcome.err.startswith(f"inkling: {full}: expected at most 6,000 marks and parts of")
    assert outcome.err.count("\n") == 1
    assert "nothing drawn" in outcome.out


def test_class_names_cannot_control_the_terminal(inkling: Command, tmp_path: Path) -> None:
    """A model's names may hold escape sequences, line breaks or a million characters."""
    page = np.full((80, 60), 255, np.uint8)
    page[10:70, 27:33] = 0
    Image.fromarray(page).save(tmp_path / "p.png")
    network = build_mlp((784, 2), rng=np.random.default_rng(0))
    network.parameters["dense1.bias"][...] = (99, 0)
    for name in ("\x1b[2J\x1b]0;owned\x07\r\n", "x" * 10**6):
        Model(network, (name, "b")).save(tmp_path / "m.safetensors")
        outcome = inkling("predict", "p.png", "--model", "m.safetensors", "--single")
        assert (outcome.status, outcome.err) == (0, "")
        assert outcome.out.removesuffix("\n").isprintable()
        assert len(outcome.out) < 2_000


def test_numpy_does_not_warn(inkling: Command, tmp_path: Path) -> None:
    """An archive that Python 2 wrote, with (784L, 10) in its header, is read without a word."""
    arrays: Any = {"w1": np.zeros((784, 10), np.float32), "b1": np.zeros(10, np.float32)}
    np.savez(tmp_path / "m.npz", **arrays, activations=["softmax"])
    with zipfile.ZipFile(tmp_path / "m.npz") as old, zipfile.ZipFile("old.npz", "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"(784, 10), } ", b"(784L, 10), }"))
    Image.new("L", (28, 28), 255).save("p.png")
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        outcome = inkling("predict", "p.png", "--model", "old.npz")
    assert (outcome.status, shown) == (0, [])
