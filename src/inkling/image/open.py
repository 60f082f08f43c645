"""Opening any image as gray pixels: uint8 of shape (H, W), 0 black to 255 white.

Everything else that a file may contain is undone: EXIF orientation, transparency, palettes, 16-bit
depth, print colors. The size is checked before anything is decoded, because a file of a few kilobytes
can expand to gigabytes. Next: ``normalize.py`` for one digit, ``page/`` for a photographed page.
"""

from __future__ import annotations

import ctypes
import importlib
import io
import os
import re
import stat
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from inkling._checks import complain
from inkling._types import AnyArray, ByteArray
from inkling.errors import ImageError, ImageFormatError, ImageTooLargeError, ShapeError

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

    Picture: TypeAlias = str | os.PathLike[str] | bytes | PillowImage | AnyArray
    """What ``open_image`` takes."""

MAX_BYTES = 64 * 1024**2  # a 50-megapixel photograph from a phone has 10 to 25 MB
MAX_PIXELS = 64_000_000  # decoding them takes up to 800 MB
MAX_PIXELS_WEBP = 52_000_000  # its decoder takes 16 bytes per pixel
MAX_SCANS = 100  # of a JPEG file, each of which costs as much as the picture; most files have ten
MAX_SIDE = 65_000  # sums over a side are exact in float32, see ``normalize.py``
BAND = 2**22  # pixels that are converted at a time, to save memory
NEARLY_WHITE = 215  # darkest gray level of a picture in which ink on white would hardly be visible
MOST_OPAQUE = 0.5  # largest share of a picture that is ink; what is more opaque is paper
FORMATS = ("Png", "Jpeg", "Gif", "Bmp", "Tiff", "WebP", "Ppm")
"""The formats that are tried. Pillow has more, but not all are safe: EPS, for one, starts a program."""
JPEG_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])", re.DOTALL)
"""The start of a segment; 00 and D0 to D7 occur within the pixels of a scan."""
_KNOWN = "a picture (PNG, JPEG, GIF, BMP, TIFF, WebP or PPM)"


def open_image(source: Picture) -> ByteArray:
    """Opens an image as gray pixels, upright, with transparent parts white, or black behind white ink.

    Args:
        source: a path; the bytes of an image file; a Pillow image; or an array: uint8 of shape (H, W),
            (H, W, 3) for red, green, blue or (H, W, 4) with opacity last, or bool of shape (H, W).

    Returns:
        (H, W), uint8, 0 black to 255 white; dark on light and light on dark stay as they are.

    Raises:
        ImageError: the file is missing, damaged, too large or of an unknown format.
        ShapeError: the array has another shape or dtype.

    Example:
        >>> red = np.full((2, 3, 3), (255, 0, 0), dtype=np.uint8)
        >>> open_image(red)
        array([[76, 76, 76],
               [76, 76, 76]], dtype=uint8)
    """
    from PIL import Image

    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, Image.Image):
        return _to_gray(source, "picture")
    if isinstance(source, bytes):
        return _decode(source, "picture")
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        return _decode(_read(path), str(path))
    expected = "a path, bytes, a Pillow image or an array"
    raise ImageError(complain("open_image", expected, type(source).__name__))


def _from_array(array: AnyArray) -> ByteArray:
    from PIL import Image

    shape = array.shape
    if array.size and len(shape) == 2 and array.dtype in (np.uint8, np.bool_):
        return array if array.dtype == np.uint8 else array.astype(np.uint8) * np.uint8(255)
    if array.size and shape[2:] in {(3,), (4,)} and array.dtype == np.uint8:
        return _to_gray(Image.fromarray(array), "picture")
    expected = "an array of uint8 with shape (H, W), (H, W, 3) or (H, W, 4), or of bool with (H, W)"
    advice = {
        "f": "turn gray levels of 0 … 1 into (255 * image).round().astype(np.uint8)",
        "i": "bring gray levels to 0 … 255 with astype(np.uint8)",
    }.get(array.dtype.kind, "")
    raise ShapeError(complain("open_image", expected, f"{array.dtype} with {shape}", advice))


