"""Which requests are answered, how many at a time, and the headers of every response.

A page of another site can make a browser send requests to this server, and a name server can make its
own name resolve to this machine. The Host header must therefore be this machine, a POST must come from
the app's own page or from no page at all, and the headers forbid the page to load anything from
elsewhere. Next: ``routes.py``.
"""

from __future__ import annotations

import asyncio
import json
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from inkling._checks import complain

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

RETRY = {"retry-after": "1"}
"""The header of a response that asks the client to try again in a second."""
MAX_REQUESTS = 200
"""Requests that are answered at a time. Unlike uvicorn's limit_concurrency, this does not count idle
connections, which any client can hold open by the hundred."""
LINGER_SECONDS = 2.0
LINGER_BYTES = 64 * 1024 * 1024
"""How long and how far the rest of a body is read after the response. Closing a connection on unread
bytes resets it, and the client would see the reset instead of the response."""

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class AsciiJSON(JSONResponse):
    """JSON in ASCII, since a class or a file name may contain what UTF-8 cannot encode."""

    def render(self, content: object) -> bytes:
        """Returns the body."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


def error_response(error: HTTPException) -> AsciiJSON:
    """Returns the JSON response to a failed request."""
    return AsciiJSON({"error": error.detail}, error.status_code, error.headers)


class SecurityMiddleware:
    """Passes allowed requests on to an application, which listens on the address ``host``."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._host = host.lower()
        self._active = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        exchange = _Exchange(Headers(scope=scope), receive, send)
        try:
            self._check(scope)
        except HTTPException as error:
            await error_response(error)(scope, exchange.receive, exchange.send)
            return
        self._active += 1
        try:
            await self._app(scope, exchange.receive, exchange.send)
        finally:
            self._active -= 1

    def _check(self, scope: Scope) -> None:
        """Raises HTTPException if a request is not allowed."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not is_this_machine(host, self._host):
            expected = "this machine's address in the Host header"
            advice = "start the app with that name as its host"
            raise HTTPException(421, complain("request", expected, repr(host), advice))
        if scope["method"] not in ("GET", "HEAD") and not is_same_site(headers):
            got = f"one from {headers.get('origin', 'another site')}"
            raise HTTPException(403, complain("request", "one from the app's own page", got))
        if self._active >= MAX_REQUESTS:
            message = f"too many concurrent requests ({self._active}); try again."
            raise HTTPException(503, message, RETRY)


def is_this_machine(host: str, listening: str) -> bool:
    """Returns whether a Host header names this machine, which listens on an address.

    If it listens on all interfaces ("0.0.0.0"), every IP address is accepted, because only a name can be
    made to resolve to another machine.
    """
    try:
        parts = urlsplit(f"//{host}")
        name = parts.hostname or ""
        if parts.netloc != host or parts.username is not None or parts.port == 0:
            return False
    except ValueError:  # the port is not a number, or a bracket is not closed
        return False
    if name in ("localhost", listening):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or listening in ("0.0.0.0", "::")


def is_same_site(headers: Headers) -> bool:
    """Returns whether a request comes from the app's own page, or from a program such as curl.

    Browsers send Origin with every POST, and Sec-Fetch-Site with every request.
    """
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    scheme, _, place = origin.lower().partition("://")
    return scheme in ("http", "https") and place == headers.get("host", "").lower()


class _Exchange:
    """One request and its response: adds the headers, and reads what is left of the body at the end."""

    def __init__(self, headers: Headers, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        self._body_read = not has_body
        self._lingers = False

    async def receive(self) -> Message:
        """Returns the next part of the request."""
        message = await self._receive()
        self._body_read = self._body_read or not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Sends a part of the response."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(SECURITY_HEADERS)
            headers.setdefault("cache-control", "no-store")
            self._lingers = not self._body_read
            if self._lingers:
                headers["connection"] = "close"
        elif self._lingers and not message.get("more_body", False):
            await self._send({**message, "more_body": True})
            await self._discard_body()
            message = {"type": "http.response.body", "body": b""}
        await self._send(message)

    async def _discard_body(self) -> None:
        left = LINGER_BYTES
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                while not self._body_read and left > 0:
                    left -= len((await self.receive()).get("body", b""))
        except TimeoutError:
            pass
