"""Every command and every line of Python is run of the pages in ``PAGES``, such as the how-tos.

A page runs from top to bottom, in this process and in a folder of its own. The drawn digits of
``conftest.py`` replace MNIST, so that a page takes seconds; ``test_readme.py`` trains on MNIST.
"""

from __future__ import annotations

import importlib
import io
import os
import re
import shlex
import shutil
import sys
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inkling.cli.main import main
from inkling.data.dataset import Dataset
from inkling.data.readers.digits import read_digits
from inkling.data.split import Source, identify
from inkling.model.file import load_model
from inkling.model.locations import SHIPPED

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = [DOCS / f"{name}.md" for name in ("getting-started", "coming-from", "engine")]
PAGES += sorted(DOCS.glob("howto/*.md"))
SLOW = {"coming-from", "committee", "fine-tune"}
"""These import PyTorch, or train several networks or a large one."""
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```\n(?:\n*```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
NOT_RUN = (
    *("git clone", "cd ", "python3 -m venv", ". .venv", "pip install"),
    *("inkling app", "inkling compile", "inkling gradcheck", "docker "),
)
"""How a line begins that is run elsewhere: on a fresh clone, by tests of app and commands, by hand."""
NUMBERS = re.compile(r"\d[\d.,]*")

sys.path.insert(0, str(DOCS / "bugs"))
museum: Any = importlib.import_module("museum")
digits = cache(read_digits)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strokes: Dataset) -> Path:
    """The reader's folder, with a drawn seven, a page of two, a table of images; and a small MNIST."""

    def read(*_: object, **__: object) -> Source:
        return Source(strokes.classes, strokes.train, strokes.test)

    def name(source: Source) -> str:  # the model that ships was trained on MNIST
        shipped = load_model(SHIPPED).manifest["dataset"]["sha256"]
        return str(shipped) if source.test is strokes.test else identify(source)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("inkling._documentation.documentation_site", lambda: "")  # pages show paths
    monkeypatch.setattr("inkling.data.dataset.read_published", read)
    monkeypatch.setattr("inkling.data.dataset.identify", name)
    monkeypatch.setattr("inkling.data.dataset.read_digits", digits)
    monkeypatch.setattr("inkling.data.readers.pen.TRAIN", 600)
    monkeypatch.setattr("inkling.data.readers.pen.TEST", 200)
    monkeypatch.setattr("inkling.plots.report.write_report", lambda path, _: path.write_bytes(b""))
    monkeypatch.setattr(os, "fsync", lambda _: None)
    picture = Image.new("L", (200, 280), 255)
    ImageDraw.Draw(picture).line([(50, 60), (150, 60), (95, 230)], fill=0, width=18, joint="curve")
    picture.save("my-seven.png")
    shutil.copytree(DOCS / "images", "docs/images", ignore=lambda _, names: {*names} - {"pi.png"})
    page = Image.new("L", (600, 400), 255)
    page.paste(picture, (40, 60))
    page.paste(picture, (330, 60))
    page.save("page.png")
    np.savetxt("test.csv", strokes.test.images.reshape(len(strokes.test), -1), "%d", ",")
    return tmp_path


def command(line: str) -> str:
    """Runs ``inkling …`` in this process and returns its output."""
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
    """The lines of a command's output, with every number replaced by #."""
    return [" ".join(NUMBERS.sub("#", line).split()) for line in text.splitlines() if line.strip()]


def not_printed(shown: str, printed: str) -> list[str]:
    """The lines that a page shows and a command did not print; "…" stands for the rest of a line."""
    lines = without_numbers(printed)
    return [
        line
        for line in without_numbers(shown)
        if not any(
            real.startswith(line[:-1]) if line.endswith("…") else real == line for real in lines
        )
    ]


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=page.stem, marks=[pytest.mark.slow] * (page.stem in SLOW))
        for page in PAGES
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_page_can_be_followed(page: Path) -> None:
    """Python prints exactly what the page shows; commands print the same words with other numbers."""
    text = page.read_text(encoding="utf-8")
    for library in ("torch", "sklearn", "onnx", "onnxruntime"):
        if re.search(rf"^(?:import|from) {library}\b", text, re.MULTILINE):
            pytest.importorskip(library)
    module = ModuleType(page.stem)
    times = 2 if page.stem == "getting-started" else 1  # in the folder of the first time
    for language, code, shown in times * BLOCK.findall(text):
        if language == "sh":
            lines = [line.partition("#")[0].strip() for line in code.splitlines()]
            printed = "".join(command(line) for line in lines if not line.startswith(NOT_RUN))
            assert not_printed(shown, printed) == [], printed
        elif language == "python":
            printed = museum.execute(code, vars(module))
            assert museum.agree(shown, printed) or not shown, f"{code}\nprints\n{printed}"
            problem = re.search(r"^\w+(Error|Warning): .*", printed, re.MULTILINE)
            assert shown or problem is None, f"{code}\n{printed}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_is_run(page: Path) -> None:
    """Except the code of Keras, which is not installed and marked as "py", and lines of a table.

    tests/app/browser/test_proxy.py runs the recipe for nginx.
    """
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    shown = {"text", "py", "toml", "nginx", "math"}
    assert {language for language, _ in blocks} <= {"sh", "python", *shown}
    assert all("keras" in code for language, code in blocks if language == "py")


TRANSLATED = [page for page in PAGES if (DOCS / "zh" / page.relative_to(DOCS)).is_file()]


@pytest.mark.parametrize("page", TRANSLATED, ids=lambda page: page.stem)
def test_the_chinese_page_has_the_same_code(page: Path) -> None:
    """In the same order, with the same output; only comments are translated."""
    english, chinese = (
        [
            (language, re.sub(r"#.*", "", code), shown)
            for language, code, shown in BLOCK.findall(path.read_text(encoding="utf-8"))
        ]
        for path in (page, DOCS / "zh" / page.relative_to(DOCS))
    )
    assert english == chinese
