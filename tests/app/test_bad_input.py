"""Bad input: each request gets a 4xx with one sentence, nothing is written, and the app stays up."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkling._types import ByteArray
from inkling.app.model_store import ModelStore
from inkling.app.routes import build_app
from inkling.image.page import candidates
from inkling.model.model import Model

Client = Any
"""See ``Client`` in conftest.py."""
PNG = {"content-type": "image/png"}
GRAY = {"content-type": "application/octet-stream"}
UPLOADS = pytest.mark.parametrize("path", ["/api/predict", "/api/inside", "/api/read"])


@pytest.fixture(autouse=True)
def _still_answers_and_writes_nothing(
    client: Client,
    drawings: list[ByteArray],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    """After each test a good drawing is read, and every folder for files is empty."""
    folder = tmp_path_factory.mktemp("empty")
    monkeypatch.chdir(folder)
    for name in ("TMPDIR", "HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    yield
    content = drawings[0].tobytes()
    answer = client.post("/api/predict?width=70&height=84", content=content, headers=GRAY)
    assert answer.json()["digit"] == "0"
    assert list(folder.iterdir()) == []


def error_of(response: Any, status: int) -> str:
    """The sentence of an error response."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    [(name, sentence)] = response.json().items()
    assert name == "error"
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return str(sentence)


def png(width: int, height: int, rows: bytes = b"", *more: tuple[bytes, bytes]) -> bytes:
    """A gray PNG of any size, with the given compressed rows and extra chunks, valid or not."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", head), *more, (b"IDAT", rows), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def drawn() -> bytes:
    """A picture of a stroke."""
    page = np.full((60, 40), 250, np.uint8)
    page[10:50, 18:23] = 20
    file = io.BytesIO()
    Image.fromarray(page).save(file, "PNG")
    return file.getvalue()


@UPLOADS
@pytest.mark.parametrize(
    ("kind", "got"),
    [
        ("application/json", "application/json"),
        ("multipart/form-data; boundary=x", "multipart/form-data"),
        ("video/mp4", "video/mp4"),
        (None, "no Content-Type"),
    ],
)
def test_another_content_type(client: Client, path: str, kind: str | None, got: str) -> None:
    """Only pictures and gray bytes are accepted; the type is not guessed."""
    response = client.post(path, content=drawn(), headers={"content-type": kind} if kind else {})
    assert f"got {got}; set the Content-Type header" in error_of(response, 415)


def test_a_photo_of_gray_bytes(client: Client) -> None:
    """A photograph must be a picture file."""
    response = client.post("/api/read", content=bytes(784), headers=GRAY)
    assert "an image, got" in error_of(response, 415)


@UPLOADS
def test_an_oversized_picture(client: Client, path: str) -> None:
    """More than 20 MB are an error, whether or not the length is announced."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(21):
            yield bytes(1024 * 1024)

    for content in (bytes(20 * 1024**2 + 1), pieces()):
        response = client.post(path, content=content, headers=PNG)
        assert "at most 20 MB" in error_of(response, 413)


@UPLOADS
@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", 400, "a picture, got nothing"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", 415, "PNG"),
        (png(0, 0), 415, "PNG"),
        (png(8001, 8001), 413, "at most 64 million pixels"),
        (png(60_000, 60_000), 413, "at most 64 million pixels"),
        (drawn()[:-40], 400, "damaged"),
    ],
    ids=["empty", "postscript", "no pixels", "8001 × 8001", "60,000 × 60,000", "truncated"],
)
def test_invalid_pictures(
    client: Client, path: str, content: bytes, status: int, words: str
) -> None:
    """Empty, damaged and huge files and other formats are errors."""
    assert words in error_of(client.post(path, content=content, headers=PNG), status)


def test_decompression_bombs(client: Client) -> None:
    """Neither a hundred million pixels nor 80 million letters of text are unpacked."""

    def packed(part: bytes, count: int) -> bytes:
        packer = zlib.compressobj(1)
        return b"".join(packer.compress(part) for _ in range(count)) + packer.flush()

    pixels = png(10_000, 10_000, packed(bytes(1_000_100), 100))
    assert len(pixels) < 1_000_000
    response = client.post("/api/read", content=pixels, headers=PNG)
    assert "64 million pixels" in error_of(response, 413)
    text = (b"zTXt", b"a\0\0" + packed(bytes(1_000_000), 80))
    response = client.post(
        "/api/read", content=png(28, 28, zlib.compress(bytes(28 * 29)), text), headers=PNG
    )
    assert "damaged" in error_of(response, 400)


