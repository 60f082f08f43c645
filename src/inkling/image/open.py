"""Any picture becomes grey pixels: a file, a Pillow image or an array in, uint8 (H, W) out.

Here everything is undone that a picture may carry besides its grey levels: the turn that phones store in
EXIF, transparency, palettes, 16-bit depth, the colours of print. Size is bounded before anything is
decoded, since a file of a few kilobytes can unfold into gigabytes. From here the pixels go to
``normalize.py``.
"""

from __future__ import annotations

import importlib
import io
import os
import stat
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from inkling._checks import complain
from inkling._types import AnyArray, ByteArray
from inkling.errors import ImageError, ShapeError

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

    Picture: TypeAlias = str | os.PathLike[str] | PillowImage | AnyArray
    """What ``open_image`` takes."""

MAX_BYTES = 64 * 1024 * 1024
"""Largest file that is read: a 50-megapixel photograph from a phone takes 10 to 25 MB."""
MAX_PIXELS = 64_000_000
"""Most pixels that are decoded, at 4 bytes each a quarter of a gigabyte; 50-megapixel phones fit."""
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
"""The formats that are tried. Not all that Pillow knows: EPS, for one, starts another program."""
_KNOWN = "a picture (PNG, JPEG, GIF, BMP, TIFF, WebP or PPM)"


def open_image(source: Picture) -> ByteArray:
    """Opens a picture as grey pixels, upright and on white where it is transparent.

    Args:
        source: a path; or a Pillow image; or an array, uint8 of shape (H, W) grey, (H, W, 3) red, green,
            blue or (H, W, 4) with opacity last, or bool of shape (H, W), where True is 255.

    Returns:
        (H, W), uint8, 0 black to 255 white, whatever the polarity of the writing.

    Raises:
        ImageError: the file is missing, damaged, too large or of an unknown format.
        ShapeError: the array is of another shape or dtype.

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
        return _to_grey(source, "open_image")
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        return _decode(_read(path), str(path))
    raise ImageError(
        complain("open_image", "a path, a Pillow image or an array", type(source).__name__)
    )


def _from_array(array: AnyArray) -> ByteArray:
    from PIL import Image

    shape = array.shape
    if array.dtype == np.bool_ and len(shape) == 2 and array.size:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype == np.uint8 and array.size and (len(shape) == 2 or shape[2:] in {(3,), (4,)}):
        return array if len(shape) == 2 else _to_grey(Image.fromarray(array), "open_image")
    raise ShapeError(
        complain(
            "open_image",
            "an array of uint8 with shape (H, W), (H, W, 3) or (H, W, 4), or of bool with (H, W)",
            f"{array.dtype} with {shape}",
            "bring grey levels to 0 … 255 with astype(np.uint8)",
        )
    )


def _read(path: Path) -> bytes:
    """The bytes of a file, at most ``MAX_BYTES`` of them."""
    try:
        kind = path.stat().st_mode
        content = b""
        if stat.S_ISREG(kind):  # a device such as /dev/zero would never end
            with path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        advice = "look at the spelling"
        raise ImageError(complain(str(path), _KNOWN, "no file of this name", advice)) from None
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
        raise ImageError(complain(str(path), "a file that can be read", _one_line(error))) from None
    if stat.S_ISDIR(kind):
        raise ImageError(complain(str(path), _KNOWN, "a directory", "name a file in it"))
    if not stat.S_ISREG(kind):
        raise ImageError(complain(str(path), _KNOWN, "something that is not a file"))
    if len(content) > MAX_BYTES:
        limit = f"at most {MAX_BYTES // 1024**2} MB"
        raise ImageError(complain(str(path), limit, "a larger file", "save the picture smaller"))
    return content


def _decode(content: bytes, name: str) -> ByteArray:
    from PIL import Image, UnidentifiedImageError

    if not content:
        raise ImageError(complain(name, _KNOWN, "an empty file"))
    formats = (*FORMATS, *_heic_format(content, name))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's remarks on odd EXIF blocks
        # What is beyond Pillow's own limit it announces while it opens; here that is refused.
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image = Image.open(io.BytesIO(content), formats=formats)
        except UnidentifiedImageError:
            raise ImageError(complain(name, _KNOWN, "a file of another kind")) from None
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            raise ImageError(_too_many_pixels(name, "more")) from None
        except Exception as error:
            raise ImageError(_damaged(name, error)) from None
        with image:
            return _to_grey(image, name)


def _heic_format(content: bytes, name: str) -> tuple[str, ...]:
    """("HEIF",) for a photograph in an iPhone's format, once its decoder is at hand."""
    brands = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
    if content[4:8] != b"ftyp" or content[8:12] not in brands:
        return ()
    try:
        importlib.import_module("pillow_heif").register_heif_opener()
    except ImportError:
        advice = "to read it, type: pip install pillow-heif"
        raise ImageError(complain(name, _KNOWN, "a HEIC photograph", advice)) from None
    return ("HEIF",)


def _to_grey(image: PillowImage, name: str) -> ByteArray:
    """Decodes, turns upright, puts on white, takes the grey levels."""
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ImageError(_too_many_pixels(name, f"{width} × {height}"))
    if image.mode == "F":
        advice = "map them to 0 … 255"
        raise ImageError(complain(name, "whole grey levels", "floating-point ones", advice))
    try:
        image.load()
        upright = _upright(image)
        if upright.mode.startswith("I"):
            return _sixteen_to_eight(np.asarray(upright))
        if upright.has_transparency_data:
            upright = _on_white(upright.convert("RGBA"))
        return np.array(upright.convert("L"))
    except Exception as error:
        # Decoders of damaged files raise whatever they stumble over: OSError, SyntaxError, EOFError,
        # struct.error, zlib.error, IndexError, ... All of them mean one thing here.
        raise ImageError(_damaged(name, error)) from None


def _upright(image: PillowImage) -> PillowImage:
    from PIL import ImageOps

    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        return image  # the pixels are whole; only the EXIF block beside them is damaged


def _on_white(image: PillowImage) -> PillowImage:
    """An RGBA image as grey on white; drawings with a transparent page would turn black otherwise."""
    from PIL import Image

    white = Image.new("L", image.size, 255)
    return Image.composite(image.convert("L"), white, image.getchannel("A"))


def _sixteen_to_eight(levels: AnyArray) -> ByteArray:
    """0 … 65535 to 0 … 255. Pillow's own conversion cuts off everything above 255."""
    if levels.max() > 255:  # else: eight bits in a sixteen-bit file, which some scanners write
        levels = levels // 257
    return levels.clip(0, 255).astype(np.uint8)


def _too_many_pixels(name: str, got: str) -> str:
    limit = f"at most {MAX_PIXELS // 1_000_000} million pixels"
    return complain(name, limit, got, "save the picture smaller")


def _damaged(name: str, error: Exception) -> str:
    return complain(name, "a whole picture", f"a damaged one ({_one_line(error)})")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
