"""Opening pictures: everything they carry besides grey levels is undone, and what is wrong is said."""

from __future__ import annotations

import io
import os
import re
import struct
import sys
import types
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkling._types import AnyArray, ByteArray
from inkling.errors import ImageError, ShapeError
from inkling.image import open as opening
from inkling.image.open import open_image

KNOWN = "a picture (PNG, JPEG, GIF, BMP, TIFF, WebP or PPM)"


@pytest.fixture
def grey() -> ByteArray:
    """A (7, 5) picture in which no two pixels are equal."""
    return np.arange(10, 10 + 35 * 6, 6, dtype=np.uint8).reshape(7, 5)


def saved(image: Image.Image, format_name: str, **options: object) -> bytes:
    """The picture as the bytes of a file."""
    file = io.BytesIO()
    image.save(file, format_name, **options)
    return file.getvalue()


def refused(path: Path) -> str:
    """The one line with which a file is refused, without its name."""
    with pytest.raises(ImageError) as caught:
        open_image(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize("format_name", ["PNG", "BMP", "TIFF", "PPM", "GIF"])
def test_lossless_files_come_back_exactly(
    tmp_path: Path, grey: ByteArray, format_name: str
) -> None:
    """Every pixel survives, whether the path is a Path or a string and whatever the file's suffix."""
    path = tmp_path / "picture.any"
    path.write_bytes(saved(Image.fromarray(grey), format_name))
    for name in (path, str(path)):
        opened = open_image(name)
        assert opened.dtype == np.uint8
        np.testing.assert_array_equal(opened, grey)


@pytest.mark.parametrize("format_name", ["JPEG", "WEBP"])
def test_lossy_files_come_back_nearly(tmp_path: Path, format_name: str) -> None:
    """A smooth ramp survives compression to a few grey levels."""
    ramp = np.tile(np.linspace(20, 230, 48).astype(np.uint8), (33, 1))
    path = tmp_path / "ramp"
    path.write_bytes(saved(Image.fromarray(ramp), format_name, quality=95))
    np.testing.assert_allclose(open_image(path).astype(int), ramp, atol=6)


@pytest.mark.parametrize(
    ("orientation", "undo"),
    [
        (1, lambda a: a),
        (2, np.fliplr),
        (3, lambda a: np.rot90(a, 2)),
        (4, np.flipud),
        (5, np.transpose),
        (6, lambda a: np.rot90(a, -1)),
        (7, lambda a: np.rot90(a, 2).T),
        (8, np.rot90),
    ],
)
def test_the_turn_in_exif_is_undone(
    tmp_path: Path, grey: ByteArray, orientation: int, undo: Callable[[ByteArray], ByteArray]
) -> None:
    """All eight orientations of the EXIF standard, against NumPy's own turns."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "turned.png"
    path.write_bytes(saved(Image.fromarray(grey), "PNG", exif=exif))
    np.testing.assert_array_equal(open_image(path), undo(grey))


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("exif", [b"garbage", b"Exif\0\0MM\0*\0\0\0\x08\0\x05cut"])
def test_damaged_exif_does_not_lose_the_picture(
    tmp_path: Path, format_name: str, exif: bytes
) -> None:
    """Whole pixels beside a cut-off EXIF block are read as they stand."""
    path = tmp_path / "picture"
    path.write_bytes(saved(Image.new("L", (5, 7), 90), format_name, exif=exif))
    np.testing.assert_allclose(open_image(path), np.full((7, 5), 90), atol=2)


def test_transparent_pages_are_white(tmp_path: Path) -> None:
    """Black ink on a see-through page, as canvases export it: the page is white, half opacity grey."""
    opacity = np.array([[0, 255, 0], [0, 128, 0]], dtype=np.uint8)
    rgba = np.dstack([np.zeros((2, 3, 3), dtype=np.uint8), opacity])
    expected = 255 - opacity
    np.testing.assert_array_equal(open_image(rgba), expected)
    for mode in ("RGBA", "LA", "PA"):
        image = Image.fromarray(rgba).convert(mode)
        np.testing.assert_array_equal(open_image(image), expected)
    path = tmp_path / "drawing.png"
    path.write_bytes(saved(Image.fromarray(rgba), "PNG"))
    np.testing.assert_array_equal(open_image(path), expected)


def test_a_transparent_colour_of_a_palette_is_white(tmp_path: Path) -> None:
    """A GIF names one palette entry as see-through."""
    image = Image.new("P", (3, 1))
    image.putpalette([0, 0, 0, 200, 200, 200, 90, 90, 90])
    image.putdata([0, 1, 2])
    path = tmp_path / "palette.gif"
    path.write_bytes(saved(image, "GIF", transparency=0))
    np.testing.assert_array_equal(open_image(path), [[255, 200, 90]])


def test_sixteen_bits_become_eight(tmp_path: Path) -> None:
    """65535 is white; 8-bit levels in a 16-bit file keep their values."""
    levels = np.array([[0, 257, 257 * 100], [300, 65535, 257 * 254]], dtype=np.uint16)
    for format_name in ("PNG", "TIFF"):
        path = tmp_path / format_name
        path.write_bytes(saved(Image.fromarray(levels), format_name))
        np.testing.assert_array_equal(open_image(path), [[0, 1, 100], [1, 255, 254]])
    few = np.array([[0, 40, 255]], dtype=np.uint16)
    np.testing.assert_array_equal(open_image(Image.fromarray(few)), few)


def test_colours_become_grey(tmp_path: Path) -> None:
    """The weights of ITU-R 601 for red, green and blue; print colours pass through them as well."""
    colours = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]], dtype=np.uint8)
    expected = np.array([[0.299, 0.587, 0.114, 1]]) * 255
    np.testing.assert_allclose(open_image(colours), expected, atol=0.51)
    path = tmp_path / "print.tif"
    path.write_bytes(saved(Image.fromarray(colours).convert("CMYK"), "TIFF"))
    np.testing.assert_allclose(open_image(path), expected, atol=0.51)


def test_one_bit_pictures_and_bool_arrays_are_black_and_white() -> None:
    """True is 255 in both."""
    mask = np.array([[True, False, True], [False, False, True]])
    np.testing.assert_array_equal(open_image(mask), mask * 255)
    np.testing.assert_array_equal(open_image(Image.fromarray(mask)), mask * 255)


def test_a_pillow_image_stays_open_and_unchanged(grey: ByteArray) -> None:
    """The caller's image still belongs to the caller."""
    image = Image.open(io.BytesIO(saved(Image.fromarray(grey), "PNG")))
    np.testing.assert_array_equal(open_image(image), grey)
    np.testing.assert_array_equal(np.asarray(image), grey)


@pytest.mark.parametrize(
    ("array", "got"),
    [
        (np.zeros((5, 7)), "float64 with (5, 7)"),
        (np.zeros((3, 5, 7), dtype=np.uint8), "uint8 with (3, 5, 7)"),
        (np.zeros(35, dtype=np.uint8), "uint8 with (35,)"),
        (np.zeros((5, 7, 3), dtype=bool), "bool with (5, 7, 3)"),
        (np.zeros((0, 7), dtype=np.uint8), "uint8 with (0, 7)"),
        (np.zeros((5, 0), dtype=bool), "bool with (5, 0)"),
    ],
)
def test_other_arrays_are_refused(array: AnyArray, got: str) -> None:
    """Nothing is guessed about arrays of other shapes and dtypes."""
    message = (
        "open_image: expected an array of uint8 with shape (H, W), (H, W, 3) or (H, W, 4), or of "
        f"bool with (H, W), got {got}; bring grey levels to 0 … 255 with astype(np.uint8)."
    )
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        open_image(array)


def test_other_objects_are_refused() -> None:
    """Neither a path, nor an image, nor an array."""
    message = "open_image: expected a path, a Pillow image or an array, got list."
    with pytest.raises(ImageError, match=f"^{re.escape(message)}$"):
        open_image([[0, 255]])  # type: ignore[arg-type]


def test_floating_point_pictures_are_refused() -> None:
    """Nobody knows where their white is."""
    message = (
        "open_image: expected whole grey levels, got floating-point ones; map them to 0 … 255."
    )
    with pytest.raises(ImageError, match=f"^{re.escape(message)}$"):
        open_image(Image.new("F", (5, 7)))


def test_missing_files_directories_and_empty_files(tmp_path: Path) -> None:
    """Each has its own line."""
    missing = tmp_path / "nothing.png"
    assert refused(missing) == f"expected {KNOWN}, got no file of this name; look at the spelling."
    assert refused(tmp_path) == f"expected {KNOWN}, got a directory; name a file in it."
    empty = tmp_path / "empty.png"
    empty.touch()
    assert refused(empty) == f"expected {KNOWN}, got an empty file."


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="device files are a matter of Unix")
def test_what_is_not_a_regular_file_is_not_read() -> None:
    """/dev/zero would never end."""
    assert refused(Path("/dev/zero")) == f"expected {KNOWN}, got something that is not a file."


