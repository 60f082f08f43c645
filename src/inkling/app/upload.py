"""Receives the body of a request, within limits of size and time.

    application/octet-stream ?width=W&height=H    gray bytes, row by row
    image/png, image/jpeg, …                      a picture, decoded by ``image/open.py``

Nothing about a body is trusted: its length, its speed, its type, its contents. Whatever is wrong raises
HTTPException. The body is kept in memory only. Next: ``responses.py``.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import numpy as np
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from inkling._checks import complain
from inkling._types import ByteArray
from inkling.errors import ImageError, ImageFormatError, ImageTooLargeError
from inkling.image.open import open_image

MAX_BYTES = 20 * 1024 * 1024
"""The largest picture file; a photograph of 50 megapixels takes 10 to 20 MB."""
MAX_SIDE = 1024
"""The largest width and height of gray bytes."""
BODY_SECONDS = 15.0
"""How long a body may take to arrive."""
RAW_TYPE = "application/octet-stream"


@dataclass(frozen=True, eq=False)
class Upload:
    """A complete request body."""

    content: bytes
    shape: tuple[int, int] | None = None
    """(H, W) of gray bytes; None for a picture file."""
    normalized: bool = False
    """True for 28 × 28 gray bytes that are passed to the network as they are."""

    def pixels(self) -> ByteArray:
        """Returns the gray levels (H, W), uint8; raises HTTPException for a file that is no picture."""
        if self.shape is not None:
            return np.frombuffer(self.content, np.uint8).reshape(self.shape)
        try:
            return open_image(self.content)
        except ImageError as error:
            status = {ImageFormatError: 415, ImageTooLargeError: 413}.get(type(error), 400)
            raise HTTPException(status, str(error)) from None


def is_raw(request: Request, raw_allowed: bool) -> bool:
    """Returns whether the body consists of gray bytes; otherwise it is a picture file."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith("image/") or (raw_allowed and kind == RAW_TYPE):
        return kind == RAW_TYPE
    expected = f"an image, or {RAW_TYPE} with gray bytes" if raw_allowed else "an image"
    advice = "set the Content-Type header, for example to image/png"
    raise HTTPException(415, complain("body", expected, kind or "no Content-Type", advice))


async def receive_picture(request: Request) -> Upload:
    """Receives a picture file."""
    return Upload(await receive_bytes(request, MAX_BYTES, f"{MAX_BYTES // 1024**2} MB"))


async def receive_raw(request: Request) -> Upload:
    """Receives gray bytes; width and height in the query determine how many."""
    shape = _side(request, "height"), _side(request, "width")
    size, normalized = f"{shape[1]} × {shape[0]}", request.query_params.get("normalized", "0")
    if normalized not in ("0", "1"):
        raise HTTPException(
            400, complain("gray bytes", "normalized to be 0 or 1", repr(normalized))
        )
    if normalized == "1" and shape != (28, 28):
        raise HTTPException(400, complain("normalized", "28 × 28 pixels", size))
    count = shape[0] * shape[1]
    content = await receive_bytes(request, count, f"{count:,} bytes")
    if len(content) != count:
        expected = f"{count:,} bytes for {size} pixels"
        raise HTTPException(400, complain("body", expected, f"{len(content):,}"))
    return Upload(content, shape, normalized == "1")


async def receive_bytes(
    request: Request, limit: int, shown: str, expected: str | None = "a picture"
) -> bytes:
    """Reads the body; raises HTTPException if it is too long, too slow or incomplete.

    ``shown`` is the limit in words. An empty body is an error too, unless nothing is ``expected``.
    """
    too_long = HTTPException(413, complain("body", f"at most {shown}", "more"))
    if int(request.headers.get("content-length", "0")) > limit:  # h11 has checked the number
        raise too_long  # uvicorn discards the rest
    content = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                content += part
                if len(content) > limit:
                    raise too_long
    except TimeoutError:
        expected, close = f"all of it within {BODY_SECONDS:g} seconds", {"connection": "close"}
        got = f"{len(content):,} bytes"
        raise HTTPException(408, complain("body", expected, got), close) from None
    except ClientDisconnect:  # there is no client left to read this
        raise HTTPException(400, complain("body", "all of it", "a connection that ended")) from None
    if not content and expected is not None:
        raise HTTPException(400, complain("body", expected, "nothing"))
    return bytes(content)


def _side(request: Request, name: str) -> int:
    """A width or height from the query."""
    text = request.query_params.get(name, "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    if not 1 <= number <= MAX_SIDE:
        expected = f"{name} as a whole number from 1 to {MAX_SIDE} in the query"
        advice = "write for example ?width=28&height=28"
        raise HTTPException(400, complain("gray bytes", expected, repr(text), advice))
    return number
