"""Checks everything that a release needs: ``make release-check``, in a few minutes.

    facts      version = tag = top of the changelog; addresses, if a tag is released; files
    settings   workflows, issue forms, dependabot and CITATION.cff against their schemas; zizmor
    packages   dist/*.whl and dist/*.tar.gz: contents, sizes, metadata (``twine check --strict``)
    installed  each of them in a bare virtual environment: import, train, predict, app

A commit with a tag ``v…``, or ``--tag v0.2.0``, is being released: then it must also be committed
completely, and the project must have a home. The packages stay in dist/ for the release workflow.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from installed_check import try_installed
from release_facts import missing_files, url_problems, version_of, version_problems

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
WHEEL_BYTES, SDIST_BYTES = 5 * 10**6, 8 * 10**6
GITHUB = ".github"
SCHEMAS = {
    "vendor.github-workflows": f"{GITHUB}/workflows/*.yml",
    "vendor.github-issue-forms": f"{GITHUB}/ISSUE_TEMPLATE/report-*.yml",
    "vendor.github-issue-config": f"{GITHUB}/ISSUE_TEMPLATE/config.yml",
    "vendor.dependabot": f"{GITHUB}/dependabot.yml",
    "vendor.citation-file-format": "CITATION.cff",
}


def run(*command: str | Path) -> list[str]:
    """Runs a command in the repository; returns its output as a problem if it fails."""
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    name = " ".join(map(str, command))
    return [f"{name} failed:\n{done.stdout.strip()}"] if done.returncode else []


def git(*arguments: str) -> list[str]:
    """Returns the lines that git prints."""
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout.splitlines()


def tag_of_commit() -> str:
    """Returns the tag v… that started a workflow, or that this commit has; empty if there is none."""
    if os.environ.get("GITHUB_REF_TYPE") == "tag":
        return os.environ["GITHUB_REF_NAME"]
    return next(iter(git("tag", "--points-at", "HEAD", "--list", "v*")), "")


def check_facts(tag: str) -> list[str]:
    """Version, tag, changelog and files; for a tag also addresses, and that nothing is uncommitted."""
    problems = missing_files(ROOT) or version_problems(ROOT, tag)
    if tag:
        problems += url_problems(ROOT)
        problems += [f"Not committed: {line}" for line in git("status", "--porcelain")]
    return problems


def check_settings() -> list[str]:
    """The files that GitHub reads, against their published schemas, and the workflows' security."""
    problems = []
    for schema, pattern in SCHEMAS.items():
        files = sorted(ROOT.glob(pattern))
        command = (BIN / "check-jsonschema", "--builtin-schema", schema)
        problems += run(*command, *files) if files else [f"There is no {pattern}."]
    return problems + run(BIN / "zizmor", "--offline", "--quiet", "--no-progress", GITHUB)


def build() -> list[str]:
    """Builds the sdist, the wheel from it, and checks both, and that the tree gives the same wheel."""
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        tree = ("--wheel", "--outdir", folder)
        problems = run(sys.executable, "-m", "build") or run(sys.executable, "-m", "build", *tree)
        if problems:
            return problems
        wheel, sdist = packages()
        direct = wheel_files(Path(folder) / wheel.name)
    problems += run(sys.executable, "-m", "twine", "check", "--strict", wheel, sdist)
    files = wheel_files(wheel)
    if files != direct:
        different = sorted(dict(files.items() ^ direct.items()))
        problems.append(f"The sdist gives another wheel than the tree: {different}.")
    problems += content_problems(set(files), sdist_names(sdist), set(git("ls-files")))
    problems += readme_problems(wheel)
    for file, most in ((wheel, WHEEL_BYTES), (sdist, SDIST_BYTES)):
        if (size := file.stat().st_size) > most:
            problems.append(f"{file.name} has {size:,} bytes; at most {most:,} are allowed.")
    return problems


def packages() -> tuple[Path, Path]:
    """Returns the wheel and the sdist in dist/."""
    [wheel], [sdist] = ROOT.glob("dist/*.whl"), ROOT.glob("dist/*.tar.gz")
    return wheel, sdist


def readme_problems(wheel: Path) -> list[str]:
    """Checks that the README that an index shows has no relative links, once the project has a home."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        text = archive.read(name).decode()
    if "\nProject-URL: Repository" not in text:
        return []
    links = re.findall(r"\]\((?!https?://|#)[^)]*\)", text)
    return [f"The package's README has relative links: {links}."] if links else []


def wheel_files(wheel: Path) -> dict[str, str]:
    """Returns the SHA-256 of each file in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}


def sdist_names(sdist: Path) -> set[str]:
    """Returns the names of the files in an sdist, without its folder."""
    with tarfile.open(sdist) as archive:
        return {member.name.partition("/")[2] for member in archive if member.isfile()}


def content_problems(wheel: set[str], sdist: set[str], tracked: set[str]) -> list[str]:
    """Compares the files of wheel and sdist with those that git tracks."""
    package = {name.removeprefix("src/") for name in tracked if name.startswith("src/inkling/")}
    inside = {name for name in wheel if ".dist-info/" not in name}
    problems = [f"The wheel lacks {name}." for name in sorted(package - inside)]
    problems += [f"The wheel must not contain {name}." for name in sorted(inside - package)]
    strange = sdist - tracked - {"PKG-INFO"}
    problems += [f"The sdist must not contain {name}: git does not." for name in sorted(strange)]
    needed = {name for name in tracked if name.startswith(("src/", "tests/"))} | {"LICENSE"}
    return problems + [f"The sdist lacks {name}." for name in sorted(needed - sdist)]


def check_installed() -> list[str]:
    """The wheel and the sdist, each in an environment of its own."""
    if len([*ROOT.glob("dist/*")]) != 2:
        return ["There are no packages to try."]
    return [problem for file in packages() for problem in try_installed(file, version_of(ROOT))]


def main() -> int:
    """Runs all checks, prints one line for each, and returns the exit status."""
    parser = argparse.ArgumentParser(description="check everything that a release needs")
    parser.add_argument("--tag", help="the tag to release; by default the tag v… of this commit")
    tag = parser.parse_args().tag or tag_of_commit()
    checks: dict[str, Callable[[], list[str]]] = {
        f"facts ({tag or 'no tag: addresses are not checked'})": lambda: check_facts(tag),
        "settings of the repository": check_settings,
        "wheel and sdist": build,
        "installed in a bare environment": check_installed,
    }
    failed = False
    for name, check in checks.items():
        started = time.monotonic()
        problems = check()
        failed = failed or bool(problems)
        print(f"{'FAILED' if problems else 'ok':7} {name}  {time.monotonic() - started:.0f} s")
        for problem in problems:
            print(f"        {problem}")
        sys.stdout.flush()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
