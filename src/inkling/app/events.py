"""The events of a training, kept and passed on to any number of streams.

    training thread or process → publish → EventLog → stream → text/event-stream

A stream that is opened late first gets the previous events. Of the events "look", which are many and
large, only the last is kept: a slow reader misses some, but neither delays the training nor fills the
memory.
"""

from __future__ import annotations

import asyncio
import json
import math
import threading
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import suppress
from typing import Any

MOST_EVENTS = 5_000
"""Events that are kept besides looks; beyond that, the oldest are dropped, but never the first."""
KEEP_ALIVE_SECONDS = 15.0
"""How long a stream may be silent; a comment then shows whether the reader is still there."""
FINAL = ("finished", "failed")
"""The events that end a training."""


class EventLog:
    """The events of one training after another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = 0  # of the latest event; they are counted over all trainings
        self._kept: list[tuple[int, str, bytes]] = []  # number, kind, message
        self._look: tuple[int, bytes] | None = None
        self._wakers: set[Callable[[], None]] = set()
        self._is_closed = False
        self.is_running: bool = False
        """Whether a training has begun and not ended."""

    def begin(self, event: Mapping[str, Any]) -> None:
        """Drops the previous events, and publishes the first one of another training."""
        with self._lock:
            self._kept, self._look = [], None
            self.is_running = True
        self.publish(event)

    def publish(self, event: Mapping[str, Any]) -> None:
        """Keeps an event and wakes the streams; may be called from any thread."""
        kind, text = str(event["event"]), json.dumps(event, allow_nan=False, separators=(",", ":"))
        message = f"data: {text}\n\n".encode("ascii")
        with self._lock:
            self._number += 1
            if kind == "look":
                self._look = self._number, message
            else:
                if kind in ("paused", "resumed"):  # only the latest counts
                    self._kept = [one for one in self._kept if one[1] not in ("paused", "resumed")]
                self._kept.append((self._number, kind, message))
                del self._kept[1 : max(len(self._kept) - MOST_EVENTS, 0) + 1]
            self.is_running = self.is_running and kind not in FINAL
        self._wake()

    def close(self) -> None:
        """Ends the streams, once they have sent everything."""
        self._is_closed = True
        self._wake()

    def _wake(self) -> None:
        with self._lock:
            wakers = list(self._wakers)
        for wake in wakers:
            wake()

    def since(self, number: int) -> tuple[int, list[bytes]]:
        """Returns the messages after an event, in order, and the number of the latest event."""
        with self._lock:
            found = [(own, message) for own, _, message in self._kept if own > number]
            if self._look is not None and self._look[0] > number:
                found.append(self._look)
            return self._number, [message for _, message in sorted(found)]

    @property
    def streams(self) -> int:
        """How many streams are open."""
        return len(self._wakers)

    async def stream(self, most: float = math.inf) -> AsyncGenerator[bytes]:
        """Yields the messages so far, then each new one, until the log is closed.

        Ends at once if ``most`` streams are open.
        """
        loop, news, number = asyncio.get_running_loop(), asyncio.Event(), 0

        def wake() -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(news.set)

        if self.streams >= most:
            return
        with self._lock:
            self._wakers.add(wake)
        try:
            yield b"retry: 1000\n\n"
            while True:
                news.clear()
                number, messages = self.since(number)
                for message in messages:
                    yield message
                if messages:
                    continue
                if self._is_closed:
                    return
                try:
                    async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                        await news.wait()
                except TimeoutError:
                    yield b": still here\n\n"
        finally:
            with self._lock:
                self._wakers.discard(wake)
