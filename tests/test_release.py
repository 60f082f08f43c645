"""What ``make release-check`` finds; it builds packages, so it runs before a release and is no test."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from release_check import content_problems
from release_facts import missing_files, url_problems, version_problems

ROOT = Path(__file__).parents[1]
READ = ("pyproject.toml", "CHANGELOG.md", "CITATION.cff", "src/inkling/__init__.py")
URLS = """
[project.urls]
Repository = "https://github.com/someone/inkling.git"
Documentation = "https://someone.github.io/inkling/"
Changelog = "https://github.com/someone/inkling/blob/main/CHANGELOG.md"
Issues = "https://github.com/someone/inkling/issues"
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy of what the checks read, as it is on the day of a release of 0.2.0, with a home."""
    for name in READ:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    edit(tmp_path / READ[3], r'__version__ = ".*"', '__version__ = "0.2.0"')
    (tmp_path / READ[1]).write_text("# Changelog\n\n## [0.2.0] - 2026-12-01\n", encoding="utf-8")
    project = (tmp_path / READ[0]).read_text(encoding="utf-8")
    without = re.sub(r"^\[project\.urls\]\n(?:\w+ = .*\n)+", "", project, flags=re.MULTILINE)
    (tmp_path / READ[0]).write_text(without + URLS, encoding="utf-8")
    return tmp_path


def edit(file: Path, pattern: str, text: str) -> None:
    """Replaces the only place of a pattern in a file."""
    changed, count = re.subn(pattern, text, file.read_text(encoding="utf-8"))
    assert count == 1
    file.write_text(changed, encoding="utf-8")


def test_a_release_that_agrees_has_no_problems(repository: Path) -> None:
    """Version, tag, changelog and addresses; and the files are in this repository."""
    assert version_problems(repository, "v0.2.0") == []
    assert url_problems(repository) == []
    assert missing_files(ROOT) == []


@pytest.mark.parametrize(
    ("file", "pattern", "text", "problem"),
    [
        (READ[3], '"0.2.0"', '"0.3.0"', "The tag is v0.2.0, but __version__ is 0.3.0"),
        (READ[3], '"0.2.0"', '"next"', "must be like 0.2.0; got 'next'"),
        (READ[1], r"\[0.2.0\]", "[0.1.9]", r"CHANGELOG.md must begin .* got '\[0.1.9\]"),
        (READ[1], r"\[0.2.0\] - .*", "[Unreleased]", r"got '\[Unreleased\]'"),
        (READ[1], "2026-12-01", "2026-13-01", "CHANGELOG.md must begin"),
        (READ[2], "title: Inkling", "title: Inkling\nversion: 0.2.0", "CITATION.cff has a version"),
    ],
)
def test_a_mismatch_is_found(
    repository: Path, file: str, pattern: str, text: str, problem: str
) -> None:
    """Of the version, the tag and the changelog; a second place of the version is one too."""
    edit(repository / file, pattern, text)
    assert re.search(problem, "\n".join(version_problems(repository, "v0.2.0")))


@pytest.mark.parametrize(
    ("pattern", "text", "problem"),
    [
        ("\nIssues = .*", "", "has no 'Issues' in"),
        ("https://someone.github.io", "https://docs.example.org", "'Documentation' in .* fill in"),
        ("someone/inkling/issues", "other/inkling/issues", "'Issues' .* must begin with https://"),
    ],
)
def test_a_released_package_needs_its_addresses(
    repository: Path, pattern: str, text: str, problem: str
) -> None:
    """All four, of hosts that exist, and those of the repository below it."""
    edit(repository / READ[0], pattern, text)
    [found] = url_problems(repository)
    assert re.search(problem, found)


def test_what_does_not_belong_into_a_package_is_found() -> None:
    """Tests in the wheel, files that git does not track in the sdist, and what either lacks."""
    tracked = {"src/inkling/a.py", "src/inkling/b.py", "tests/test_a.py", "LICENSE"}
    wheel = {"inkling/a.py", "tests/test_a.py", "inkling_digits-0.2.0.dist-info/METADATA"}
    sdist = {"src/inkling/a.py", "src/inkling/b.py", "LICENSE", "PKG-INFO", "notes.txt"}
    assert content_problems(wheel, sdist, tracked) == [
        "The wheel lacks inkling/b.py.",
        "The wheel must not contain tests/test_a.py.",
        "The sdist must not contain notes.txt: git does not.",
        "The sdist lacks tests/test_a.py.",
    ]
