"""The events of a training: kept, in order, for streams that begin late, read slowly, or both."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from inkling.app import events
from inkling.app.events import EventLog


def event(kind: str, **fields: Any) -> dict[str, Any]:
    """An event."""
    return {"event": kind, **fields}


def told(log: EventLog, number: int = 0) -> list[str]:
    """The kinds of the events after one."""
    _, messages = log.since(number)
    return [json.loads(message.removeprefix(b"data: "))["event"] for message in messages]


async def take(stream: AsyncIterator[bytes], count: int) -> list[str]:
    """Reads some messages, of which the first is the time after which to connect again."""
    messages = [await asyncio.wait_for(anext(stream), 5) for _ in range(count)]
    return [json.loads(one[6:])["event"] for one in messages if one.startswith(b"data: ")]


def test_all_events_but_the_last_look_only() -> None:
    """In the order in which they came; another training forgets those before it."""
    log = EventLog()
    assert not log.is_running
    log.begin(event("loading"))
    for kind in ("started", "look", "epoch", "look", "paused", "resumed", "paused"):
        log.publish(event(kind))
    assert told(log) == ["loading", "started", "epoch", "look", "paused"]
    log.publish(event("finished"))
    assert not log.is_running
    number, _ = log.since(0)
    log.begin(event("loading"))
    assert log.is_running
    assert told(log) == told(log, number) == ["loading"]


def test_memory_is_limited(monkeypatch: Any) -> None:
    """The oldest events go, but not the first, which says what is trained."""
    monkeypatch.setattr(events, "MOST_EVENTS", 4)
    log = EventLog()
    log.begin(event("started"))
    for number in range(9):
        log.publish(event("epoch", epoch=number))
    _, messages = log.since(0)
    assert told(log) == ["started", *["epoch"] * 3]
    assert [json.loads(one[6:]).get("epoch") for one in messages] == [None, 6, 7, 8]


def test_streams() -> None:
    """One from the beginning, one that comes late, one that is slow: each gets what it must."""

    async def watch() -> None:
        log = EventLog()
        early, late, slow = log.stream(), log.stream(), log.stream()
        assert await take(early, 1) == await take(slow, 1) == []
        log.begin(event("loading"))
        log.publish(event("started"))
        assert await take(early, 2) == ["loading", "started"]
        assert await take(slow, 1) == ["loading"]
        waiting = asyncio.ensure_future(take(early, 1))
        await asyncio.sleep(0)  # it waits for news
        await asyncio.to_thread(log.publish, event("look"))
        assert await waiting == ["look"]
        for _ in range(50):
            log.publish(event("look"))
        log.publish(event("epoch"))
        assert await take(late, 5) == ["loading", "started", "look", "epoch"]
        assert await take(slow, 3) == ["started", "look", "epoch"]  # and not 51 looks
        assert log.streams == 3
        assert [part async for part in log.stream(3)] == []  # no more than three
        log.close()
        assert [part async for part in late] == []
        await early.aclose()
        await slow.aclose()
        assert log.streams == 0

    asyncio.run(watch())


def test_a_silent_stream_shows_that_it_is_alive(monkeypatch: Any) -> None:
    """By a comment, so that a reader who has gone is noticed."""
    monkeypatch.setattr(events, "KEEP_ALIVE_SECONDS", 0.01)

    async def watch() -> None:
        stream = EventLog().stream()
        messages = [await anext(stream) for _ in range(3)]
        assert messages == [b"retry: 1000\n\n", b": still here\n\n", b": still here\n\n"]
        await stream.aclose()

    asyncio.run(watch())
