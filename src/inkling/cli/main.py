"""Starts the command line and ends it: errors in one line, and the exit status.

Exit status: 0 done, 1 failed (one line gives the reason), 2 wrong usage, 130 interrupted. After
SIGTERM and SIGHUP too everything is cleaned up; then the process ends by that signal.

Everything else is imported inside ``main``, so that Ctrl-C while modules are loaded is handled too.
Next: ``commands.py``, the list of the commands.
"""

from __future__ import annotations

import _thread
import atexit
import errno
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from inkling.errors import InklingError, SettingError


def main() -> None:
    """Runs the command line; errors that a user can cause are reported in one line."""
    received: list[int] = []
    atexit.register(_end, received)  # first, so that it is called last
    report = sys.unraisablehook
    sys.unraisablehook = partial(_interrupt_again, report)
    try:
        with _signals_as_interrupts(received):
            status = _run()
    except KeyboardInterrupt:
        status = 130
    finally:
        sys.unraisablehook = report
    if status == 130:
        with suppress(ValueError):  # not in the main thread
            signal.signal(signal.SIGINT, lambda *_: os._exit(130))  # a second time: at once
    else:
        received.clear()  # the command was finished all the same
    from inkling.cli.streams import release_streams

    release_streams()
    sys.exit(status)


@contextmanager
def _signals_as_interrupts(received: list[int]) -> Iterator[None]:
    """Makes SIGTERM, and SIGHUP of a terminal that is closed, clean up as Ctrl-C does.

    The number of a signal is appended to ``received``. A second one ends the process at once. Signals
    that are ignored, as under nohup, stay so.
    """

    def interrupt(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        received.append(number)
        raise KeyboardInterrupt

    numbers = [getattr(signal, name, signal.SIGTERM) for name in ("SIGTERM", "SIGHUP")]
    numbers = [number for number in numbers if signal.getsignal(number) == signal.SIG_DFL]
    with suppress(ValueError):  # not in the main thread
        for number in numbers:
            signal.signal(number, interrupt)
    try:
        yield
    finally:
        with suppress(ValueError):
            for number in numbers:
                signal.signal(number, signal.SIG_DFL)


def _end(received: list[int]) -> None:
    """Called when Python has already forgotten how to handle signals; ends the process by its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in received:
        os.kill(os.getpid(), number)


def _interrupt_again(
    report: Callable[[sys.UnraisableHookArgs], object], unraisable: sys.UnraisableHookArgs, /
) -> None:
    """Raises a Ctrl-C once more that Python ignored, because it came in a destructor or a callback."""
    if unraisable.exc_type is KeyboardInterrupt:
        threading.Timer(0.02, _thread.interrupt_main).start()  # at once, it would be ignored again
    else:
        report(unraisable)


def _run() -> int:
    """Runs a command and returns the exit status; reports errors that a user can cause."""
    try:
        from inkling.cli.streams import prepare_streams

        prepare_streams()
        from inkling.cli.commands import run

        status = run()
        sys.stdout.flush()
    except InklingError as error:
        from inkling.cli.commands import COMMANDS, name_options

        message = str(error)
        if len(sys.argv) > 1 and sys.argv[1] in COMMANDS:
            message = name_options(message, sys.argv[1])
        return _fail(message, 2 if isinstance(error, SettingError) else 1)
    except MemoryError:
        return _fail("there is not enough memory; try a smaller network, batch or picture")
    except OSError as error:
        if error.errno == errno.EPIPE:  # as in "inkling models | head -1", which has read enough
            return 1
        from inkling._text import printable

        gone = isinstance(error, FileNotFoundError)  # without a name it is that of os.getcwd
        name = error.filename or ("the current folder" if gone else "")
        where = f"{printable(name)}: " if name else ""
        return _fail(f"{where}{error.strerror or error}")
    return status


def _fail(sentence: str, status: int = 1) -> int:
    """Prints the one line that explains why a command failed, and returns the status."""
    from inkling.cli.output import say

    with suppress(OSError):  # standard error may be what is broken
        say(f"inkling: {sentence}")
    return status
