"""Opening images: everything besides gray levels is undone, and every failure is one clear line."""

from __future__ import annotations

import io
import os
import struct
import sys
import types
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkling._text import printable
from inkling._types import ByteArray
from inkling.errors import ImageError, ImageFormatError, ImageTooLargeError, ShapeError
from inkling.image import open as opening
from inkling.image.open import open_image


@pytest.fixture
def gray() -> ByteArray:
    """A (7, 5) image in which no two pixels are equal."""
    return np.arange(10, 10 + 35 * 6, 6, dtype=np.uint8).reshape(7, 5)


def saved(image: Image.Image, format_name: str, **options: object) -> bytes:
    """The image as the bytes of a file."""
    file = io.BytesIO()
    image.save(file, format_name, **options)
    return file.getvalue()


def error_of(source: Any, kind: type[ImageError] = ImageError) -> str:
    """The message with which a path or bytes are rejected: one line that starts with the name."""
    with pytest.raises(kind) as caught:
        open_image(source)
    message = str(caught.value)
    assert "\n" not in message
    name = "picture" if isinstance(source, bytes) else source
    assert message.startswith(f"{printable(name)}: expected ")
    return message


@pytest.mark.parametrize("format_name", ["PNG", "BMP", "TIFF", "PPM", "GIF"])
def test_lossless_files_come_back_exactly(
    tmp_path: Path, gray: ByteArray, format_name: str
) -> None:
    """Every pixel survives, from a Path, a string or bytes, whatever the file's suffix."""
    path = tmp_path / "picture.any"
    path.write_bytes(saved(Image.fromarray(gray), format_name))
    for source in (path, str(path), path.read_bytes()):
        opened = open_image(source)
        assert opened.dtype == np.uint8
        np.testing.assert_array_equal(opened, gray)


def test_exif_orientation_is_undone(gray: ByteArray) -> None:
    """All eight orientations of the EXIF standard, against NumPy's rotations."""
    half, right = np.rot90(gray, 2), np.rot90(gray, -1)
    upright = [gray, np.fliplr(gray), half, np.flipud(gray), gray.T, right, half.T, np.rot90(gray)]
    for orientation, expected in enumerate(upright, 1):
        exif = Image.Exif()
        exif[0x0112] = orientation
        content = saved(Image.fromarray(gray), "PNG", exif=exif)
        np.testing.assert_array_equal(open_image(content), expected)


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("exif", [b"garbage", b"Exif\0\0MM\0*\0\0\0\x08\0\x05cut"])
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_damaged_exif_block_does_not_matter(format_name: str, exif: bytes) -> None:
    """The pixels are complete, so they are read as they are stored."""
    content = saved(Image.new("L", (5, 7), 90), format_name, exif=exif)
    np.testing.assert_allclose(open_image(content), np.full((7, 5), 90), atol=2)


def test_transparent_pages_are_white() -> None:
    """Black ink on a transparent page, as a canvas exports it; a GIF has a transparent color."""
    opacity = np.array([[0, 255, 0], [0, 128, 0]], dtype=np.uint8)
    rgba = np.dstack([np.zeros((2, 3, 3), dtype=np.uint8), opacity])
    image = Image.fromarray(rgba)
    sources: list[Any] = [rgba, saved(image, "PNG"), image.convert("LA"), image.convert("PA")]
    for source in sources:
        np.testing.assert_array_equal(open_image(source), 255 - opacity)
    palette = Image.fromarray(np.array([[0, 1, 2]], dtype=np.uint8))
    palette.putpalette([0, 0, 0, 200, 200, 200, 90, 90, 90])
    content = saved(palette, "GIF", transparency=0)
    np.testing.assert_array_equal(open_image(content), [[255, 200, 90]])


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_white_ink_on_a_transparent_page(mode: str) -> None:
    """Its opacity is what is seen; on white it would vanish."""
    opacity = np.zeros((20, 30), dtype=np.uint8)
    opacity[5:15, 10:13] = 255
    opacity[5:15, 13] = 128
    ink = Image.merge("LA", [Image.new("L", (30, 20), 255), Image.fromarray(opacity)])
    np.testing.assert_array_equal(open_image(saved(ink.convert(mode), "PNG")), opacity)


