"""With INKLING_NO_SKIPS, as in CI, a skipped test fails the run unless INKLING_MAY_SKIP permits it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SKIPPED = 'import pytest\n\ndef test_it():\n    pytest.importorskip("no_such_library")\n'
EXPECTED_FAILURE = (
    'import pytest\n\n@pytest.mark.xfail(reason="known")\ndef test_it():\n    assert False\n'
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("test", "setting", "may_skip", "status"),
    [
        (SKIPPED, "1", "", 1),
        (SKIPPED, "1", "this system|'no_such_library'", 0),
        (SKIPPED, "1", "this system|'another_library'", 1),
        (SKIPPED, "", "", 0),
        (EXPECTED_FAILURE, "1", "", 0),
    ],
)
def test_a_skip_fails_the_run(
    tmp_path: Path, test: str, setting: str, may_skip: str, status: int
) -> None:
    """A test that is expected to fail does not count as skipped."""
    (tmp_path / "test_one.py").write_text(test)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "conftest", "-p", "no:cacheprovider", "-ra"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path]),
            "INKLING_NO_SKIPS": setting,
            "INKLING_MAY_SKIP": may_skip,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout
    assert ("could not import 'no_such_library'" in done.stdout) == (test == SKIPPED)
