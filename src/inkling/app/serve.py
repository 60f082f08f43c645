"""From the command to a page that answers, and back to the prompt: the address, the browser, Ctrl-C.

    open_listener → ModelStore → open_browser → serve (until Ctrl-C)

The socket listens before anything heavy is loaded, so that a taken port is said at once and the
browser can start meanwhile; what it asks waits in line. Next: ``server.py``.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
import threading
from typing import TYPE_CHECKING

from inkling._checks import complain
from inkling.errors import InklingError

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

WAITING = 256
"""Connections that may wait in line."""
GRACE_SECONDS = 1
"""How long Ctrl-C waits for answers that are under way."""
IDLE_SECONDS = 60
"""How long a connection is kept between two questions."""


def open_listener(host: str, port: int) -> socket.socket:
    """Opens the socket that listens.

    Args:
        host: an address or name of this machine.
        port: 0 to 65535; 0 takes a free one.

    Raises:
        InklingError: the port is taken or forbidden, or the host is not this machine.
    """
    who = f"app on {host}"
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        # asyncio turns Nagle's waiting off only where a socket says that it is TCP; with it, every
        # answer of two pieces waits 40 ms for the client's delayed acknowledgement of the first.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        got = f"{host!r} ({error.strerror})"
        raise InklingError(complain("app", "the address of this machine", got)) from None
    try:
        if sys.platform != "win32":  # where it would let two programs share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(WAITING)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise InklingError(complain("app", "the address of this machine", repr(host))) from None
        got = f"port {port} ({(error.strerror or str(error)).lower()})"
        advice = "choose another with --port, or any free one with --port 0"
        raise InklingError(complain(who, "a free port", got, advice)) from None
    return listener


def address_of(listener: socket.socket, host: str) -> str:
    """Returns what to type into a browser.

    Example:
        >>> with open_listener("127.0.0.1", 0) as listener:
        ...     address_of(listener, "127.0.0.1") == f"http://127.0.0.1:{listener.getsockname()[1]}/"
        True
    """
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}
    name = everywhere.get(host, host)
    name = f"[{name}]" if ":" in name else name
    return f"http://{name}:{listener.getsockname()[1]}/"


def open_browser(address: str) -> None:
    """Opens the browser and does not wait for it; where there is no screen there is none to open."""
    unix = sys.platform not in ("win32", "darwin")
    if unix and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return  # a browser for terminals would take this one over
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def serve(app: ASGIApp, listener: socket.socket) -> None:
    """Answers until Ctrl-C.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed; all connections are closed.
    """
    from inkling.training.engine.threads import blas_threads

    # Two threads for one small product spin while they wait for each other: beside another busy
    # process an answer took 16 ms of processor time instead of 1.
    with blas_threads(1):
        make_server(app).run(sockets=[listener])


def make_server(app: ASGIApp) -> uvicorn.Server:
    """Sets up uvicorn: quiet, alone, with limits."""
    import uvicorn

    from inkling.app.connection import Connection

    config = uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="critical",  # server.py says what went wrong; nothing else is worth a line
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return uvicorn.Server(config)
