"""The museum of bugs: each page is run, and what it shows is compared with what it prints."""

from __future__ import annotations

import importlib
import os
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.nn import ReLU

ROOT = Path(__file__).resolve().parents[2]
BUGS = ROOT / "docs" / "bugs"
CHINESE = ROOT / "docs" / "zh" / "bugs"
INDEXES = [BUGS / "index.md", CHINESE / "index.md"]
PAGES = sorted(page for page in BUGS.glob("*.md") if page.name != "index.md")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECTION = re.compile(r"^## (.*)$", re.MULTILINE)
MEASURED = re.compile(r"\d+\.\d+|\d{2,3},\d{3}")
"""Numbers that must come from a measurement: with decimals, or of five digits and more."""

sys.path.insert(0, str(BUGS))
museum: Any = importlib.import_module("museum")
make_plots: Any = importlib.import_module("make_plots")
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


@cache
def run(page: Path) -> tuple[list[Any], dict[str, Any]]:
    """Runs a page, once for all tests; skips it if it needs what is not here."""
    text, data = page.read_text(encoding="utf-8"), os.environ.get("INKLING_DATA", "")
    if re.search(r"from museum import .*mnist", text) and not data:
        pytest.skip("the page trains on MNIST; set INKLING_DATA to the folder of its files")
    if '"digits"' in text:
        pytest.importorskip("sklearn")
    if page.stem == "newer-numpy" and np.lib.NumpyVersion(np.__version__) < "2.4.0":
        pytest.skip("the page shows the behavior of NumPy 2.4")
    with pytest.MonkeyPatch.context() as patch:
        if data:  # a page runs in a folder of its own
            patch.setenv("INKLING_DATA", str(Path(data).resolve()))
        blocks, variables = museum.run(page)
    return blocks, variables


@pytest.mark.slow
@every_page
def test_a_page_prints_what_it_shows(page: Path) -> None:
    """Every block of Python prints the text below it, to the digits shown, and nothing else."""
    blocks, _ = run(page)
    assert page.read_text(encoding="utf-8").count("```python") == len(blocks) > 2
    for block in blocks:
        where = f"{page.name}, line {block.line}, prints\n{block.printed}"
        assert museum.agree(block.shown, block.printed), where


@pytest.mark.slow
@every_page
def test_the_named_check_finds_the_bug(page: Path) -> None:
    """The last section runs a test of Inkling with the bug and without, and links to its file."""
    last = SECTION.split(page.read_text(encoding="utf-8"))[-1]
    blocks, _ = run(page)
    code = "".join(block.code for block in blocks if block.code in last)
    printed = "".join(block.printed for block in blocks if block.code in last)
    lines = re.findall(r"^(Inkling as it is|with the wrong lines): +(.*)$", printed, re.MULTILINE)
    assert lines
    for variant, outcome in lines:
        assert ("FAILED" in outcome) == (variant == "with the wrong lines"), outcome
    for file in re.findall(r"(test_\w+\.py)::", code):
        assert f"/{file})" in last, f"{page.name} does not link to {file}"


@every_page
def test_what_a_page_names_exists(page: Path) -> None:
    """Tests in the files that it links to."""
    text = page.read_text(encoding="utf-8")
    for name, path in re.findall(r"\[`(test_\w+)`\]\(([^)]+)\)", text):
        assert f"def {name}(" in (page.parent / path).read_text(encoding="utf-8")


def shared_parts(page: Path) -> list[Any]:
    """The code of a page without its comments, its outputs, and what its links lead to."""
    text = page.read_text(encoding="utf-8")
    code = [(language, re.sub(r"#.*", "", block)) for language, block in FENCE.findall(text)]
    links = re.findall(r"\]\(([^)]+)\)", FENCE.sub("", text))
    return [code, [link.rpartition("../")[2].removeprefix("bugs/") for link in links]]


@every_page
def test_the_chinese_page_has_the_same_code_and_links(page: Path) -> None:
    """In the same order; so its code needs no run of its own."""
    assert shared_parts(CHINESE / page.name) == shared_parts(page)