@pytest.mark.parametrize(
    ("level", "opacity", "expected"),
    [
        (255, 255, 255),  # a blank card with transparent corners
        (255, 0, 255),  # nothing visible
        (0, 25, 230),  # faint black ink
    ],
)
def test_other_light_pictures_stay_on_white(level: int, opacity: int, expected: int) -> None:
    """White is paper where it covers most of a picture, and black ink may be faint."""
    levels = np.full((9, 9), level, dtype=np.uint8)
    opacities = np.full((9, 9), opacity, dtype=np.uint8)
    opacities[0, 0] = 0
    opened = open_image(np.dstack([levels, levels, levels, opacities]))
    assert opened[0, 0] == 255
    assert np.abs(opened[1:].astype(int) - expected).max() <= 1


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_fewer_bits_in_sixteen(bits: int) -> None:
    """White is the largest level of the bits that are used."""
    white = 2**bits - 1
    levels = np.array([[0, white // 2, white]], dtype=np.uint16)
    np.testing.assert_array_equal(
        open_image(saved(Image.fromarray(levels), "PNG")), [[0, 127, 255]]
    )


def test_sixteen_bits_become_eight() -> None:
    """65535 is white; 8-bit levels in a 16-bit file keep their values."""
    levels = np.array([[0, 257, 257 * 100], [300, 65535, 257 * 254]], dtype=np.uint16)
    for format_name in ("PNG", "TIFF"):
        content = saved(Image.fromarray(levels), format_name)
        np.testing.assert_array_equal(open_image(content), [[0, 1, 100], [1, 255, 254]])
    few = np.array([[0, 40, 255]], dtype=np.uint16)
    np.testing.assert_array_equal(open_image(Image.fromarray(few)), few)


def test_colors_become_gray() -> None:
    """Red, green and blue with the weights of ITU-R 601; print colors (CMYK) likewise."""
    colors = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]], dtype=np.uint8)
    expected = np.array([[0.299, 0.587, 0.114, 1]]) * 255
    for source in (colors, saved(Image.fromarray(colors).convert("CMYK"), "TIFF")):
        np.testing.assert_allclose(open_image(source), expected, atol=0.51)


def test_a_pillow_image_stays_open_and_unchanged(gray: ByteArray) -> None:
    """The caller's image can still be used; True is 255 in one of one bit, as in a bool array."""
    image = Image.open(io.BytesIO(saved(Image.fromarray(gray), "PNG")))
    np.testing.assert_array_equal(open_image(image), gray)
    np.testing.assert_array_equal(np.asarray(image), gray)
    mask = gray > 90
    np.testing.assert_array_equal(open_image(Image.fromarray(mask)), mask * 255)
    np.testing.assert_array_equal(open_image(mask), mask * 255)


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((5, 7), float), ((3, 5, 7), "u1"), ((5, 7, 3), bool), ((0, 7), "u1"), ((5, 0), bool)],
)
def test_other_arrays_are_rejected(shape: Any, dtype: Any) -> None:
    """Nothing is guessed about other shapes and dtypes."""
    with pytest.raises(ShapeError, match=r"^open_image: expected an array of uint8 .*, got "):
        open_image(np.zeros(shape, dtype))


def test_other_objects_and_floating_point_images_are_rejected() -> None:
    """A list is not an array, and a floating-point image does not define its white."""
    with pytest.raises(ImageError, match=r"^open_image: expected a path, .* got list\.$"):
        open_image([[0, 255]])  # type: ignore[arg-type]
    with pytest.raises(ImageError, match="expected whole gray levels, got floating-point ones"):
        open_image(Image.new("F", (5, 7)))


def test_paths_that_are_not_files(tmp_path: Path) -> None:
    """Missing files, directories, empty files and impossible paths have a message of their own."""
    assert "got no file of this name" in error_of(tmp_path / "nothing.png")
    assert "got a directory" in error_of(tmp_path)
    assert "got an empty file" in error_of(b"")
    assert "got a file that cannot be read (" in error_of(tmp_path / "x\0y")
    if Path(os.devnull).is_char_device():  # not on Windows
        assert "something that is not a file" in error_of(Path(os.devnull))


