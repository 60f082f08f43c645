"""Bad input: each gets a 4xx with one sentence, nothing is written, and the app keeps answering."""

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
from inkling.app import upload

Client = Any
"""See ``Client`` in conftest.py."""
PNG = {"content-type": "image/png"}
GREY = {"content-type": "application/octet-stream"}
KNOWN = "a picture (PNG, JPEG, GIF, BMP, TIFF, WebP or PPM)"


@pytest.fixture(autouse=True)
def _still_answers_and_writes_nothing(
    client: Client,
    drawings: list[ByteArray],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    """After each test a good drawing gets its answer, and no folder for files has any."""
    folder = tmp_path_factory.mktemp("empty")
    monkeypatch.chdir(folder)
    for name in ("TMPDIR", "HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    yield
    answer = client.post(
        "/api/predict?width=70&height=84", content=drawings[0].tobytes(), headers=GREY
    )
    assert answer.json()["digit"] == "0"
    assert list(folder.iterdir()) == []


def complaint(answer: Any, status: int) -> str:
    """The one sentence of a refusal."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    [(name, sentence)] = answer.json().items()
    assert name == "error"
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return str(sentence)


def png(width: int, height: int, rows: bytes = b"", *more: tuple[bytes, bytes]) -> bytes:
    """A grey PNG of any size, with the rows given and chunks before them, well formed or not."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", head), *more, (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def drawn(kind: str = "PNG") -> bytes:
    """A picture of a stroke."""
    page = np.full((60, 40), 250, np.uint8)
    page[10:50, 18:23] = 20
    file = io.BytesIO()
    Image.fromarray(page).save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize("path", ["/api/predict", "/api/inside", "/api/read"])
@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("application/json", b'{"image": "\xff\xfe"}'),
        ("application/json", b"{}"),
        ("text/plain", b"4"),
        ("application/x-www-form-urlencoded", b"a=b"),
        ("multipart/form-data; boundary=x", b"--x--"),
        ("video/mp4", b"...."),
    ],
)
def test_a_body_of_another_type(client: Client, path: str, kind: str, content: bytes) -> None:
    """The sentence says what to set; JSON, UTF-8 or not, is none of it."""
    answer = client.post(path, content=content, headers={"content-type": kind})
    takes = "an image" + ("" if path == "/api/read" else f", or {upload.GREY_TYPE} with grey bytes")
    assert complaint(answer, 415) == (
        f"body: expected {takes}, got {kind.partition(';')[0]}; "
        "set the Content-Type header, for example to image/png."
    )


def test_a_body_without_a_type(client: Client) -> None:
    """It is not guessed."""
    sentence = complaint(client.post("/api/predict", content=drawn()), 415)
    assert ", got no Content-Type; set the Content-Type header" in sentence


def test_a_photo_of_grey_bytes(client: Client) -> None:
    """Photos come in files."""
    answer = client.post("/api/read", content=bytes(784), headers=GREY)
    assert complaint(answer, 415).startswith("body: expected an image, got application/octet-str")


