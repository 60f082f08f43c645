"""Writing of files, and locks.

Every file of Inkling (models, checkpoints, reports, downloads) is written by ``atomic_write``: to a
temporary name in the same folder, flushed to the disk, then renamed. A reader of the final name finds
the old content or the new one, even if the writer was killed. ``locked`` keeps two processes from
writing to one directory.
"""

from __future__ import annotations

import errno
import logging
import os
import platform
import re
import secrets
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from io import BufferedWriter
from itertools import takewhile
from pathlib import Path

MODEL = "model.safetensors"
"""The trained model in a run directory; the constants below name the other files there."""
MANIFEST = "manifest.json"
COMMITTEE_MANIFEST = "committee.json"
"""In place of MANIFEST, so that a committee's directory is not taken for the run of one network."""
MEMBERS = "members"
"""The folder with the run directories of a committee's members."""
CHECKPOINT = "checkpoint"
HISTORY = "history.csv"
REPORT = "report.png"
LOCK = ".inkling-lock"
"""In a run directory while a process writes to it."""

WAIT = 2.0
"""Seconds to wait for a lock, because a process that was just killed may take a moment to end."""
NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL, errno.EBADF}
"""The errors of a file system without locks, as some network file systems are."""
BEHIND = 1 << 30
"""The byte that Windows locks: it keeps other processes from reading what is locked."""


def expand(path: str | os.PathLike[str]) -> Path:
    """Returns a path with ``~`` replaced; ``~name`` of an unknown user is a name like any other."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 (Path.expanduser raises RuntimeError)


def resolve(path: str | os.PathLike[str]) -> Path:
    """Returns the absolute path without symbolic links; one that points to itself stays."""
    return Path(os.path.realpath(path))  # Path.resolve raises RuntimeError before Python 3.13


def make_folder(path: Path) -> None:
    """Creates a folder and those above it, unless they exist; ``Path.mkdir`` does so by recursion."""
    missing = [*takewhile(lambda folder: not folder.exists(), path.parents)]
    for folder in (*reversed(missing), path):
        folder.mkdir(exist_ok=True)


def new_directory(dataset: str) -> Path:
    """Creates runs/DATASET-TIME, with a number appended if another run started in the same second."""
    name = f"{dataset}-{datetime.now():%Y%m%d-%H%M%S}"
    Path("runs").mkdir(exist_ok=True)
    directory, count = Path("runs", name), 1
    while True:
        try:
            directory.mkdir()  # fails if another process was faster
            return directory
        except FileExistsError:
            count += 1
            directory = Path("runs", f"{name}-{count}")


def atomic_write(path: str | Path, content: bytes) -> None:
    """Writes a file completely or not at all.

    A symbolic link is followed: the file that it points to is replaced. To a device or a pipe, the
    content is written.

    Args:
        path: the file; an older one of that name is replaced, and keeps its owner and permissions. Its
            folder must exist.
        content: the bytes.

    Raises:
        OSError: the path is a folder or a write-protected file, or its folder does not exist, cannot be
            written to, or is full. After any error an older file is unchanged and no temporary file
            is left.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     atomic_write(Path(folder, "note.txt"), b"all")
        ...     [file.name for file in Path(folder).iterdir()], Path(folder, "note.txt").read_bytes()
        (['note.txt'], b'all')
    """
    path = Path(path)
    try:
        old = None
        with suppress(FileNotFoundError):
            old = path.stat()
        if old is not None and stat.S_ISDIR(old.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if old is None or stat.S_ISREG(old.st_mode):
            _replace(Path(os.path.realpath(path)), content, old)
        else:
            with path.open("wb") as device:
                device.write(content)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None  # not the temporary name


def _replace(path: Path, content: bytes, old: os.stat_result | None) -> None:
    """Writes a file under a temporary name, with owner and permissions of the old; renames it."""
    effective = os.access in os.supports_effective_ids
    if old is not None and not os.access(path, os.W_OK, effective_ids=effective):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    remove_temporary(path.parent, path.name)
    temporary, file = _open_temporary(path)
    try:
        with file:
            if old is not None:
                if sys.platform != "win32":
                    with suppress(PermissionError):  # only root may give a file away
                        os.chown(temporary, old.st_uid, old.st_gid)
                temporary.chmod(stat.S_IMODE(old.st_mode))
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            if sys.platform != "win32":  # which renames no open file
                temporary.replace(path)  # while it is locked, so that no process removes it before
        if sys.platform == "win32":
            _replace_closed(temporary, path)
    finally:  # after Ctrl-C too, nothing stays
        temporary.unlink(missing_ok=True)


def _replace_closed(temporary: Path, path: Path) -> None:
    """Renames a file on Windows, which forbids that while another process reads the old one."""
    deadline = time.monotonic() + WAIT
    while True:
        try:
            temporary.replace(path)
            return
        except PermissionError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.02)


def _open_temporary(path: Path) -> tuple[Path, BufferedWriter]:
    """Creates a temporary file next to a path, and locks it."""
    while True:
        temporary = path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}.tmp")
        # Not tempfile.mkstemp, whose files only their owner can read, also after the renaming.
        file = None
        try:
            file = temporary.open("xb")
            if _lock(file.fileno()) is not False and os.fstat(file.fileno()).st_nlink:
                return temporary, file
        except FileExistsError:  # another process's
            continue
        except BaseException:  # Ctrl-C may come as soon as the file exists
            if file is not None:
                file.close()
            temporary.unlink(missing_ok=True)
            raise
        file.close()  # another process took it for abandoned, and removes it


def remove_temporary(folder: Path, *names: str) -> None:
    """Removes from a folder the temporary files that killed processes left of files of these names."""
    starts = "|".join(re.escape(name[:40]) for name in names)
    pattern = re.compile(rf"\.(?:{starts})\.[0-9a-f]{{8}}\.tmp", re.DOTALL)
    with suppress(OSError):  # a folder that cannot be listed
        for path in folder.iterdir():
            if pattern.fullmatch(path.name):
                _remove_abandoned(path)


def _remove_abandoned(path: Path) -> None:
    """Removes a temporary file unless a process is writing it, or it is no file."""
    if path.is_symlink() or not path.is_file():
        return
    with suppress(OSError), path.open("rb+") as file:
        if _lock(file.fileno()):
            if sys.platform == "win32":  # which removes no open file
                file.close()
            path.unlink()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds a lock while the block runs: a file with the process id, which is removed at the end.

    If the process is killed, the system releases the lock, and the next process takes the file over. On
    a file system without locks, a warning is logged.

    Raises:
        BlockingIOError: another process holds the lock; the error's text names it.
        OSError: the file cannot be created.
    """
    number = _take_lock(path)
    try:
        os.ftruncate(number, 0)
        os.write(number, f"{os.getpid()} {platform.node()}\n".encode())
        yield
    finally:
        if sys.platform == "win32":  # which removes no open file
            os.close(number)
        with suppress(OSError):
            path.unlink()
        if sys.platform != "win32":
            os.close(number)


