"""Atomic writing of files.

Every file of Inkling (models, checkpoints, reports, downloads) is written by ``atomic_write``: to a
temporary name in the same folder, flushed to the disk, then renamed. A reader of the final name finds
the old content or the new one, even if the writer was killed.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

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


def atomic_write(path: str | Path, content: bytes | Callable[[BinaryIO], object]) -> None:
    """Writes a file completely or not at all.

    Args:
        path: the file; an older one of that name is replaced. Its folder must exist.
        content: the bytes, or a function that is given the open file and writes them.

    Raises:
        OSError: the folder does not exist, cannot be written to, or is full. After any error an older
            file is unchanged and no temporary file is left.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     atomic_write(Path(folder, "note.txt"), b"all")
        ...     [file.name for file in Path(folder).iterdir()], Path(folder, "note.txt").read_bytes()
        (['note.txt'], b'all')
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:  # not tempfile.mkstemp, whose files only their owner can read, also after the renaming
        with temporary.open("xb") as file:
            if isinstance(content, bytes):
                file.write(content)
            else:
                content(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        if error.errno is None:  # of a library that writes the content
            raise
        raise OSError(error.errno, error.strerror, str(path)) from None  # not the temporary name
    finally:  # after Ctrl-C too, nothing stays
        temporary.unlink(missing_ok=True)