@pytest.mark.parametrize("path", ["/api/predict", "/api/inside", "/api/read"])
def test_an_oversized_picture(client: Client, path: str) -> None:
    """Refused by its announced length, and by its true one where none is announced."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(21):
            yield bytes(1024 * 1024)

    sentence = "body: expected at most 20 MB, got more."
    announced = client.post(path, content=bytes(20 * 1024**2 + 1), headers=PNG)
    assert complaint(announced, 413) == sentence
    assert complaint(client.post(path, content=pieces(), headers=PNG), 413) == sentence


@pytest.mark.parametrize("path", ["/api/predict", "/api/inside", "/api/read"])
@pytest.mark.parametrize(
    ("content", "status", "sentence"),
    [
        (b"", 400, "body: expected a picture, got nothing."),
        (b"four", 415, f"picture: expected {KNOWN}, got a file of"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", 415, f"picture: expected {KNOWN}, got a file of"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, f"picture: expected {KNOWN}, got "),
        (png(0, 0), 415, f"picture: expected {KNOWN}, got a file of"),
        (png(10_000, 10_000), 413, "picture: expected at most 64 million pixels, got "),
        (png(8001, 8001), 413, "picture: expected at most 64 million pixels, got 8001 × 8001;"),
        (png(60_000, 60_000), 413, "picture: expected at most 64 million pixels, got more;"),
        (png(28, 28, b"\0" * 5), 400, "picture: expected a whole picture, got a damaged one ("),
        (drawn()[:-40], 400, "picture: expected a whole picture, got a damaged one ("),
        (drawn()[:20], 400, "picture: expected a whole picture, got a damaged one ("),
        (drawn("JPEG")[:300], 400, "picture: expected a whole picture, got a damaged one ("),
    ],
    ids=[
        *("empty", "text", "postscript", "svg", "no pixels", "10,000 × 10,000", "8001 × 8001"),
        *("60,000 × 60,000", "too few rows", "truncated", "a head alone", "half a JPEG"),
    ],
)
def test_pictures_that_are_none(
    client: Client, path: str, content: bytes, status: int, sentence: str
) -> None:
    """Damaged, empty, too large, or something else; the size is judged before anything is decoded."""
    answer = client.post(path, content=content, headers=PNG)
    assert complaint(answer, status).startswith(sentence)


def test_a_decompression_bomb(client: Client) -> None:
    """A hundred million pixels in less than a megabyte, and a text of 80 million letters in another."""
    rows = zlib.compressobj(1)
    line = b"\0" * 10_001
    packed = b"".join(rows.compress(line * 100) for _ in range(100)) + rows.flush()
    empty = zlib.compress(b"", 9)
    idat = [struct.pack(">I", len(data)) + b"IDAT" + data for data in (empty, packed)]
    sums = [struct.pack(">I", zlib.crc32(b"IDAT" + data)) for data in (empty, packed)]
    whole = png(10_000, 10_000).replace(idat[0] + sums[0], idat[1] + sums[1])
    assert 90_000 < len(whole) < 1_000_000
    answer = client.post("/api/read", content=whole, headers=PNG)
    assert complaint(answer, 413).startswith("picture: expected at most 64 million pixels, got")
    squeeze = zlib.compressobj(1)
    text = b"".join(squeeze.compress(bytes(1_000_000)) for _ in range(80)) + squeeze.flush()
    comment = png(28, 28, bytes(28 * 29), (b"zTXt", b"a\0\0" + text))
    answer = client.post("/api/read", content=comment, headers=PNG)
    assert complaint(answer, 400).startswith("picture: expected a whole picture, got a damaged one")


@pytest.mark.parametrize(
    ("query", "name", "got"),
    [
        ("", "height", ""),
        ("width=28", "height", ""),
        ("height=28", "width", ""),
        ("width=28&height=0", "height", "0"),
        ("width=0&height=28", "width", "0"),
        ("width=-28&height=28", "width", "-28"),
        ("width=28.0&height=28", "width", "28.0"),
        ("width=1025&height=28", "width", "1025"),
        ("width=99999999999999999999&height=28", "width", "99999999999999999999"),
        ("width=many&height=28", "width", "many"),
        ("width=%EF%BC%92&height=28", "width", "２"),
        ("width=1e2&height=28", "width", "1e2"),
    ],
)
def test_sizes_that_are_none(client: Client, query: str, name: str, got: str) -> None:
    """Zero, negative, enormous, missing, or not a number at all."""
    answer = client.post(f"/api/predict?{query}", content=bytes(784), headers=GREY)
    assert complaint(answer, 400) == (
        f"grey bytes: expected {name} as a whole number from 1 to 1024 in the address, got {got!r}; "
        "write for example ?width=28&height=28."
    )


@pytest.mark.parametrize(
    ("count", "status", "sentence"),
    [
        (0, 400, "body: expected a picture, got nothing."),
        (783, 400, "body: expected 784 bytes for 28 × 28 pixels, got 783."),
        (785, 413, "body: expected at most 784 bytes, got more."),
        (10_000_000, 413, "body: expected at most 784 bytes, got more."),
    ],
)
def test_another_number_of_bytes(client: Client, count: int, status: int, sentence: str) -> None:
    """A row of a picture would end where the next begins."""
    answer = client.post("/api/predict?width=28&height=28", content=bytes(count), headers=GREY)
    assert complaint(answer, status) == sentence


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        (
            "/api/predict?width=28&height=28&normalized=yes",
            400,
            "grey bytes: expected normalized to be 0 or 1, got 'yes'.",
        ),
        (
            "/api/predict?width=14&height=56&normalized=1",
            400,
            "normalized: expected 28 × 28 pixels, got 14 × 56.",
        ),
        (
            "/api/predict?width=28&height=28&colour=red",
            400,
            "address: expected these names behind the question mark: height, model, normalized, "
            "width, got 'colour'.",
        ),
        (
            "/api/predict?width=28&height=28&model=none",
            404,
            "model: expected one of straight, bent, got 'none'.",
        ),
        (
            "/api/predict?width=28&height=28&model=../../etc/passwd",
            404,
            "model: expected one of straight, bent, got '../../etc/passwd'.",
        ),
        (
            "/api/inside?width=28&height=28&for=ten",
            400,
            "model: expected a class to be one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, got 'ten'.",
        ),
        (
            "/api/inside?width=28&height=28&against=%FF",
            400,
            "model: expected a class to be one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, got '\ufffd'.",
        ),
        (
            "/api/inside?width=28&height=28&for=",
            400,
            "model: expected a class to be one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, got ''.",
        ),
    ],
)
def test_words_that_mean_nothing(client: Client, path: str, status: int, sentence: str) -> None:
    """In the query: unknown names, models, classes."""
    answer = client.post(path, content=bytes(784), headers=GREY)
    assert complaint(answer, status) == sentence


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
def test_addresses_that_are_none(client: Client, method: str, path: str, status: int) -> None:
    """With the sentence, and the methods that would do."""
    answer = client.request(method, path)
    assert complaint(answer, status) == (
        f"request: expected a known address and method, got {method} {path}; "
        "/api/openapi.json lists them."
    )
    assert ("allow" in answer.headers) is (status == 405)


def test_a_model_that_gives_no_numbers(
    client_of: Client, straight: Any, tmp_path: Path, drawings: list[ByteArray]
) -> None:
    """Finite weights may overflow all the same: 422, and the sentence of the library."""
    from inkling.app.model_store import ModelStore
    from inkling.app.server import build_app
    from inkling.model.model import Model

    network = straight.network.copy()
    for name in ("dense1.weights", "dense2.weights"):
        network.parameters[name][...] = 3e38
    Model(network, straight.classes).save(tmp_path / "huge.safetensors")
    app = build_app(ModelStore(tmp_path / "huge.safetensors", list))
    for path in ("/api/predict", "/api/inside"):
        answer = client_of(app).post(
            f"{path}?width=70&height=84", content=drawings[0].tobytes(), headers=GREY
        )
        assert complaint(answer, 422) == (
            "network: expected finite outputs, got NaN or infinity; its weights, or the inputs, are "
            "too large."
        )
