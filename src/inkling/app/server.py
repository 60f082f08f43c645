"""Starts and stops the server: the socket, the browser, uvicorn, Ctrl-C.

    open_listener → ModelStore → open_browser → serve (until Ctrl-C)

The socket listens before anything heavy is loaded, so that a port in use is reported at once and the
browser can start in the meantime; its requests wait in the queue. Next: ``routes.py``.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from inkling._checks import complain
from inkling.errors import InklingError

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

BACKLOG = 256
"""Connections that may wait to be accepted."""
SHUTDOWN_SECONDS = 1
"""How long Ctrl-C waits for responses in progress."""
KEEP_ALIVE_SECONDS = 60
"""How long a connection may be idle between two requests."""


def open_listener(host: str, port: int) -> socket.socket:
    """Opens the socket that listens; port 0 takes a free one.

    Raises InklingError if the port is in use or not permitted, or the host is not this machine.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        both = family == socket.AF_INET6 and socket.has_dualstack_ipv6()
        listener = socket.create_server(
            (host, port), family=family, backlog=BACKLOG, dualstack_ipv6=both
        )
    except (OSError, UnicodeError) as error:  # UnicodeError: not a host name, such as "a..b"
        reason = error.errno if isinstance(error, OSError) else None
        if reason is None or isinstance(error, socket.gaierror) or reason == errno.EADDRNOTAVAIL:
            raise InklingError(complain("app", "the address of this machine", repr(host))) from None
        got = f"port {port} ({os.strerror(reason).lower()})"
        advice = "choose another port, or 0 for any free one"
        raise InklingError(complain(f"app on {host}", "a free port", got, advice)) from None
    # Connections inherit this. With Nagle's algorithm, every response of two parts waits 40 ms for the
    # client's delayed acknowledgement of the first.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def address_of(listener: socket.socket, host: str) -> str:
    """Returns the address to open in a browser on this machine."""
    all_interfaces = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}
    name = all_interfaces.get(host, host)
    name = f"[{name}]" if ":" in name else name
    return f"http://{name}:{listener.getsockname()[1]}/"


def network_addresses(listener: socket.socket) -> list[str]:
    """Returns the addresses at which other machines reach a server on all interfaces.

    These are the addresses from which this machine would send to an outside network or to a private one;
    connecting a UDP socket sends nothing.
    """
    found = set()
    for target in ("192.0.2.1", "10.0.0.1", "172.16.0.1", "192.168.0.1"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
            probe.connect((target, 9))
            found.add(probe.getsockname()[0])
    names = sorted(found) or [socket.gethostname()]
    return [f"http://{name}:{listener.getsockname()[1]}/" for name in names]


def open_browser(address: str) -> None:
    """Opens the browser without waiting for it; does nothing if there is no display."""
    unix = sys.platform not in ("win32", "darwin")
    if unix and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return  # a text browser would take over this terminal
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def serve(app: ASGIApp, listener: socket.socket) -> None:
    """Answers requests until Ctrl-C, which closes all connections and raises KeyboardInterrupt."""
    from inkling.training.engine.threads import blas_threads

    # Two BLAS threads for one small product busy-wait for each other: next to another busy process, an
    # answer took 16 ms of processor time instead of 1.
    with blas_threads(1):
        make_server(app).run(sockets=[listener])


def make_server(app: ASGIApp) -> uvicorn.Server:
    """Sets up uvicorn: without log output, in one process, with time limits."""
    import uvicorn

    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="critical",  # routes.py logs the errors that matter
        access_log=False,
        server_header=False,
        proxy_headers=True,  # of a proxy on this machine, which names the client
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    return uvicorn.Server(config)
