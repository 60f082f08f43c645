"""Atomic writes: a file is written completely or not at all."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from inkling import _files
from inkling._files import atomic_write, locked, make_folder


def test_an_older_file_is_replaced(tmp_path: Path) -> None:
    """By the bytes as they are."""
    path = tmp_path / "model"
    path.write_bytes(b"an older and longer content")
    atomic_write(str(path), b"\x00new\r\n")
    assert path.read_bytes() == b"\x00new\r\n"
    assert [file.name for file in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("error", [OSError(28, "No space"), KeyboardInterrupt(), SystemExit()])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """Also after Ctrl-C."""
    path = tmp_path / "checkpoint"
    path.write_bytes(b"old")

    def fail(number: int) -> None:
        assert os.fstat(number).st_size == 3
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(type(error)):
        atomic_write(path, b"new")
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["checkpoint"]


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    """The error names it."""
    (tmp_path / "model").mkdir()
    with pytest.raises(IsADirectoryError, match=r"/model'$"):
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


POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@POSIX
def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    """Its reader receives the bytes, and the pipe is still one."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=atomic_write, args=(path, b"through"))
    writer.start()
    assert path.read_bytes() == b"through"
    writer.join()
    assert path.is_fifo()
    assert [file.name for file in tmp_path.iterdir()] == ["pipe"]


@pytest.mark.skipif(not ROOT, reason="only root makes devices")
def test_a_device_is_written_to(tmp_path: Path) -> None:
    """A null device, also behind a link; never the one that the machine needs."""
    device, link = tmp_path / "null", tmp_path / "link"
    try:
        os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        device.write_bytes(b"")
    except PermissionError:
        pytest.skip("no devices here")
    link.symlink_to(device)
    for path in (device, link):
        atomic_write(path, b"gone")
    assert device.is_char_device()
    assert link.is_symlink()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["link", "null"]


@POSIX
@pytest.mark.parametrize("old", [b"old", None])
def test_a_link_is_followed(tmp_path: Path, old: bytes | None) -> None:
    """Over two links, one of them relative, to a file or to a name that is still free."""
    folder = tmp_path / "real"
    folder.mkdir()
    if old is not None:
        (folder / "model").write_bytes(old)
    (folder / "alias").symlink_to("model")
    link = tmp_path / "link"
    link.symlink_to(folder / "alias")
    atomic_write(link, b"new")
    assert link.is_symlink()
    assert (folder / "alias").is_symlink()
    assert (folder / "model").read_bytes() == b"new"
    assert not (folder / "model").is_symlink()
    assert sorted(file.name for file in folder.iterdir()) == ["alias", "model"]


@POSIX
def test_a_link_to_itself(tmp_path: Path) -> None:
    """An error that names it; the link stays."""
    (tmp_path / "link").symlink_to("link")
    with pytest.raises(OSError, match=r"/link'$"):
        atomic_write(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()


@POSIX
def test_permissions_are_kept(tmp_path: Path) -> None:
    """A private file stays private, a shared one shared."""
    for mode in (0o600, 0o666, 0o755):
        (tmp_path / "file").write_bytes(b"old")
        (tmp_path / "file").chmod(mode)
        atomic_write(tmp_path / "file", b"new")
        assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode


@pytest.mark.skipif(not ROOT, reason="only root gives files away")
def test_the_owner_is_kept(tmp_path: Path) -> None:
    """A file that root replaces, as in a container, can still be read by its private owner."""
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "file").chmod(0o600)
    os.chown(tmp_path / "file", 65534, 65534)
    atomic_write(tmp_path / "file", b"new")
    found = (tmp_path / "file").stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (65534, 65534, 0o600)


