"""Long work in a thread that nobody waits for at the end.

``asyncio.to_thread`` is right for work of milliseconds. Its threads are joined when the program ends, so
that Ctrl-C would wait for a photograph of fifty megapixels; this one is left behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def run_apart(work: Callable[[], T]) -> T:
    """Runs a function in a thread of its own and returns its result, or raises its exception.

    Example:
        >>> asyncio.run(run_apart(lambda: 6 * 7))
        42
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.done():  # whoever asked has gone
            return
        if error is None:
            future.set_result(result)  # type: ignore[arg-type]
        else:
            future.set_exception(error)

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except Exception as caught:
            error = caught
        with contextlib.suppress(RuntimeError):  # the loop is closed: the program ends
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, daemon=True).start()
    return await future