def _take_lock(path: Path) -> int:
    deadline = time.monotonic() + WAIT
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    while True:
        number = os.open(path, flags, 0o666)
        try:
            lock = _lock(number)
            if lock is False and time.monotonic() > deadline:
                raise BlockingIOError(errno.EAGAIN, _holder(number), str(path))
            # The process that held it may have removed the file before it was locked here.
            if (
                lock is not False
                and path.exists()
                and os.path.samestat(os.fstat(number), path.stat())
            ):
                if lock is None:
                    logging.getLogger("inkling").warning(
                        "%s: this file system has no locks; use it from one process at a time",
                        path.parent,
                    )
                return number
        except BaseException:
            os.close(number)
            raise
        os.close(number)
        time.sleep(0.02)


def _holder(number: int) -> str:
    """Returns who wrote an open lock, in words."""
    os.lseek(number, 0, os.SEEK_SET)
    found = re.fullmatch(rb"(\d{1,10}) ([\w.-]{0,253})\n", os.read(number, 300))
    if found is None:
        return "another process"
    process, machine = (part.decode() for part in found.groups())
    return f"process {process}" + (f" on {machine}" if machine != platform.node() else "")


def _lock(number: int) -> bool | None:
    """Locks an open file until it is closed: True if done, False if another process holds the lock.

    Returns None on a file system without locks.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(number, BEHIND, os.SEEK_SET)
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
            os.lseek(number, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError as error:
        if error.errno in NO_LOCKS:
            return None
        raise
    return True