def test_files_of_another_kind() -> None:
    """Text is no image; neither is PostScript, a program, which is never run."""
    for content in (b"words\n", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", b"\0" * 999):
        assert "got a file of another kind" in error_of(content, ImageFormatError)


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "BMP", "TIFF", "WEBP", "PPM", "GIF"])
def test_a_truncated_file_is_rejected(format_name: str) -> None:
    """Wherever a download ended: an ImageError, never part of an image, never another error."""
    noise = np.random.default_rng(3).integers(0, 256, (37, 29), dtype=np.uint8)
    whole = saved(Image.fromarray(noise), format_name)
    for kept in (5, 20, 60, len(whole) // 2, len(whole) * 3 // 4):
        message = error_of(whole[:kept])
        assert "got a damaged one (" in message or "got a file of another kind" in message


def test_random_damage_raises_nothing_but_image_errors() -> None:
    """Changed bytes give an image or an ImageError, whatever the decoder raises."""
    rng = np.random.default_rng(5)
    noise = rng.integers(0, 256, (19, 23, 3), dtype=np.uint8)
    rejected = 0
    for format_name in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"):
        whole = saved(Image.fromarray(noise), format_name)
        for _ in range(60):
            damaged = np.frombuffer(whole, dtype=np.uint8).copy()
            damaged[rng.integers(0, min(len(damaged), 200), 4)] = rng.integers(0, 256, 4)
            try:
                open_image(damaged.tobytes())
            except ImageError:
                rejected += 1
    assert rejected > 20


@pytest.mark.parametrize("filters", ["always", "error"])
@pytest.mark.parametrize(
    ("width", "height"), [(8_001, 8_000), (9_500, 9_500), (60_000, 60_000), (65_001, 9), (1, 10**7)]
)
def test_the_size_is_checked_before_decoding(width: int, height: int, filters: Any) -> None:
    """A few bytes that claim to be a huge PGM image, from 90 million pixels without Pillow's warning."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter(filters)
        message = error_of(f"P5 {width} {height} 255\n".encode(), ImageTooLargeError)
    assert f"at most 64 million pixels and 65,000 per side, got {width} × {height}" in message
    assert not caught


def test_tiles_may_not_be_larger_than_pictures() -> None:
    """A TIFF file of one pixel whose only tile would take 10 GB."""
    tags = ((256, 1), (257, 1), (258, 8), (259, 8), (262, 1), (322, 10**5), (323, 10**5), (324, 8))
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in (*tags, (325, 9)))
    content = struct.pack("<2sHIH", b"II", 42, 8, 9) + entries + bytes(99)
    assert "got 100000 × 100000" in error_of(content, ImageTooLargeError)


def test_a_damaged_tiff_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    """The decoder's own library prints nothing."""
    noise = np.random.default_rng(0).integers(0, 256, (60, 60), dtype=np.uint8)
    content = bytearray(saved(Image.fromarray(noise), "TIFF", compression="tiff_adobe_deflate"))
    content[300:340] = b"\xff" * 40
    assert "got a damaged one (" in error_of(bytes(content))
    assert capfd.readouterr() == ("", "")


def test_a_jpeg_file_has_few_scans(gray: ByteArray) -> None:
    """A progressive file may repeat a scan, and each costs as much time as all of the picture."""
    content = saved(Image.fromarray(gray), "JPEG", progressive=True)
    start = content.rindex(b"\xff\xda")
    repeated, scans = content[start:-2], content.count(b"\xff\xda")
    most = content[:-2] + repeated * (opening.MAX_SCANS - scans)
    preview = b"\xff\xe1" + struct.pack(">H", 5000) + b"\xff\xda" * 2499
    video = b"\xff\xda" * 5000  # after the end, as phones store it
    assert open_image(most + b"\xff\xd9").shape == gray.shape
    with_others = content[:2] + preview + content[2:] + video
    np.testing.assert_array_equal(open_image(with_others), open_image(content))
    got = error_of(most + repeated + b"\xff\xd9", ImageTooLargeError)
    assert "at most 100 scans" in got


def test_colors_are_converted_in_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    """In any number of bands, also if only the last one shows that a picture has 16 bits."""
    rng = np.random.default_rng(1)
    colors = rng.integers(0, 256, (23, 9, 4), dtype=np.uint8)
    levels = np.arange(23 * 9).reshape(23, 9).astype(np.uint16)
    levels[-1] = 257 * rng.integers(0, 256, 9, dtype=np.uint16)
    files = [saved(Image.fromarray(array), "PNG") for array in (colors, levels)]
    whole = [open_image(file) for file in files]
    monkeypatch.setattr(opening, "BAND", 20)
    for file, expected in zip(files, whole, strict=True):
        np.testing.assert_array_equal(open_image(file), expected)
    np.testing.assert_array_equal(whole[1], levels // 257)


def test_the_number_of_bytes_is_checked_before_reading(
    tmp_path: Path, gray: ByteArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of exactly the limit is read, one byte more is not."""
    path = tmp_path / "large.png"
    path.write_bytes(saved(Image.fromarray(gray), "PNG") + b"\0" * 1_100_000)
    monkeypatch.setattr(opening, "MAX_BYTES", path.stat().st_size)
    np.testing.assert_array_equal(open_image(path), gray)
    monkeypatch.setattr(opening, "MAX_BYTES", path.stat().st_size - 1)
    assert "at most 1 MB" in error_of(path, ImageTooLargeError)


HEIC = struct.pack(">I", 24) + b"ftypheic" + b"\0\0\0\0mif1heic" + b"\0" * 64


def test_heic_without_its_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the package to install."""
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    assert "pip install pillow-heif" in error_of(HEIC, ImageFormatError)


def test_heic_with_its_decoder(gray: ByteArray, monkeypatch: pytest.MonkeyPatch) -> None:
    """If pillow-heif is installed, its decoder is registered and used."""

    def register_heif_opener() -> None:
        def decode(*_: object) -> Any:
            return Image.fromarray(gray)

        Image.register_open("HEIF", decode, lambda start: start[4:8] == b"ftyp")

    decoder = types.SimpleNamespace(register_heif_opener=register_heif_opener)
    monkeypatch.setitem(sys.modules, "pillow_heif", decoder)
    monkeypatch.setattr(Image, "OPEN", dict(Image.OPEN))
    monkeypatch.setattr(Image, "ID", list(Image.ID))
    np.testing.assert_array_equal(open_image(HEIC), gray)
