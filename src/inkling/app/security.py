"""Which requests are answered, and the headers of every response.

A page of another site can make a browser send requests to this server, and a name server can make its
own name resolve to this machine. The Host header must therefore be this machine or an allowed name, a
POST must come from the app's own page or from no page at all, and the headers forbid the page to load
anything from elsewhere. Next: ``routes.py``.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Collection
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
ALL_INTERFACES = ("0.0.0.0", "::")
"""The addresses to listen on for other machines."""
FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""Headers that a proxy adds."""

NOTHING = "default-src 'none'; frame-ancestors 'none'"
"""The Content-Security-Policy of everything but the page."""
SECURITY_HEADERS = {
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
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
    """Passes allowed requests on to an application.

    Args:
        app: the application.
        host: the address it listens on.
        allowed_hosts: the names of a reverse proxy in front of it.
    """

    def __init__(self, app: ASGIApp, host: str, allowed_hosts: Collection[str]) -> None:
        self._app = app
        self._host = host.lower()
        self._allowed = {name.lower() for name in allowed_hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(SECURITY_HEADERS)
                headers.setdefault("cache-control", "no-store")
                # The page has a policy of its own.
                headers.setdefault("content-security-policy", NOTHING)
            await send(message)

        app = self._app
        try:
            self._check(scope["method"], Headers(scope=scope))
        except HTTPException as error:
            app = error_response(error)
        await app(scope, receive, send_with_headers)

    def _check(self, method: str, headers: Headers) -> None:
        """Raises HTTPException if a request is not allowed."""
        host = headers.get("host", "")
        if not is_this_machine(host, self._host, self._allowed):
            expected = "this machine's address in the Host header"
            advice = "allow a name with --allow-host"
            raise HTTPException(421, complain("request", expected, repr(host), advice))
        if method not in ("GET", "HEAD") and not is_same_site(headers, self._allowed):
            got = f"one from {headers.get('origin', 'another site')}"
            advice = "behind a proxy, allow its name with --allow-host"
            raise HTTPException(
                403, complain("request", "one from the app's own page", got, advice)
            )
        if "content-length" in headers and "transfer-encoding" in headers:  # RFC 9112, 6.1
            close = {"connection": "close"}
            got = "Content-Length and Transfer-Encoding"
            raise HTTPException(400, complain("request", "one length", got), close)


def is_this_machine(host: str, listening: str, allowed: Collection[str] = ()) -> bool:
    """Returns whether a Host header has an allowed name or names this machine, which listens somewhere.

    If it listens on all interfaces ("0.0.0.0"), its own name and every IP address are accepted, because
    only other names can be made to resolve to another machine.
    """
    try:
        parts = urlsplit(f"//{host}")
        name = parts.hostname or ""
        if parts.netloc != host or parts.username is not None or parts.port == 0:
            return False
    except ValueError:  # the port is not a number, or a bracket is not closed
        return False
    own = socket.gethostname().lower() if listening in ALL_INTERFACES else "localhost"
    if name in ("localhost", listening, own, f"{own}.local", *allowed):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or listening in ALL_INTERFACES


def is_same_site(headers: Headers, allowed: Collection[str] = ()) -> bool:
    """Returns whether a request comes from the app's own page, or from a program such as curl.

    Browsers send Origin with every POST, and Sec-Fetch-Site with every request. Behind a proxy, the page
    has one of the ``allowed`` names, whatever the Host header says.
    """
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    scheme, _, place = origin.lower().partition("://")
    own = place == headers.get("host", "").lower() or place.partition(":")[0] in allowed
    return scheme in ("http", "https") and own


def is_from_this_computer(client: str, headers: Headers) -> bool:
    """Returns whether a request comes from a program on this computer that addresses it as such.

    The client's address alone does not show it: a proxy on this computer, or a name that was made to
    resolve to it, also come from a loopback address. The addresses of the browser's page, in Host and
    Origin, must therefore be loopback addresses too, and no proxy may have passed the request on.
    """
    origin = headers.get("origin", f"http://{headers.get('host', '')}")
    names = (f"//{headers.get('host', '')}", origin)
    try:
        hosts = [client, *(urlsplit(name).hostname or "" for name in names)]
    except ValueError:
        return False
    return all(map(_is_loopback, hosts)) and not any(name in headers for name in FORWARDED)


def _is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