@POSIX
def test_a_write_protected_file_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if it were opened for writing; to root, no file is protected."""
    path = tmp_path / "file"
    path.write_bytes(b"mine")
    path.chmod(0o444)
    if ROOT:
        tmp_path.chmod(0o777)
        tmp_path.parent.chmod(0o711)
        os.chown(path, 65534, 65534)
        monkeypatch.setattr(os, "access", lambda *_, **__: False)
    with pytest.raises(PermissionError, match=r"/file'$"):
        atomic_write(path, b"new")
    assert path.read_bytes() == b"mine"


@POSIX
def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    """Its temporary file, when the next process writes that file; nothing else that looks like one."""
    killed = "import os; os.fsync = lambda _: os.kill(os.getpid(), 9)\n"
    code = f"{killed}from inkling._files import atomic_write\natomic_write('model', b'new')"
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False).returncode == -9
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".model.")
    for name in (".models.0123abcd.tmp", ".model.tmp", ".model.0123abcd.tmp.txt"):
        (tmp_path / name).write_bytes(b"mine")
    (tmp_path / ".model.0123abcd.tmp").mkdir()
    atomic_write(tmp_path / "model", b"newer")
    names = {".models.0123abcd.tmp", ".model.tmp", ".model.0123abcd.tmp.txt", ".model.0123abcd.tmp"}
    assert {file.name for file in tmp_path.iterdir()} == {*names, "model"}


@POSIX
def test_a_temporary_file_in_use_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two writers of one file: the second finishes first, the first is not disturbed."""
    path, fsync, seen = tmp_path / "model", os.fsync, []

    def meanwhile(_: int) -> None:
        monkeypatch.setattr(os, "fsync", fsync)
        atomic_write(path, b"second")
        seen.append(path.read_bytes())

    monkeypatch.setattr(os, "fsync", meanwhile)
    atomic_write(path, b"first")
    assert (seen, path.read_bytes()) == ([b"second"], b"first")
    assert [file.name for file in tmp_path.iterdir()] == ["model"]


def test_a_file_that_is_being_read_is_replaced_a_moment_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows, where a file cannot be replaced while a process has it open."""
    (tmp_path / "new").write_bytes(b"new")
    reading, replace = iter([True, True]), Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if next(reading, False):
            raise PermissionError(errno.EACCES, "Access is denied")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    _files._replace_closed(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old").read_bytes() == b"new"
    monkeypatch.setattr(Path, "replace", lambda *_: refuse(tmp_path, tmp_path))
    monkeypatch.setattr(_files, "WAIT", 0.05)
    reading = iter([True] * 100)
    with pytest.raises(PermissionError, match="denied"):
        _files._replace_closed(tmp_path / "new", tmp_path / "old")


HOLD = """
import sys, time
from pathlib import Path
from inkling._files import locked
with locked(Path("lock")):
    print(flush=True)
    time.sleep(60)
"""


@POSIX
def test_a_lock_names_its_holder_and_ends_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a process holds it no other gets it; once it is killed, the next one does."""
    lock = tmp_path / "lock"
    monkeypatch.setattr(_files, "WAIT", 0.1)
    command = [sys.executable, "-c", HOLD]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(BlockingIOError, match=rf"process {process.pid}: '"), locked(lock):
            pass
        process.kill()
    assert lock.exists()
    with locked(lock):
        assert lock.read_text().split()[0] == str(os.getpid())
        with pytest.raises(BlockingIOError, match=rf"process {os.getpid()}: '"), locked(lock):
            pass
    assert list(tmp_path.iterdir()) == []


@POSIX
def test_one_process_at_a_time_gets_a_lock(tmp_path: Path) -> None:
    """Four that take it in turns never hold it together, though each removes the file."""
    code = """
import sys, os
from pathlib import Path
from inkling import _files
_files.WAIT = 60
for _ in range(50):
    with _files.locked(Path("lock")):
        os.close(os.open("alone", os.O_CREAT | os.O_EXCL))
        os.unlink("alone")
"""
    command = [sys.executable, "-c", code]
    processes = [subprocess.Popen(command, cwd=tmp_path) for _ in range(4)]
    assert [process.wait() for process in processes] == [0] * 4
    assert list(tmp_path.iterdir()) == []


@POSIX
def test_a_lock_on_a_full_disk_is_not_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file can still be created, but nothing can be written to it."""

    def fail(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", fail)
    with pytest.raises(OSError, match="No space left"), locked(tmp_path / "lock"):
        pass
    assert list(tmp_path.iterdir()) == []


@POSIX
def test_a_file_system_without_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The work is done all the same, and a warning says what is missing."""
    import fcntl

    def fail(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", fail)
    with locked(tmp_path / "lock"):
        atomic_write(tmp_path / "file", b"new")
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
    message = f"{tmp_path}: this file system has no locks; use it from one process at a time"
    assert [record.message for record in caplog.records] == [message]


def test_a_deep_folder(tmp_path: Path) -> None:
    """Far deeper than Python's recursion may be; a folder that exists is left as it is."""
    deep = tmp_path.joinpath(*"d" * 1200)
    for _ in range(2):
        make_folder(deep)
        assert deep.is_dir()
    for folder in (deep, *deep.parents[:1199]):  # shutil.rmtree recurses too
        folder.rmdir()
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        make_folder(tmp_path / "file" / "below")