def test_a_path_that_cannot_be(tmp_path: Path) -> None:
    """The operating system's own words are passed on in the same one line."""
    (tmp_path / "file").write_text("text")
    assert refused(tmp_path / "file" / "below.png").startswith(
        "expected a file that can be read, got "
    )
    assert refused(tmp_path / "x\0y").startswith("expected a file that can be read, got ")


@pytest.mark.parametrize(
    "content",
    [b"just some words\n", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", b"\0" * 999],
)
def test_files_of_another_kind(tmp_path: Path, content: bytes) -> None:
    """Text is no picture; neither is a program for a printer, which is never run."""
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    assert refused(path) == f"expected {KNOWN}, got a file of another kind."


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "BMP", "TIFF", "WEBP", "PPM", "GIF"])
def test_a_file_cut_short_anywhere_is_refused(tmp_path: Path, format_name: str) -> None:
    """Wherever a download ended: one clear line, never a half picture and never another error."""
    noise = np.random.default_rng(3).integers(0, 256, (37, 29), dtype=np.uint8)
    whole = saved(Image.fromarray(noise), format_name)
    path = tmp_path / "cut"
    for kept in (5, 20, 60, len(whole) // 2, len(whole) * 3 // 4):
        path.write_bytes(whole[:kept])
        message = refused(path)
        assert message.startswith("expected a whole picture, got a damaged one (") or message == (
            f"expected {KNOWN}, got a file of another kind."
        )


def test_flipped_bytes_never_escape(tmp_path: Path) -> None:
    """Random damage gives a picture or an ImageError of one line, whatever the decoder raises."""
    rng = np.random.default_rng(5)
    noise = rng.integers(0, 256, (19, 23, 3), dtype=np.uint8)
    path = tmp_path / "flipped"
    messages = []
    for format_name in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"):
        whole = saved(Image.fromarray(noise), format_name)
        for _ in range(60):
            damaged = np.frombuffer(whole, dtype=np.uint8).copy()
            damaged[rng.integers(0, min(len(damaged), 200), 4)] = rng.integers(0, 256, 4)
            path.write_bytes(damaged.tobytes())
            try:
                picture = open_image(path)
            except ImageError as error:
                messages.append(str(error))
            else:
                assert picture.ndim == 2
    assert len(messages) > 20
    assert not any("\n" in message for message in messages)


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is ``width`` × ``height``."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 999))
    return b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("width", "height", "got"),
    [
        (8001, 8001, "8001 × 8001"),
        (10_000, 10_000, "more"),  # beyond Pillow's warning
        (60_000, 60_000, "more"),  # beyond Pillow's error
    ],
)
def test_pixels_are_counted_before_they_are_decoded(
    tmp_path: Path, width: int, height: int, got: str
) -> None:
    """A tiny file that would unfold into gigabytes is refused by its header."""
    path = tmp_path / "bomb.png"
    path.write_bytes(png_that_claims(width, height))
    assert (
        refused(path) == f"expected at most 64 million pixels, got {got}; save the picture smaller."
    )


