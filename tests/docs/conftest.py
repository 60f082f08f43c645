"""The documentation site, built once for all tests that look at it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site in both languages, built as ``make docs`` builds it, without a single warning."""
    for library in ("sphinx", "furo", "myst_parser", "jieba"):
        pytest.importorskip(library, reason=f"{library} is not installed: pip install '.[docs]'")
    folder = tmp_path_factory.mktemp("docs") / "site"
    for source, target, more in (
        (DOCS, folder, []),
        (DOCS / "zh", folder / "zh", ["-c", str(DOCS), "-t", "zh"]),
    ):
        doctrees = str(folder.parent / f"doctrees-{target.name}")
        strictly = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-d", doctrees]
        command = [*strictly, *more, str(source), str(target)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return folder
