"""Below a request: connections that send slowly, send nonsense, or stop half-way.

uvicorn parses HTTP and waits for a client as long as the client likes; here a request must be there
within seconds, and what is no request gets an answer in JSON like every other error. A client that has
sent all and closes its sending side (``nc -N`` does) still gets its answer. Bodies have limits of their
own, in ``upload.py``.
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
"""How long a client that was refused may go on talking."""


class Connection(H11Protocol):
    """uvicorn's connection, with a limit of time, and JSON for what cannot be understood."""

    _deadline: asyncio.TimerHandle | None = None
    _refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there: its request has to follow."""
        super().connection_made(transport)
        self._start_deadline()

    def data_received(self, data: bytes) -> None:
        """A piece of a request has come."""
        if self._refused:
            return
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:  # first line and headers are there
            self._stop_deadline()
        elif self._deadline is None:
            self._start_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._stop_deadline()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client has closed its sending side; it may still be listening."""
        if self._is_working() and not self.cycle.more_body:
            self.cycle.keep_alive = False  # the answer, then the end
            return True
        if self._is_working() or self.conn.trailing_data[0]:
            self._refuse(400, complain("request", "all of it", "a connection closed half-way"))
        return False

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 (it says no more than this)
        """What came is not HTTP."""
        self._refuse(400, complain("request", "HTTP/1.1", "something else"))

    def _is_working(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _start_deadline(self) -> None:
        self._deadline = self.loop.call_later(REQUEST_SECONDS, self._too_slow)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        expected = f"its headers within {REQUEST_SECONDS:g} seconds"
        self._refuse(408, complain("request", expected, "less"))

    def _refuse(self, status: int, sentence: str) -> None:
        """Answers, unless an answer is already under way, and hangs up.

        What still comes is read and forgotten: a connection that is closed on bytes not yet read is
        reset, and the client would see that instead of the answer.
        """
        self._refused = True
        if not self.transport.is_closing() and self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            content = json.dumps({"error": sentence}, ensure_ascii=False).encode()
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
