"""From the body of a request to grey pixels, within limits of size and time.

    application/octet-stream ?width=W&height=H    grey bytes, row by row
    image/png, image/jpeg, …                      a picture, opened by ``image/open.py``

Everything about a body is doubted: its length, its speed, its type, its contents. It is held in memory
and nowhere else. Next: ``replies.py``.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from inkling._checks import complain
from inkling._types import ByteArray
from inkling.app.refusal import RefusedError
from inkling.errors import ImageError, ImageFormatError, ImageTooLargeError
from inkling.image.open import open_image

if TYPE_CHECKING:
    from starlette.requests import Request

MOST_BYTES = 20 * 1024 * 1024
"""Largest picture; a photograph of 50 megapixels takes 10 to 20 MB."""
LONGEST_SIDE = 1024
"""Most grey bytes a row, and rows."""
BODY_SECONDS = 15.0
"""How long a body may take to arrive."""
GREY_TYPE = "application/octet-stream"


@dataclass(frozen=True, eq=False)
class Upload:
    """A body that has arrived whole.

    Attributes:
        content: its bytes.
        shape: (H, W) of grey bytes; None for a picture in a format of its own.
        normalized: True for grey bytes that are what the network sees, 28 × 28.
    """

    content: bytes
    shape: tuple[int, int] | None
    normalized: bool = False

    def pixels(self) -> ByteArray:
        """Decodes it to grey levels (H, W), uint8; upright, on white where it is transparent.

        Raises:
            RefusedError: it is not a picture, damaged, or has too many pixels.
        """
        if self.shape is not None:
            return np.frombuffer(self.content, np.uint8).reshape(self.shape)
        try:
            return open_image(self.content)
        except ImageError as error:
            status = {ImageFormatError: 415, ImageTooLargeError: 413}.get(type(error), 400)
            raise RefusedError(status, str(error)) from None


def is_raw_pixels(request: Request, *, allowed: bool) -> bool:
    """Says whether a request brings grey bytes, or a picture in a format of its own.

    Args:
        request: the request.
        allowed: whether grey bytes are taken as well as pictures.

    Raises:
        RefusedError: it says that it brings something else.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith("image/") or (allowed and kind == GREY_TYPE):
        return kind == GREY_TYPE
    expected = f"an image, or {GREY_TYPE} with grey bytes" if allowed else "an image"
    advice = "set the Content-Type header, for example to image/png"
    raise RefusedError(415, complain("body", expected, kind or "no Content-Type", advice))


async def receive_picture(request: Request) -> Upload:
    """Receives a picture in a format of its own.

    Raises:
        RefusedError: it is empty, too large, or takes too long.
    """
    return Upload(await _receive(request, MOST_BYTES), None)


async def receive_grey(request: Request) -> Upload:
    """Receives grey bytes, as many as the address says.

    Raises:
        RefusedError: there are more or fewer, or the address does not say how many.
    """
    shape = _side(request, "height"), _side(request, "width")
    size, normalized = f"{shape[1]} × {shape[0]}", _flag(request, "normalized")
    if normalized and shape != (28, 28):
        raise RefusedError(400, complain("normalized", "28 × 28 pixels", size))
    count = shape[0] * shape[1]
    content = await _receive(request, count)
    if len(content) != count:
        expected = f"{count:,} bytes for {size} pixels"
        raise RefusedError(400, complain("body", expected, f"{len(content):,}"))
    return Upload(content, shape, normalized)


async def _receive(request: Request, most: int) -> bytes:
    """Reads the body.

    Raises:
        RefusedError: it is empty, longer than ``most``, slower than allowed, or breaks off.
    """
    from starlette.requests import ClientDisconnect

    declared = request.headers.get("content-length", "0")
    if int(declared) > most:  # the server below has checked that it is a number
        raise _too_long(most)
    pieces = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in request.stream():
                pieces += piece
                if len(pieces) > most:
                    raise _too_long(most)
    except TimeoutError:
        expected = f"all of it within {BODY_SECONDS:g} seconds"
        raise RefusedError(408, complain("body", expected, f"{len(pieces):,} bytes")) from None
    except ClientDisconnect:  # nobody is there to read this
        raise RefusedError(400, complain("body", "all of it", "a connection that ended")) from None
    if not pieces:
        raise RefusedError(400, complain("body", "a picture", "nothing"))
    return bytes(pieces)


def _too_long(most: int) -> RefusedError:
    limit = f"{most // 1024**2} MB" if most == MOST_BYTES else f"{most:,} bytes"
    return RefusedError(413, complain("body", f"at most {limit}", "more"))


def _side(request: Request, name: str) -> int:
    """A length in pixels from the query."""
    text = request.query_params.get(name, "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    if not 1 <= number <= LONGEST_SIDE:
        expected = f"{name} as a whole number from 1 to {LONGEST_SIDE} in the address"
        advice = "write for example ?width=28&height=28"
        raise RefusedError(400, complain("grey bytes", expected, repr(text), advice))
    return number


def _flag(request: Request, name: str) -> bool:
    """A yes or no from the query; left out it is no."""
    text = request.query_params.get(name, "0")
    if text not in ("0", "1"):
        raise RefusedError(400, complain("grey bytes", f"{name} to be 0 or 1", repr(text)))
    return text == "1"
