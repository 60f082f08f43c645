"""The promise of conftest.py that where INKLING_NO_SKIPS is set, a skipped test is a failed one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FILES = {
    "test_one.py": """
import pytest

def test_needs_what_is_not_there():
    pytest.importorskip("no_such_library")
""",
    "test_whole.py": """
import pytest

pytest.importorskip("no_such_library")
""",
    "test_known.py": """
import pytest

@pytest.mark.xfail(reason="known")
def test_that_is_expected_to_fail():
    assert False
""",
}
"""A test that skips itself, a file that does, and what pytest reports as skipped too but is not."""


def run_pytest(folder: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs pytest, with the conftest.py beside this file, on the three files."""
    for name, content in FILES.items():
        (folder / name).write_text(content)
    said_elsewhere = ("CI", "INKLING_NO_SKIPS")  # with CI set, pytest writes every reason out twice
    inherited = {name: value for name, value in os.environ.items() if name not in said_elsewhere}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "conftest", "-p", "no:cacheprovider", *options],
        cwd=folder,
        env={**inherited, "PYTHONPATH": str(Path(__file__).parent), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_skip_fails_where_nothing_may_be_skipped(tmp_path: Path) -> None:
    """The failure names the test, what it lacks, and the variable that forbids the skip."""
    outcome = run_pytest(tmp_path, "--continue-on-collection-errors", INKLING_NO_SKIPS="1")
    assert outcome.returncode == 1
    assert "1 failed, 1 xfailed, 1 error" in outcome.stdout
    said = " ".join(outcome.stdout.split())
    for test in ("test_one.py::test_needs_what_is_not_there", "test_whole.py"):
        assert f"{test}: skipped (Skipped: could not import 'no_such_library'" in said
    assert said.count("where INKLING_NO_SKIPS is set; provide what it needs") == 2


def test_a_skip_is_a_skip_elsewhere(tmp_path: Path) -> None:
    """Without the variable a user without the library has no failure."""
    outcome = run_pytest(tmp_path)
    assert outcome.returncode == 0
    assert "2 skipped, 1 xfailed" in outcome.stdout
