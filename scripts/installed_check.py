"""Tries a wheel or an sdist as users get it: installed alone into a new virtual environment.

    import inkling → inkling train --data pen → inkling predict → inkling app

The commands run in an empty folder, so that nothing of the repository can be imported.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
import venv
from pathlib import Path
from signal import SIGINT
from typing import Any

PICTURE = Path(__file__).resolve().parents[1] / "docs/images/pi.png"
DIGITS = ["3141", "5926"]
"""What is written in the picture."""
TRAIN = ("train", "--data", "pen", "--hidden", "32", "--epochs", "1", "--out", "run")
SECONDS = 300
"""How long a command may take."""


class InstalledError(Exception):
    """A command failed, or printed something else than expected."""


def try_installed(package: Path, version: str) -> list[str]:
    """Installs a wheel or an sdist and tries it; returns the problem, if there is one."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            _try_all(package, version, Path(folder))
        except (InstalledError, OSError, ValueError, subprocess.TimeoutExpired) as error:
            return [f"{package.name}: {error}"]
    return []


def _try_all(package: Path, version: str, folder: Path) -> None:
    venv.create(folder / "env", with_pip=False)
    scripts = folder / "env" / ("Scripts" if sys.platform == "win32" else "bin")
    python, inkling = str(scripts / "python"), str(scripts / "inkling")
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet")
    work = folder / "work"
    work.mkdir()
    _run(work, *pip, str(package))
    place = _run(work, python, "-c", "import inkling; print(inkling.__version__, inkling.__file__)")
    if not place.startswith(f"{version} ") or str(folder) not in place:
        raise InstalledError(
            f"expected inkling {version} from the environment; got {place.strip()}"
        )
    _run(work, inkling, *TRAIN)
    _run(work, inkling, "predict", str(PICTURE), "--model", "run")
    printed = _run(work, inkling, "predict", str(PICTURE), "--json")
    if not all(digits in printed for digits in DIGITS):
        raise InstalledError(f"the model that ships must read {DIGITS}; it printed {printed}")
    _run(work, *pip, f"{package}[app]")
    _try_app(work, inkling, version)


def _run(folder: Path, *command: str) -> str:
    """Runs a command with the environment's packages alone, and returns its standard output."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=_environment(folder),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        raise InstalledError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def _environment(folder: Path) -> dict[str, str]:
    """The variables of this process without those of Python and Inkling; no caches of the user."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("PYTHON", "INKLING_"))}
    return {**kept, "XDG_CACHE_HOME": str(folder / "cache")}


def _try_app(folder: Path, inkling: str, version: str) -> None:
    """Starts the app on a free port, and lets it read a picture."""
    command = [inkling, "app", "--json", "--no-browser", "--port", "0"]
    messages = folder / "app.txt"
    with messages.open("wb") as file:
        app = subprocess.Popen(
            command, cwd=folder, env=_environment(folder), stdout=subprocess.PIPE, stderr=file
        )
    try:
        assert app.stdout is not None
        line = app.stdout.readline()
        if not line:
            raise InstalledError(f"the app did not start:\n{messages.read_text('utf-8')}")
        url = json.loads(line)["url"]
        health = _request(f"{url}healthz")
        answer = _request(f"{url}api/read", PICTURE.read_bytes())
        with urllib.request.urlopen(url, timeout=SECONDS) as page:
            complete = b"</html>" in page.read()
    finally:
        app.send_signal(SIGINT)
        app.wait(SECONDS)
    if health["version"] != version or answer["text"] != DIGITS or not complete:
        raise InstalledError(
            f"the app answered {health} and {answer}; is the page complete: {complete}"
        )


def _request(url: str, picture: bytes | None = None) -> dict[str, Any]:
    """Sends a GET, or a POST of a picture, and returns the JSON of the response."""
    request = urllib.request.Request(url, picture, {"Content-Type": "image/png"})
    with urllib.request.urlopen(request, timeout=SECONDS) as response:
        answer: dict[str, Any] = json.load(response)
    return answer
