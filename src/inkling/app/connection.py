"""One connection: limits how long a request may take to arrive, and answers malformed ones in JSON.

uvicorn has no time limit for the headers of a request. A client that has sent its whole request and
closes its sending side (as ``nc -N`` does) still gets its response. Bodies have limits of their own, in
``upload.py``.
"""

from __future__ import annotations

import asyncio
import json

import h11
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from inkling._checks import complain

REQUEST_SECONDS = 10.0
"""How long the first line and the headers of a request may take to arrive."""
LINGER_SECONDS = 2.0
"""How long data is read and discarded after an error response."""


class Connection(H11Protocol):
    """uvicorn's connection, with a time limit for headers and JSON error responses."""

    _deadline: asyncio.TimerHandle | None = None
    _failed = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Starts the time limit for the first request."""
        super().connection_made(transport)
        self._start_deadline()

    def data_received(self, data: bytes) -> None:
        """Parses a part of a request; stops the time limit once the headers are complete."""
        if self._failed:
            return
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_deadline()
        elif self._deadline is None:
            self._start_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancels the time limit."""
        self._stop_deadline()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Answers a client that has closed its sending side but may still be receiving."""
        if self._is_working() and not self.cycle.more_body:
            self.cycle.keep_alive = False  # close after the response
            return True
        if self._is_working() or self.conn.trailing_data[0]:
            self._fail(400, complain("request", "all of it", "a connection closed half-way"))
        return False

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 (uvicorn's own message)
        """Answers data that is not HTTP."""
        self._fail(400, complain("request", "HTTP/1.1", "something else"))

    def _is_working(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _start_deadline(self) -> None:
        self._deadline = self.loop.call_later(REQUEST_SECONDS, self._time_out)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _time_out(self) -> None:
        expected = f"its headers within {REQUEST_SECONDS:g} seconds"
        self._fail(408, complain("request", expected, "less"))

    def _fail(self, status: int, message: str) -> None:
        """Sends an error response, unless another response has begun, and closes the connection later.

        Data that still arrives is discarded. Closing at once, on unread bytes, would reset the
        connection, and the client would see the reset instead of the response.
        """
        self._failed = True
        if not self.transport.is_closing() and self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            content = json.dumps({"error": message}).encode()
            headers = {
                "content-type": "application/json",
                "content-length": str(len(content)),
                "x-content-type-options": "nosniff",
                "connection": "close",
            }
            response = h11.Response(
                status_code=status, headers=list(headers.items()), reason=STATUS_PHRASES[status]
            )
            for event in (response, h11.Data(data=content), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
            self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)
