"""The door: who may ask, how many at a time, and what every answer carries.

A page on another site can make a browser send requests here, and a name server can make its own name
mean this machine. So the Host must be this machine, a POST must come from the app's own page or from no
page at all, and the headers forbid the page to load anything from elsewhere. Next: ``server.py``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse

from inkling._checks import complain
from inkling.app.refusal import RefusedError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_REQUESTS = 200
"""Requests that are worked on at a time; one more is told to come back."""
LINGER_SECONDS = 2.0
LINGER_BYTES = 64 * 1024 * 1024
"""How long and how far a body is read that nobody wants. A connection that is closed on bytes not yet
read is reset, and the client would see that instead of the answer."""

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


class Guard:
    """The application behind a door.

    Args:
        app: the application.
        host: the address it listens on, as given with --host.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._host = host.lower()
        self._working = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        body = _Body(Headers(scope=scope), receive)
        answer = _answer_with_headers(body, send)
        refusal = self._refusal(scope)
        if refusal is not None:
            await error_response(refusal)(scope, body.receive, answer)
            return
        self._working += 1
        try:
            await self._app(scope, body.receive, answer)
        finally:
            self._working -= 1

    def _refusal(self, scope: Scope) -> RefusedError | None:
        """Returns why a request is not let in, or None."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not is_this_machine(host, self._host):
            expected = "this machine's address in the Host header"
            advice = "start the app with --host NAME to be reached by that name"
            return RefusedError(421, complain("request", expected, repr(host), advice))
        if scope["method"] not in ("GET", "HEAD") and not is_same_site(headers):
            got = f"one from {headers.get('origin', 'another site')}"
            return RefusedError(403, complain("request", "one from the app's own page", got))
        if self._working >= MOST_REQUESTS:
            got = f"{self._working} at a time"
            return RefusedError(503, complain("request", "a moment of quiet", got, "try again"))
        return None


def is_this_machine(host: str, listening: str) -> bool:
    """Says whether a Host header may be answered.

    Args:
        host: the header, "localhost:8000".
        listening: the address the app listens on. On all interfaces ("0.0.0.0") any address is
            this machine's, as only a name can be made to mean something else.

    Example:
        >>> [is_this_machine(host, "127.0.0.1") for host in ("localhost:8000", "[::1]", "127.0.0.1")]
        [True, True, True]
        >>> [is_this_machine(host, "127.0.0.1") for host in ("evil.example", "10.0.0.7", "", "a:b:c")]
        [False, False, False, False]
        >>> is_this_machine("10.0.0.7:8000", "0.0.0.0"), is_this_machine("evil.example", "0.0.0.0")
        (True, False)
    """
    try:
        parts = urlsplit(f"//{host}")
        name = parts.hostname or ""
        if parts.netloc != host or parts.username is not None or parts.port == 0:
            return False
    except ValueError:  # a port that is no number, a bracket without its partner
        return False
    if name in ("localhost", listening):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or listening in ("0.0.0.0", "::")


def is_same_site(headers: Headers) -> bool:
    """Says whether a request comes from the app's own page, or from no page: curl, a script.

    Browsers send Origin with every POST, and whence it came in Sec-Fetch-Site.

    Example:
        >>> is_same_site(Headers({"host": "localhost:8000", "origin": "http://localhost:8000"}))
        True
        >>> is_same_site(Headers({"host": "localhost:8000", "origin": "http://localhost:9999"}))
        False
        >>> is_same_site(Headers({"host": "localhost:8000"}))
        True
    """
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    scheme, _, place = origin.lower().partition("://")
    return scheme in ("http", "https") and place == headers.get("host", "").lower()


def error_response(refusal: RefusedError) -> JSONResponse:
    """Returns the answer to a request that is refused."""
    response = JSONResponse({"error": str(refusal)}, status_code=refusal.status)
    if refusal.status == 503:
        response.headers["retry-after"] = "1"
    return response


class _Body:
    """The body of a request, and whether all of it has been read."""

    def __init__(self, headers: Headers, receive: Receive) -> None:
        self._receive = receive
        expected = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        self.finished = not expected

    async def receive(self) -> Message:
        """Passes on the next piece."""
        message = await self._receive()
        self.finished = self.finished or not message.get("more_body", False)
        return message

    async def read_to_nowhere(self) -> None:
        """Reads what is left, within limits."""
        left = LINGER_BYTES
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                while not self.finished and left > 0:
                    left -= len((await self.receive()).get("body", b""))
        except TimeoutError:
            pass


def _answer_with_headers(body: _Body, send: Send) -> Callable[[Message], Awaitable[None]]:
    """Returns a ``send`` that adds the headers, and ends only when the body has been read."""
    lingering = False

    async def answer(message: Message) -> None:
        nonlocal lingering
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers[name] = value
            headers.setdefault("cache-control", "no-store")
            lingering = not body.finished
            if lingering:
                headers["connection"] = "close"
        elif lingering and not message.get("more_body", False):
            await send({**message, "more_body": True})
            await body.read_to_nowhere()
            message = {"type": "http.response.body", "body": b""}
        await send(message)

    return answer