def test_bytes_are_counted_before_they_are_read(
    tmp_path: Path, grey: ByteArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of exactly the limit is read, one byte more is not."""
    path = tmp_path / "large.png"
    path.write_bytes(saved(Image.fromarray(grey), "PNG") + b"\0" * 1_100_000)
    monkeypatch.setattr(opening, "MAX_BYTES", path.stat().st_size)
    np.testing.assert_array_equal(open_image(path), grey)
    monkeypatch.setattr(opening, "MAX_BYTES", path.stat().st_size - 1)
    assert refused(path) == "expected at most 1 MB, got a larger file; save the picture smaller."


HEIC = struct.pack(">I", 24) + b"ftypheic" + b"\0\0\0\0mif1heic" + b"\0" * 64


def test_heic_without_its_decoder_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an iPhone's photograph needs is named."""
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    path = tmp_path / "IMG_0001.HEIC"
    path.write_bytes(HEIC)
    assert refused(path) == (
        f"expected {KNOWN}, got a HEIC photograph; to read it, type: pip install pillow-heif."
    )


def test_heic_with_its_decoder_is_opened(
    tmp_path: Path, grey: ByteArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once pillow-heif is there, its opener is registered and used."""

    def register_heif_opener() -> None:
        def decode(*_: object) -> Any:
            return Image.fromarray(grey)

        Image.register_open("HEIF", decode, lambda start: start[4:8] == b"ftyp")

    decoder = types.SimpleNamespace(register_heif_opener=register_heif_opener)
    monkeypatch.setitem(sys.modules, "pillow_heif", decoder)
    monkeypatch.setattr(Image, "OPEN", dict(Image.OPEN))
    monkeypatch.setattr(Image, "ID", list(Image.ID))
    path = tmp_path / "IMG_0001.HEIC"
    path.write_bytes(HEIC)
    np.testing.assert_array_equal(open_image(path), grey)
