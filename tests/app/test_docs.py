"""docs/app.md is correct: its commands and its Python run, and its limits are those of the code."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from inkling.app import routes, upload
from inkling.app.routes import OPENAPI
from inkling.image.open import MAX_PIXELS

PAGE = (Path(__file__).parents[2] / "docs" / "app.md").read_text("utf-8").replace("\u00a0", " ")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
ADDRESS = "http://127.0.0.1:8000"


def blocks(language: str) -> list[str]:
    """The code blocks in one language."""
    return [code for kind, code in BLOCK.findall(PAGE) if kind == language]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a picture of a seven."""
    picture = Image.new("L", (200, 280), 255)
    pen = ImageDraw.Draw(picture)
    pen.line([(50, 60), (150, 60), (95, 230)], fill=0, width=18, joint="curve")
    picture.save(tmp_path / "my-seven.png")
    return tmp_path


def test_the_commands(served: int, folder: Path) -> None:
    """Every curl command succeeds; the first response has the keys shown."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed: apt-get install curl")
    lines = [line for line in "".join(blocks("sh")).splitlines() if line.startswith("curl ")]
    answers = []
    for line in lines:
        program, *arguments = shlex.split(line.replace(ADDRESS, f"http://127.0.0.1:{served}"))
        command = [program, "--silent", "--fail", "--noproxy", "*", *arguments]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=True)
        answers.append(json.loads(done.stdout))
    assert len(answers) == 4
    [shown] = [json.loads(block) for block in blocks("json")]
    assert answers[0].keys() == shown.keys()
    assert answers[1]["digits"]
    assert answers[2]["difference"]["for"] == "7"
    assert answers[3]["status"] == "ok"


def test_the_python(served: int, folder: Path) -> None:
    """All blocks run in order, and the printed sum is correct."""
    code = "\n".join(blocks("python")).replace(ADDRESS, f"http://127.0.0.1:{served}")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"no_proxy": "*", "PATH": ""},
    )
    assert done.returncode == 0, done.stderr
    *_, last = done.stdout.splitlines()
    total, parts, biases = (float(number) for number in re.split(" = | [+] ", last))
    assert total == pytest.approx(parts + biases, abs=1e-4)


def test_the_limits() -> None:
    """The limits of the page and of openapi.json are those of the code."""
    numbers = {
        f"the body took more than {upload.BODY_SECONDS:g} seconds",
        f"more than {upload.MAX_BYTES // 1024**2} MB",
        f"more than {MAX_PIXELS // 10**6} million pixels",
        f"more than {upload.MAX_SIDE} × {upload.MAX_SIDE} gray bytes",
        f"of each client, {('one', 'two')[routes.CLIENT_FILES - 1]} are received at a time",
        f"waited {routes.QUEUE_SECONDS:g} seconds",
    }
    assert {number for number in numbers if number not in PAGE} == set()
    description: Any = json.loads(OPENAPI.read_text(encoding="utf-8"))
    responses = description["components"]["responses"]
    assert f"within {upload.BODY_SECONDS:g} seconds" in responses["TooSlow"]["description"]
    assert f"than {upload.MAX_BYTES // 1024**2} MB" in responses["TooLarge"]["description"]
    assert f"than {MAX_PIXELS // 10**6} million" in responses["TooLarge"]["description"]
    width = description["components"]["parameters"]["width"]["schema"]
    assert width["maximum"] == upload.MAX_SIDE


def test_the_tables() -> None:
    """The tables have exactly the addresses and the error statuses of openapi.json."""
    text = OPENAPI.read_text(encoding="utf-8")
    paths = json.loads(text)["paths"].items()
    described = {(method.upper(), path) for path, methods in paths for method in methods}
    assert set(re.findall(r"`(GET|POST|DELETE) (/[a-z./]+)`", PAGE)) == described
    statuses = set(re.findall(r'"([45]\d\d)": {"\$ref"', text))
    assert set(re.findall(r"^\| (\d{3}) \|", PAGE, re.MULTILINE)) == statuses
