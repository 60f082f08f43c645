"""Atomic writes: a file is written completely or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from inkling._files import atomic_write


@pytest.mark.parametrize("content", [b"\x00new\r\n", lambda file: file.write(b"\x00new\r\n")])
def test_an_older_file_is_replaced(
    tmp_path: Path, content: bytes | Callable[[BinaryIO], object]
) -> None:
    """By bytes, or by whatever a function writes into the open file."""
    path = tmp_path / "model"
    path.write_bytes(b"an older and longer content")
    atomic_write(str(path), content)
    assert path.read_bytes() == b"\x00new\r\n"
    assert [file.name for file in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, error: type[BaseException]
) -> None:
    """Also after Ctrl-C."""
    path = tmp_path / "checkpoint"
    path.write_bytes(b"old")

    def write(file: BinaryIO) -> None:
        file.write(b"half of the new")
        raise error

    with pytest.raises(error):
        atomic_write(path, write)
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["checkpoint"]


def test_a_failing_move_leaves_nothing(tmp_path: Path) -> None:
    """If a folder has the name, the error names it and the temporary file is removed."""
    (tmp_path / "model").mkdir()
    with pytest.raises(OSError, match=r"/model'$"):
        atomic_write(tmp_path / "model", b"new")
    assert [file.name for file in tmp_path.iterdir()] == ["model"]


def test_the_content_is_synced_before_the_name_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut loses neither the old content nor the new."""
    path = tmp_path / "model"
    path.write_bytes(b"old")
    seen: list[tuple[int, bytes]] = []
    monkeypatch.setattr(
        os, "fsync", lambda number: seen.append((os.fstat(number).st_size, path.read_bytes()))
    )
    atomic_write(path, b"seven b")
    assert seen == [(7, b"old")]
    assert path.read_bytes() == b"seven b"


def test_an_absent_folder_is_an_os_error(tmp_path: Path) -> None:
    """The folder is not created; the system's own error names the path."""
    with pytest.raises(FileNotFoundError, match=r"nowhere/model'$"):
        atomic_write(tmp_path / "nowhere" / "model", b"new")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_the_file_has_the_usual_permissions(tmp_path: Path) -> None:
    """Those of a file that is written directly."""
    (tmp_path / "plain").write_bytes(b"")
    atomic_write(tmp_path / "atomic", b"")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "atomic")}
    assert len(modes) == 1