def _read(path: Path) -> bytes:
    """Returns the bytes of a file, at most one more than ``MAX_BYTES``."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):  # a device such as /dev/zero never ends
            with path.open("rb") as file:
                return file.read(MAX_BYTES + 1)
        is_folder = stat.S_ISDIR(mode)
        got = "a directory; name a file in it" if is_folder else "something that is not a file"
    except FileNotFoundError:
        got = "no file of this name; check the spelling"
    except OSError as error:
        got = f"a file that cannot be read ({error.strerror})"
    except ValueError as error:  # a path with a zero byte
        got = f"a file that cannot be read ({_one_line(error)})"
    raise ImageError(complain(str(path), _KNOWN, got))


def _decode(content: bytes, name: str) -> ByteArray:
    if not content:
        raise ImageError(complain(name, _KNOWN, "an empty file"))
    if len(content) > MAX_BYTES:
        raise _too_large(name, f"{MAX_BYTES // 1024**2} MB", "a larger file")
    with _identify(content, name) as image:
        if content.startswith(b"\xff\xd8") and _count_scans(content) > MAX_SCANS:
            raise _too_large(name, f"{MAX_SCANS} scans in a JPEG file", "more")
        return _to_gray(image, name)


def _identify(content: bytes, name: str) -> PillowImage:
    """Reads the header of a picture.

    ``PIL.Image.open`` would do so too, but warns of large pictures, which depends on settings of the
    process that other threads may change.
    """
    from PIL import Image

    for kind in (*FORMATS, *_heic_format(content, name)):
        if kind != "HEIF":
            importlib.import_module(f"PIL.{kind}ImagePlugin")  # registers the format
        opener, accepts = Image.OPEN[kind.upper()]
        accepted = accepts is None or accepts(content[:16])
        if not accepted or isinstance(accepted, str):  # the reason why Pillow lacks the format
            continue
        try:
            return opener(io.BytesIO(content), "")
        except (SyntaxError, IndexError, TypeError, struct.error):  # another format, as for Pillow
            continue
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            raise _too_large(name, _pixels(MAX_PIXELS), "more") from None
        except Exception as error:
            raise _damaged(name, error) from None
    raise ImageFormatError(complain(name, _KNOWN, "a file of another kind"))


def _count_scans(content: bytes) -> int:
    """Returns the number of scans of a JPEG file, up to its end marker."""
    scans, place = 0, 2
    while (marker := JPEG_MARKER.search(content, place)) and marker[1] != b"\xd9":
        scans += marker[1] == b"\xda"
        place = marker.end()
        if marker[1] != b"\x01":  # the only other marker without a length, which counts itself
            place += max(2, int.from_bytes(content[place : place + 2]))
    return scans


def _heic_format(content: bytes, name: str) -> tuple[str, ...]:
    """Returns ("HEIF",) for an iPhone photograph, after registering its decoder."""
    brands = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
    if content[4:8] != b"ftyp" or content[8:12] not in brands:
        return ()
    try:
        importlib.import_module("pillow_heif").register_heif_opener()
    except ImportError:
        advice = "to read it, type: pip install pillow-heif"
        raise ImageFormatError(complain(name, _KNOWN, "a HEIC photograph", advice)) from None
    return ("HEIF",)


def _to_gray(image: PillowImage, name: str) -> ByteArray:
    """Decodes a Pillow image, turns it upright and puts it on white."""
    from PIL import ExifTags, ImageOps

    most = MAX_PIXELS_WEBP if image.format == "WEBP" else MAX_PIXELS
    for width, height in (image.size, _tile_size(image)):
        if width * height > most or max(width, height) > MAX_SIDE:
            raise _too_large(name, _pixels(most), f"{width} × {height}")
    if image.mode == "F":
        advice = "map them to 0 … 255"
        raise ImageError(complain(name, "whole gray levels", "floating-point ones", advice))
    if image.format == "TIFF":
        _silence_libtiff()
    try:
        image.load()
        upright = image
        with suppress(Exception):  # if only the EXIF block is damaged, the pixels are complete
            if image.getexif().get(ExifTags.Base.Orientation, 1) != 1:  # a copy takes memory
                upright = ImageOps.exif_transpose(image)
        return _gray_of(upright)
    except Exception as error:
        # Decoders raise all kinds of exceptions for damaged files: OSError, SyntaxError, EOFError,
        # struct.error, zlib.error, IndexError, ...
        raise _damaged(name, error) from None


def _gray_of(image: PillowImage) -> ByteArray:
    """Returns the gray levels (H, W) of a decoded image."""
    if image.mode.startswith("I"):  # sixteen bits, which Pillow would clip at 255
        highest = max(np.asarray(band).max() for band in _bands(image))
        # Many cameras and scanners use only 8, 10 or 12 of them.
        white = 2 ** max(8, int(highest).bit_length()) - 1
        return _convert(image, lambda band: np.asarray(band, np.int64).clip(0) * 255 // white)
    gray = _convert(image, partial(_on, 255))
    if image.has_transparency_data and gray.min() >= NEARLY_WHITE:
        opacity = np.mean([np.mean(_opacity(band)) for band in _bands(image)])
        on_black = _convert(image, partial(_on, 0))
        if on_black.max() > 255 - gray.min() and opacity <= 255 * MOST_OPAQUE:
            return on_black
    return gray


def _convert(image: PillowImage, to_gray: Callable[[PillowImage], AnyArray]) -> ByteArray:
    """Converts an image band by band, since colors need more memory than gray levels."""
    gray = np.empty((image.height, image.width), dtype=np.uint8)
    top = 0
    for band in _bands(image):
        gray[top : top + band.height] = to_gray(band)
        top += band.height
    return gray


def _bands(image: PillowImage) -> Iterator[PillowImage]:
    width, height = image.size
    step = max(1, BAND // width)
    for top in range(0, height, step):
        yield image.crop((0, top, width, min(top + step, height)))


def _on(ground: int, image: PillowImage) -> AnyArray:
    """Puts a transparent image on a gray level; drawings would turn black otherwise."""
    from PIL import Image

    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        under = Image.new("L", rgba.size, ground)
        image = Image.composite(rgba.convert("L"), under, rgba.getchannel("A"))
    return np.asarray(image.convert("L"))


def _opacity(image: PillowImage) -> AnyArray:
    return np.asarray(image.convert("RGBA").getchannel("A"))


def _tile_size(image: PillowImage) -> tuple[int, int]:
    """Returns the size of the tiles of a TIFF file, which may be larger than the picture."""
    tags = getattr(image, "tag_v2", {})
    width, height = (tags.get(tag, 0) for tag in (322, 323))
    return (width, height) if isinstance(width, int) and isinstance(height, int) else (0, 0)


@cache
def _silence_libtiff() -> None:
    """Stops libtiff from printing what is wrong with a file; Pillow raises an exception anyway.

    The handler is one per process, so it is set once and not restored, which threads would mix up.
    """
    # On Windows, libtiff is inside Pillow, without names; another Pillow may have another module.
    with suppress(AttributeError, ImportError, OSError):
        decoders = importlib.import_module("PIL._imaging").__file__
        ctypes.CDLL(decoders).TIFFSetErrorHandler(None)


def _too_large(name: str, limit: str, got: str) -> ImageTooLargeError:
    return ImageTooLargeError(complain(name, f"at most {limit}", got, "save the picture smaller"))


def _pixels(most: int) -> str:
    return f"{most // 1_000_000} million pixels and {MAX_SIDE:,} per side"


def _damaged(name: str, error: Exception) -> ImageError:
    return ImageError(complain(name, "a whole picture", f"a damaged one ({_one_line(error)})"))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
