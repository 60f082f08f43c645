"""Getting started, the how-tos and "coming from": every command and every line of Python is run.

A page runs from its top to its end, in this process and in a folder of its own. For MNIST stand the
drawn digits of ``conftest.py``, so that a page is read in seconds; ``test_readme.py`` trains on MNIST.
"""

from __future__ import annotations

import importlib.util
import io
import os
import re
import shlex
import sys
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PIL import Image, ImageDraw

from inkling.cli.main import main
from inkling.data.dataset import Dataset
from inkling.data.readers.digits import read_digits
from inkling.data.split import Source

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = [DOCS / "getting-started.md", DOCS / "coming-from.md", *sorted(DOCS.glob("howto/*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```\n(?:\n*```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
NOT_RUN = ("pip install", "inkling app", "inkling gradcheck")
"""How a line begins that is tried elsewhere: on a fresh clone, by the tests of app and command."""
NUMBERS = re.compile(r"\d[\d.,]*")


def load_museum() -> Any:
    """Imports docs/bugs/museum.py, which knows when what is shown is what was printed."""
    if "museum" not in sys.modules:
        spec = importlib.util.spec_from_file_location("museum", DOCS / "bugs" / "museum.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["museum"] = module
        spec.loader.exec_module(module)
    return sys.modules["museum"]


museum: Any = load_museum()


digits = cache(read_digits)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strokes: Dataset) -> Path:
    """A folder as the reader has it: MNIST at hand, a seven, a page of two digits, a run of his own."""

    def read(*_: object, **__: object) -> Source:
        return Source(strokes.classes, strokes.train, strokes.test)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("inkling.data.dataset.read_mnist", read)
    monkeypatch.setattr("inkling.data.dataset.read_digits", digits)
    monkeypatch.setattr("inkling.plots.report.write_report", lambda path, _: path.write_bytes(b""))
    monkeypatch.setattr(os, "fsync", lambda _: None)
    picture = Image.new("L", (200, 280), 255)
    ImageDraw.Draw(picture).line([(50, 60), (150, 60), (95, 230)], fill=0, width=18, joint="curve")
    picture.save("my-seven.png")
    page = Image.new("L", (600, 400), 255)
    page.paste(picture, (40, 60))
    page.paste(picture, (330, 60))
    page.save("page.png")
    return tmp_path


def command(line: str) -> str:
    """Runs ``inkling …`` in this process and returns all that it printed."""
    program, *arguments = shlex.split(line)
    assert program == "inkling", f"{program} is not run by any test"
    status: Any = 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as printed:
        patch.setattr(sys, "argv", [program, *arguments])
        with redirect_stderr(printed):
            try:
                main()
            except SystemExit as end:
                status = end.code or 0
    assert status == 0, f"{line}\n{printed.getvalue()}"
    return printed.getvalue()


def without_numbers(text: str) -> list[str]:
    """The lines of what a command printed, whatever its figures."""
    return [" ".join(NUMBERS.sub("#", line).split()) for line in text.splitlines() if line.strip()]


def not_printed(shown: str, printed: str) -> list[str]:
    """The lines that a page shows and a command did not print; "…" stands for any rest of a line."""
    lines = without_numbers(printed)
    return [
        line
        for line in without_numbers(shown)
        if not any(
            said.startswith(line[:-1]) if line.endswith("…") else said == line for said in lines
        )
    ]


def check(page: Path) -> None:
    """Runs a page; Python prints what it shows, commands the same words with other figures."""
    module = ModuleType(page.stem)
    for language, code, shown in BLOCK.findall(page.read_text(encoding="utf-8")):
        if language == "sh":
            lines = [line.partition("#")[0].strip() for line in code.splitlines()]
            printed = "".join(command(line) for line in lines if not line.startswith(NOT_RUN))
            assert not_printed(shown, printed) == [], printed
        elif language == "python":
            printed = museum.execute(code, vars(module))
            assert museum.agree(shown, printed) or not shown, f"{code}\nprints\n{printed}"
            complaint = re.search(r"^\w+(Error|Warning): .*", printed, re.MULTILINE)
            assert shown or complaint is None, f"{code}\n{printed}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
@pytest.mark.usefixtures("folder")
def test_a_page_can_be_followed(page: Path) -> None:
    """From its top to its end, every command and every line of Python does what the page says."""
    text = page.read_text(encoding="utf-8")
    for library in ("torch", "sklearn", "onnx", "onnxruntime"):
        if re.search(rf"^(?:import|from) {library}\b", text, re.MULTILINE):
            pytest.importorskip(library)
    check(page)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_is_of_a_language_that_is_known_here(page: Path) -> None:
    """Only Keras, which is not among the tools of the tests, may stand there without being run."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert {language for language, _ in blocks} <= {"sh", "python", "text", "py"}
    assert all("keras" in code for language, code in blocks if language == "py")


TRANSLATED = [page for page in PAGES if (DOCS / "zh" / page.relative_to(DOCS)).is_file()]


@pytest.mark.parametrize("page", TRANSLATED, ids=lambda page: page.stem)
def test_the_chinese_page_has_the_same_code(page: Path) -> None:
    """So that what is run in English is run in Chinese; only comments are translated."""
    chinese = DOCS / "zh" / page.relative_to(DOCS)
    ours, theirs = (
        [
            (language, re.sub(r"#.*", "", code), shown)
            for language, code, shown in BLOCK.findall(path.read_text(encoding="utf-8"))
            if language != "{toctree}"
        ]
        for path in (page, chinese)
    )
    assert ours == theirs
