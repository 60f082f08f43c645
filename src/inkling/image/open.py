"""Opening any image as gray pixels: uint8 of shape (H, W), 0 black to 255 white.

Everything else that a file may contain is undone: EXIF orientation, transparency, palettes, 16-bit
depth, print colors. The size is checked before anything is decoded, because a file of a few kilobytes
can expand to gigabytes. Next: ``normalize.py`` for one digit, ``page/`` for a photographed page.
"""

from __future__ import annotations

import importlib
import io
import os
import stat
from contextlib import suppress
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
MAX_PIXELS = 64_000_000  # decoding them takes up to 256 MB
PIXEL_LIMIT = f"{MAX_PIXELS // 1_000_000} million pixels"
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
"""The formats that are tried. Pillow has more, but not all are safe: EPS, for one, starts a program."""
_KNOWN = "a picture (PNG, JPEG, GIF, BMP, TIFF, WebP or PPM)"


def open_image(source: Picture) -> ByteArray:
    """Opens an image as gray pixels, upright, with transparent parts white.

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
    advice = "bring gray levels to 0 … 255 with astype(np.uint8)"
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
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
        got = f"a file that cannot be read ({_one_line(error)})"
    raise ImageError(complain(str(path), _KNOWN, got))


def _decode(content: bytes, name: str) -> ByteArray:
    from PIL import Image, UnidentifiedImageError

    if not content:
        raise ImageError(complain(name, _KNOWN, "an empty file"))
    if len(content) > MAX_BYTES:
        raise _too_large(name, f"{MAX_BYTES // 1024**2} MB", "a larger file")
    formats = (*FORMATS, *_heic_format(content, name))
    try:
        image = Image.open(io.BytesIO(content), formats=formats)
    except UnidentifiedImageError:
        raise ImageFormatError(complain(name, _KNOWN, "a file of another kind")) from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):  # Pillow's own limits
        raise _too_large(name, PIXEL_LIMIT, "more") from None
    except Exception as error:
        raise _damaged(name, error) from None
    with image:
        return _to_gray(image, name)


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
    from PIL import Image, ImageOps

    width, height = image.size
    if width * height > MAX_PIXELS:
        raise _too_large(name, PIXEL_LIMIT, f"{width} × {height}")
    if image.mode == "F":
        advice = "map them to 0 … 255"
        raise ImageError(complain(name, "whole gray levels", "floating-point ones", advice))
    try:
        image.load()
        upright = image
        with suppress(Exception):  # if only the EXIF block is damaged, the pixels are complete
            upright = ImageOps.exif_transpose(image)
        if upright.mode.startswith("I"):  # sixteen bits, which Pillow would clip at 255
            levels = np.asarray(upright)
            levels = levels // 257 if levels.max() > 255 else levels  # some scanners use only eight
            return levels.clip(0, 255).astype(np.uint8)
        if upright.has_transparency_data:  # put it on white; drawings would turn black otherwise
            rgba = upright.convert("RGBA")
            white = Image.new("L", rgba.size, 255)
            upright = Image.composite(rgba.convert("L"), white, rgba.getchannel("A"))
        return np.array(upright.convert("L"))
    except Exception as error:
        # Decoders raise all kinds of exceptions for damaged files: OSError, SyntaxError, EOFError,
        # struct.error, zlib.error, IndexError, ...
        raise _damaged(name, error) from None


def _too_large(name: str, limit: str, got: str) -> ImageTooLargeError:
    return ImageTooLargeError(complain(name, f"at most {limit}", got, "save the picture smaller"))


def _damaged(name: str, error: Exception) -> ImageError:
    return ImageError(complain(name, "a whole picture", f"a damaged one ({_one_line(error)})"))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
