"""Corrections: a folder that training reads, and nothing written anywhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkling._types import ByteArray
from inkling.app import corrections
from inkling.data.dataset import Dataset, load_dataset
from inkling.image.normalize import normalize

GRAY = {"content-type": "application/octet-stream"}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working directory of the app."""
    monkeypatch.chdir(tmp_path)


def correct(client: Any, label: str, pad: ByteArray) -> Any:
    """Sends a drawing and what it is."""
    query = {"label": label, "width": pad.shape[1], "height": pad.shape[0]}
    return client.post("/api/corrections", params=query, content=pad.tobytes(), headers=GRAY)


def test_training_reads_the_folder(
    client: Any, drawings: list[ByteArray], strokes: Dataset
) -> None:
    """Every picture is dark on white; the data set has what the network saw on the pad."""
    sent = list(zip(drawings[:30], strokes.test.labels[:30].tolist(), strict=True))
    for pad, label in sent:
        answer = correct(client, str(label), pad).json()
        shown = np.asarray(Image.open(Path("corrections", answer["file"])))
        assert shown.shape == pad.shape
        assert np.median(shown) > 200
        np.testing.assert_array_equal(shown, 255 - pad)
    assert answer["folder"] == "corrections"
    assert answer["counts"] == {str(digit): 3 for digit in range(10)}
    dataset = load_dataset("corrections")
    read = {
        (image.tobytes(), dataset.classes[label])
        for part in (dataset.train, dataset.validation, dataset.test)
        for image, label in zip(part.images, part.labels, strict=True)
    }
    assert read == {(normalize(pad).tobytes(), str(label)) for pad, label in sent}


@pytest.mark.parametrize("name", ["Ankle boot", "T-shirt", "お"])
def test_names_of_classes_of_all_kinds(client: Any, drawings: list[ByteArray], name: str) -> None:
    """The folder has the name of the class, and its picture can be deleted."""
    answer = correct(client, name, drawings[7]).json()
    assert answer["counts"] == {name: 1}
    assert Path("corrections", name).is_dir()
    client.request("DELETE", "/api/corrections", params={"file": answer["file"]})
    assert list(Path("corrections").iterdir()) == []


def test_the_same_picture_twice_is_one(client: Any, drawings: list[ByteArray]) -> None:
    """Also if it is sent dark on white; deleting it leaves no folder of a class behind."""
    [file] = {correct(client, "7", pad).json()["file"] for pad in (drawings[7], 255 - drawings[7])}
    assert client.get("/api/training").json()["corrections"]["counts"] == {"7": 1}
    for _ in range(2):  # one that is gone is no error
        answer = client.request("DELETE", "/api/corrections", params={"file": file})
        assert answer.json() == {"folder": "corrections", "counts": {}}
    assert list(Path("corrections").iterdir()) == []


@pytest.mark.parametrize(
    "label",
    [
        "../x",
        "..",
        ".",
        "",
        "a/b",
        "a\\b",
        "/x",
        "7\n",
        "x" * 21,
        "7 ",
        " 7",
        "-x",
        ".x",
        "train",
        "__pycache__",
    ],
)
def test_labels_that_name_no_class(client: Any, drawings: list[ByteArray], label: str) -> None:
    """They are refused, and nothing is written."""
    response = correct(client, label, drawings[0])
    assert response.status_code == 400
    assert "a label of 1 to 20 letters" in response.json()["error"]
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("file", ["../secret", "7/../../secret", "/etc/hostname", "7/secret", "7"])
def test_files_that_are_no_corrections(client: Any, file: str) -> None:
    """Only what was written as a correction can be deleted."""
    Path("secret").write_text("kept")
    Path("corrections/7").mkdir(parents=True)
    Path("corrections/7/secret").write_text("kept")
    response = client.request("DELETE", "/api/corrections", params={"file": file})
    assert response.status_code == 400
    assert Path("secret").exists()
    assert Path("corrections/7/secret").exists()


def test_limits(client: Any, drawings: list[ByteArray], monkeypatch: pytest.MonkeyPatch) -> None:
    """No empty pictures, none too large, and no more than there may be; a file in the way is named."""
    monkeypatch.setattr(corrections, "MOST", 2)
    assert correct(client, "1", np.zeros((50, 50), np.uint8)).status_code == 400
    assert correct(client, "1", np.zeros((1, 1025), np.uint8)).status_code == 400
    for number, status in ((0, 200), (1, 200), (2, 409)):
        response = correct(client, "1", drawings[number])
        assert response.status_code == status
    png = client.post(
        "/api/corrections?label=1", content=b"", headers={"content-type": "image/png"}
    )
    assert png.status_code == 415
    Path("corrections").rename("elsewhere")
    Path("corrections").write_text("in the way")
    response = correct(client, "1", drawings[0])
    gone = client.request("DELETE", "/api/corrections", params={"file": f"1/{'0' * 16}.png"})
    for answer in (response, gone):
        assert answer.status_code == 409
        assert "a folder to write to, corrections" in answer.json()["error"]
