"""``make test-versions``: which Pythons it takes, and what it returns; no test is run by it here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import test_versions as versions

FAKE = '#!/bin/sh\necho "3.12"\n'
PRETENDER = "#!/bin/sh\necho 'pyenv: python3.13: command not found' >&2\nexit 127\n"


@pytest.mark.skipif("sys.platform == 'win32'", reason="Windows runs no such scripts")
def test_the_pythons_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only one that runs and has the version in its name; older ones are not supported."""
    for name, text in {"3.10": FAKE, "3.11": FAKE, "3.12": FAKE, "3.13": PRETENDER}.items():
        program = tmp_path / f"python{name}"
        program.write_text(text, encoding="ascii")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "none"))
    monkeypatch.setattr(versions, "NEWEST_MINOR", 13)
    assert versions.find_pythons() == {"3.12": str(tmp_path / "python3.12")}


def test_one_failure_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All the others still run; the lowest versions with the oldest Python."""
    tried = []

    def test(name: str, python: str, resolution: str, tests: list[str]) -> Any:
        tried.append((name, python, resolution, tests))
        return versions.Outcome(name, name != "3.9", "7 passed", "numpy==2.0")

    monkeypatch.setattr(versions, "test", test)
    monkeypatch.setattr(versions, "find_pythons", lambda: {"3.10": "new", "3.9": "old"})
    assert versions.main(["3.10", "--", "tests/nn"]) == 0
    assert versions.main([]) == 1
    assert tried == [
        ("3.10", "new", "highest", ["tests/nn"]),
        ("3.10", "new", "highest", []),
        ("3.9", "old", "highest", []),
        ("lowest", "old", "lowest-direct", []),
    ]
    assert "3.9       FAILED" in capsys.readouterr().out
    assert versions.main(["3.8"]) == 1
    assert versions.main([]) == 1
