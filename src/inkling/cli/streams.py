"""The standard streams: closed ones, full disks, pipes without a reader, narrow encodings."""

from __future__ import annotations

import errno
import io
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, TextIO

NAME = "standard output"


class Output(io.TextIOWrapper):
    """Standard output whose errors name it, also for what libraries print."""

    def write(self, text: str, /) -> int:
        """Writes a text; escapes what the encoding lacks, such as × and → on Windows."""
        with naming_errors():
            return super().write(text)

    def flush(self) -> None:
        """Writes what was collected."""
        with naming_errors():
            super().flush()


@contextmanager
def naming_errors() -> Iterator[None]:
    """Puts the name of standard output into errors of writing to it."""
    try:
        yield
    except OSError as error:
        reason = "it is closed" if error.errno == errno.EBADF else error.strerror
        raise OSError(error.errno, reason, NAME) from None


def prepare_streams() -> None:
    """Opens the null device in place of closed streams, and names standard output in errors.

    Without that, the first file that is opened would take the place of a closed standard output, and
    receive what libraries print. Messages for a closed standard error are discarded. A result that
    cannot be written is an error, so the null device is standard output for reading only.
    """
    sys.stdin = sys.stdin or _null_device(os.O_RDONLY, "r")
    sys.stdout = out = sys.stdout or _null_device(os.O_RDONLY, "w")
    sys.stderr = sys.stderr or _null_device(os.O_WRONLY, "w")
    if type(out) is io.TextIOWrapper:  # not what a test or a notebook put there
        by_line, at_once = out.line_buffering, out.write_through
        name = out.encoding
        sys.stdout = Output(out.detach(), name, "backslashreplace", None, by_line, at_once)
    silence_libraries()


def silence_libraries() -> None:
    """Keeps warnings about a user's files off the terminal: a damaged file gets one line from us."""
    warnings.filterwarnings("ignore", module=r"PIL\.")
    logging.getLogger("PIL").setLevel(logging.CRITICAL)
    # NumPy's, of archives from Python 2, and Python's, of a damaged header of an array.
    warnings.filterwarnings("ignore", "Reading `.npy`|.*invalid escape sequence")


def _null_device(access: int, mode: Literal["r", "w"]) -> TextIO:
    number = os.open(os.devnull, access)  # the lowest free number: that of the closed stream
    os.set_inheritable(number, True)
    return os.fdopen(number, mode)


def release_streams() -> None:
    """Drops what could not be written, so that Python, which tries again at its end, is silent."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