@pytest.mark.parametrize("folder", [BUGS, CHINESE], ids=["English", "Chinese"])
def test_the_pages_have_the_same_sections(folder: Path) -> None:
    """All but the one on a newer NumPy, which has no code of Inkling's to show."""
    sections = {
        tuple(SECTION.findall((folder / page.name).read_text(encoding="utf-8").lower()))
        for page in PAGES
        if page.stem != "newer-numpy"
    }
    assert len(sections) == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", make_plots.PLOTS)
def test_a_plot_shows_the_numbers_of_its_page(name: str) -> None:
    """The committed drawing holds what the page computes now, and can be drawn again."""
    pytest.importorskip("matplotlib")
    page, path = BUGS / f"{name}.md", BUGS / "plots" / f"{name}.svg"
    assert f"](plots/{name}.svg)" in page.read_text(encoding="utf-8")
    shown = make_plots.numbers_in(path.read_text(encoding="utf-8"))
    computed = make_plots.PLOTS[name].numbers(run(page)[1])
    assert shown.keys() == computed.keys()
    for what, values in computed.items():
        np.testing.assert_allclose(shown[what], values, rtol=1e-3, atol=1e-3, err_msg=what)
    again = make_plots.render(make_plots.PLOTS[name], computed).decode()
    assert make_plots.numbers_in(again) == computed


def test_every_plot_belongs_to_a_page() -> None:
    """The folder of plots holds nothing else."""
    assert {path.stem for path in (BUGS / "plots").iterdir()} == set(make_plots.PLOTS)


@pytest.mark.parametrize("index", INDEXES, ids=["English", "Chinese"])
def test_the_index_leads_to_every_page(index: Path) -> None:
    """One row per page; every measured number in a row stands on its page too."""
    row = re.compile(r"^\| .*?([\w-]+)\.md\b(.*)$", re.MULTILINE)
    rows = row.findall(index.read_text("utf-8"))
    assert sorted(name for name, _ in rows) == [page.stem for page in PAGES]
    for name, text in rows:
        page = (index.parent / f"{name}.md").read_text(encoding="utf-8")
        for number in MEASURED.findall(text):
            assert number in page, f"{number} is not on {name}.md"


def test_both_indexes_hold_the_same_numbers() -> None:
    """In the same order."""
    english, chinese = (MEASURED.findall(index.read_text("utf-8")) for index in INDEXES)
    assert english == chinese


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("loss 0.478", "loss 0.479", True),
        ("loss 0.478", "loss 0.480", False),
        ("60 steps", "61 steps", False),
        ("[nan  0.]", "[inf  0.]", False),
        ("-2.50e-10", "-2.49e-10", True),
        ("-2.50e-10", "-2.50e-11", False),
        ("-0.1", "0.1", False),
        ("", "a warning", False),
    ],
)
def test_what_counts_as_the_same_output(shown: str, printed: str, same: bool) -> None:
    """Words, signs and whole numbers exactly; decimals to one in the last digit shown."""
    assert museum.agree(shown, printed) == same


def test_warnings_and_errors_are_printed(tmp_path: Path) -> None:
    """A warning or an error is part of the output, and an error ends its block."""
    page = tmp_path / "page.md"
    page.write_text(
        "```python\nimport numpy as np\nprint(1)\nnp.exp(np.float64(1000))\n```\n"
        "```python\nprint(2)\nraise KeyError('x')\nprint(3)\n```\n",
        encoding="utf-8",
    )
    first, second = museum.run(page)[0]
    assert first.printed == "1\nRuntimeWarning: overflow encountered in exp\n"
    assert second.printed == "2\nKeyError: 'x'\n"
    assert (first.line, second.line) == (2, 7)


@pytest.mark.slow
def test_a_verdict_leaves_inkling_as_it_was() -> None:
    """The replaced method is back afterward, and a test that does not exist is an error."""
    before = ReLU.value
    with pytest.raises(LookupError, match=r"test_layers\.py::test_nothing_here"):
        museum.verdict("test_layers.py::test_nothing_here", ReLU, value=None)
    assert ReLU.value is before
