"""What must agree before a release: version, tag, changelog, addresses, and the files people look for.

Each function reads the repository at a path, builds nothing, and returns the problems it finds, one
sentence each. ``release_check.py`` adds what is built.
"""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

FILES = (
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "SECURITY.md", "CITATION.cff"),
    *(".editorconfig", ".pre-commit-config.yaml", "Dockerfile", ".dockerignore"),
    *("docs/releasing.md", ".github/dependabot.yml", ".github/pull_request_template.md"),
    *(f".github/ISSUE_TEMPLATE/{name}.yml" for name in ("report-bug", "report-reading", "config")),
    *(f".github/workflows/{name}.yml" for name in ("ci", "docs", "release")),
)
VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)
NUMBER = re.compile(r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?")
"""A version such as 0.2.0 or 0.3.0rc1."""
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
ENTRY = re.compile(r"\[([^\]]+)\] - (\d{4}-\d{2}-\d{2})")
URLS = ("Repository", "Documentation", "Changelog", "Issues")
FILL_IN = "fill in the home of the project as docs/releasing.md describes"


def version_of(root: Path) -> str:
    """Returns ``__version__`` of the package, read from its file; empty if there is none."""
    found = VERSION.search((root / "src/inkling/__init__.py").read_text(encoding="utf-8"))
    return found[1] if found else ""


def missing_files(root: Path) -> list[str]:
    """Returns a sentence for every file that is missing."""
    return [f"{name} is missing." for name in FILES if not (root / name).is_file()]


def version_problems(root: Path, tag: str = "") -> list[str]:
    """Compares the version with the newest entry of the changelog, and with a tag such as ``v0.2.0``."""
    version = version_of(root)
    if not NUMBER.fullmatch(version):
        return [f"__version__ in src/inkling/__init__.py must be like 0.2.0; got {version!r}."]
    problems = []
    if tag and tag != f"v{version}":
        problems.append(
            f"The tag is {tag}, but __version__ is {version}: the tag must be v{version}."
        )
    for name, text in (("pyproject.toml", _project(root)), ("CITATION.cff", _citation(root))):
        if "version" in text:
            problems.append(f"{name} has a version of its own: only __version__ may hold it.")
    headings = HEADING.findall((root / "CHANGELOG.md").read_text(encoding="utf-8"))
    top = headings[0] if headings else "nothing"
    entry = ENTRY.fullmatch(top)
    if not entry or entry[1] != version or not _is_date(entry[2]):
        problems.append(
            f"CHANGELOG.md must begin with the entry '## [{version}] - YYYY-MM-DD'; got '{top}'."
        )
    return problems


def url_problems(root: Path) -> list[str]:
    """Checks ``[project.urls]``, which a released package needs: its readers have no repository."""
    urls: dict[str, str] = _project(root).get("urls", {})
    problems = [
        f"pyproject.toml has no '{name}' in [project.urls]: {FILL_IN}."
        for name in URLS
        if name not in urls
    ]
    for name, url in urls.items():
        if not url.startswith("https://") or "example." in url or "OWNER" in url:
            problems.append(f"'{name}' in [project.urls] is {url}: {FILL_IN}.")
    home = urls.get("Repository", "").removesuffix(".git")
    problems += [
        f"'{name}' in [project.urls] must begin with {home}/; got {urls[name]}."
        for name in ("Changelog", "Issues")
        if home and name in urls and not urls[name].startswith(f"{home}/")
    ]
    return problems


def _project(root: Path) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    return project


def _citation(root: Path) -> set[str]:
    """The keys at the left margin of CITATION.cff."""
    file = root / "CITATION.cff"
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    return set(re.findall(r"^([\w-]+):", text, re.MULTILINE))


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
