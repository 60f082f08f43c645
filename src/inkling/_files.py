"""Writing a file so that it is never half there.

Every file of Inkling (models, checkpoints, reports, downloads) is written through ``atomic_write``: to
a temporary name in the same folder, down to the disk, then moved into place in one step. Whoever
reads the final name finds the old content or the new one, however the writer ended.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


def atomic_write(path: str | Path, content: bytes | Callable[[BinaryIO], object]) -> None:
    """Writes a file whole or not at all.

    Args:
        path: the file; an older one of that name is replaced. Its folder must exist.
        content: the bytes, or a function that is given the open file and writes them.

    Raises:
        OSError: the folder is not there, cannot be written to, or is full. Whatever is raised here or
            by ``content``, an older file is untouched and no temporary file is left.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     atomic_write(Path(folder, "note.txt"), b"whole")
        ...     [file.name for file in Path(folder).iterdir()], Path(folder, "note.txt").read_bytes()
        (['note.txt'], b'whole')
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    # Not tempfile.mkstemp: its files are readable by their owner alone, and keep that when moved.
    file = temporary.open("xb")
    try:
        with file:
            if isinstance(content, bytes):
                file.write(content)
            else:
                content(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:  # Ctrl-C too leaves nothing behind
        temporary.unlink(missing_ok=True)
        raise