@pytest.mark.parametrize(
    ("query", "name", "got"),
    [
        ("", "height", ""),
        ("height=28", "width", ""),
        ("width=28&height=0", "height", "0"),
        ("width=-28&height=28", "width", "-28"),
        ("width=1025&height=28", "width", "1025"),
        ("width=99999999999999999999&height=28", "width", "99999999999999999999"),
        ("width=%EF%BC%92&height=28", "width", "２"),
    ],
)
def test_invalid_sizes(client: Client, query: str, name: str, got: str) -> None:
    """Width and height must be whole numbers from 1 to 1024."""
    response = client.post(f"/api/predict?{query}", content=bytes(784), headers=GRAY)
    expected = f"{name} as a whole number from 1 to 1024 in the query, got {got!r}"
    assert expected in error_of(response, 400)


@pytest.mark.parametrize(
    ("count", "status", "words"),
    [(0, 400, "nothing"), (783, 400, "784 bytes"), (785, 413, "784 bytes")],
)
def test_another_number_of_bytes(client: Client, count: int, status: int, words: str) -> None:
    """The number of gray bytes must be width × height."""
    response = client.post("/api/predict?width=28&height=28", content=bytes(count), headers=GRAY)
    assert words in error_of(response, status)


def test_more_marks_than_a_page_has(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Marks are counted only after a picture was decoded; it is too large all the same."""
    with monkeypatch.context() as patch:
        patch.setattr(candidates, "MOST", 1)
        page = np.full((200, 300), 235, np.uint8)
        page[60:130, 80:90] = page[60:130, 160:170] = 20
        file = io.BytesIO()
        Image.fromarray(page).save(file, "PNG")
        response = client.post("/api/read", content=file.getvalue(), headers=PNG)
    assert "at most 1 marks" in error_of(response, 413)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("predict?width=28&height=28&normalized=yes", 400, "normalized to be 0 or 1, got 'yes'"),
        ("predict?width=14&height=56&normalized=1", 400, "28 × 28 pixels, got 14 × 56"),
        ("predict?width=28&height=28&model=none", 404, "one of straight, bent, got 'none'"),
        ("predict?width=28&height=28&model=../../etc/passwd", 404, "got '../../etc/passwd'"),
        ("inside?width=28&height=28&for=ten", 400, "got 'ten'"),
        ("inside?width=28&height=28&against=%FF", 400, "got '\ufffd'"),
        ("inside?width=28&height=28&for=", 400, "got ''"),
        ("inside?width=28&height=28&for=3&against=3", 400, "two different classes, got '3' twice"),
    ],
)
def test_unknown_names(client: Client, path: str, status: int, words: str) -> None:
    """Unknown models, classes and flags in the query, or a class twice, are errors."""
    response = client.post(f"/api/{path}", content=bytes(784), headers=GRAY)
    assert words in error_of(response, status)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/api", 404),
        ("GET", "/api/predict", 405),
        ("DELETE", "/api/model", 405),
        ("OPTIONS", "/api/predict", 405),
        ("POST", "/", 405),
        ("PROPFIND", "/healthz", 405),
    ],
)
def test_unknown_addresses(client: Client, method: str, path: str, status: int) -> None:
    """An unknown address or method is an error that lists the methods allowed."""
    response = client.request(method, path)
    assert f"got {method} {path}; /api/openapi.json" in error_of(response, status)
    assert ("allow" in response.headers) is (status == 405)


def test_a_model_that_overflows(
    client_of: Client, straight: Model, tmp_path: Path, drawings: list[ByteArray]
) -> None:
    """Outputs that are not finite are an error of the model, 422."""
    network = straight.network.copy()
    for name in ("dense1.weights", "dense2.weights"):
        network.parameters[name][...] = 3e38
    Model(network, straight.classes).save(tmp_path / "huge.safetensors")
    client = client_of(build_app(ModelStore(tmp_path / "huge.safetensors")))
    content = drawings[0].tobytes()
    for path in ("/api/predict", "/api/inside"):
        response = client.post(f"{path}?width=70&height=84", content=content, headers=GRAY)
        assert "finite outputs" in error_of(response, 422)
