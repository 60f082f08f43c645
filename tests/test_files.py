"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

import pytest

from inkling._files import atomic_write


def test_writes_bytes(tmp_path: Path) -> None:
    """Bytes arrive as they are, under the final name alone."""
    atomic_write(tmp_path / "model.bin", b"\x00weights\r\n")
    assert (tmp_path / "model.bin").read_bytes() == b"\x00weights\r\n"
    assert [file.name for file in tmp_path.iterdir()] == ["model.bin"]


def test_writes_through_a_function_and_replaces(tmp_path: Path) -> None:
    """A function is given the open file; an older file of the name is replaced by what it writes."""
    path = tmp_path / "history.csv"
    path.write_bytes(b"an older and longer content")

    def write(file: BinaryIO) -> None:
        file.write(b"epoch,")
        file.write(b"loss\n")

    atomic_write(str(path), write)
    assert path.read_bytes() == b"epoch,loss\n"
    assert [file.name for file in tmp_path.iterdir()] == ["history.csv"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_failure_half_way_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, error: type[BaseException]
) -> None:
    """Whatever stops the writer, Ctrl-C included, the old content stays and no other file does."""
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
    """Where the name is taken by a folder nothing can be moved into place, and nothing is left."""
    (tmp_path / "model").mkdir()
    with pytest.raises(OSError, match="model"):
        atomic_write(tmp_path / "model", b"new")
    assert [file.name for file in tmp_path.iterdir()] == ["model"]


def test_the_content_is_on_the_disk_before_the_name_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All bytes are synced while the final name still has the old content; a power cut loses neither."""
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
    """The folder is not made; the system's own error names the path."""
    with pytest.raises(FileNotFoundError, match="nowhere"):
        atomic_write(tmp_path / "nowhere" / "model", b"new")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_others_may_read_it_as_any_other_file(tmp_path: Path) -> None:
    """The file has the permissions that a plainly written one has."""
    (tmp_path / "plain").write_bytes(b"")
    atomic_write(tmp_path / "atomic", b"")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "atomic")}
    assert len(modes) == 1
