"""The museum of bugs cannot lie: each page is run, and what it shows is compared with what it prints."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import tomllib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
BUGS = ROOT / "docs" / "bugs"
INDEXES = [BUGS / "index.md", ROOT / "docs" / "zh" / "bugs" / "index.md"]
PAGES = sorted(page for page in BUGS.glob("*.md") if page.name != "index.md")
SECTIONS = ["The wrong lines", "What one sees", "Why", "The right lines", "Found by"]
MEASURED = re.compile(r"\d+\.\d+|\d{2,3},\d{3}")
"""What can only have been measured: numbers with decimals, or of five digits and more."""

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def load(name: str) -> ModuleType:
    """Imports a file of the museum, as its pages do."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, BUGS / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


museum: Any = load("museum")
make_plots: Any = load("make_plots")


@cache
def run(page: Path) -> tuple[list[Any], dict[str, Any]]:
    """Runs a page, once for all tests; skips it where it needs what is not here."""
    text, data = page.read_text(encoding="utf-8"), os.environ.get("INKLING_DATA", "")
    if re.search(r"from museum import .*mnist", text) and not data:
        pytest.skip("the page trains on MNIST; set INKLING_DATA to the folder of its files")
    if '"digits"' in text:
        pytest.importorskip("sklearn")
    if page.stem == "newer-numpy" and np.lib.NumpyVersion(np.__version__) < "2.4.0":
        pytest.skip("the page shows what NumPy 2.4 says")
    with pytest.MonkeyPatch.context() as patch:
        if data:  # a page runs in a folder of its own
            patch.setenv("INKLING_DATA", str(Path(data).resolve()))
        blocks, variables = museum.run(page)
    return blocks, variables


@pytest.mark.slow
@every_page
def test_a_page_prints_what_it_shows(page: Path) -> None:
    """Every block of Python gives what stands below it, to the digits shown, and nothing else."""
    blocks, _ = run(page)
    assert page.read_text(encoding="utf-8").count("```python") == len(blocks) > 2
    for block in blocks:
        where = f"{page.name}, line {block.line}, prints\n{block.printed}"
        assert museum.agree(block.shown, block.printed), where


@pytest.mark.slow
@every_page
def test_the_named_check_finds_the_bug(page: Path) -> None:
    """The last section runs a test of Inkling with the bug and without; it names that test's file."""
    last = page.read_text(encoding="utf-8").partition("## Found by")[2]
    blocks, _ = run(page)
    code = "".join(block.code for block in blocks if block.code in last)
    printed = "".join(block.printed for block in blocks if block.code in last)
    lines = re.findall(r"^(Inkling as it is|with the wrong lines): +(.*)$", printed, re.MULTILINE)
    assert lines
    for who, outcome in lines:
        assert ("FAILED" in outcome) == (who == "with the wrong lines"), outcome
    for file in re.findall(r"(test_\w+\.py)::", code):
        assert f"/{file})" in last, f"{page.name} does not link to {file}"


@every_page
def test_a_page_is_built_like_the_others(page: Path) -> None:
    """The same sections in the same order, at most 80 lines, and every link leads to a file."""
    text = page.read_text(encoding="utf-8")
    titles = ", ".join(re.findall(r"^## (.*)$", text, re.MULTILINE))
    assert titles.lower() == ", ".join(SECTIONS).lower() or page.stem == "newer-numpy"
    assert len(text.splitlines()) <= 80
    assert re.search(r"(?i)tutorial-[0-3]|all four tutorials", text)
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert (page.parent / link).is_file(), link


@every_page
def test_what_a_page_names_exists(page: Path) -> None:
    """Tests are in the file that it links to, formulas in the table of the derivation."""
    text = page.read_text(encoding="utf-8")
    for name, path in re.findall(r"\[`(test_\w+)`\]\(([^)]+)\)", text):
        assert f"def {name}(" in (page.parent / path).read_text(encoding="utf-8")
    formulas = tomllib.loads((ROOT / "docs" / "derivation" / "formulas.toml").read_text("utf-8"))
    labels = {formula["label"] for formula in formulas["formula"]}
    assert set(re.findall(r"\{f\}`([^`]+)`", text)) <= labels


@pytest.mark.parametrize("name", make_plots.PLOTS)
def test_a_plot_shows_the_numbers_of_its_page(name: str) -> None:
    """The committed file holds what the page computes now, and the page shows it."""
    page, path = BUGS / f"{name}.md", BUGS / "plots" / f"{name}.svg"
    assert f"](plots/{name}.svg)" in page.read_text(encoding="utf-8")
    assert path.stat().st_size < 60_000
    shown = make_plots.numbers_in(path.read_text(encoding="utf-8"))
    computed = make_plots.PLOTS[name].numbers(run(page)[1])
    assert shown.keys() == computed.keys()
    for what, values in computed.items():
        np.testing.assert_allclose(shown[what], values, rtol=1e-3, atol=1e-3, err_msg=what)


def test_a_plot_can_be_drawn_again() -> None:
    """From its numbers alone comes a file with the same numbers."""
    pytest.importorskip("matplotlib")
    for name, plot in make_plots.PLOTS.items():
        numbers = make_plots.numbers_in((BUGS / "plots" / f"{name}.svg").read_text("utf-8"))
        assert make_plots.numbers_in(make_plots.render(plot, numbers).decode()) == numbers


def test_every_plot_belongs_to_a_page() -> None:
    """No picture lies about that nobody draws."""
    assert {path.stem for path in (BUGS / "plots").iterdir()} == set(make_plots.PLOTS)


@pytest.mark.parametrize("index", INDEXES, ids=["English", "Chinese"])
def test_the_index_leads_to_every_page(index: Path) -> None:
    """Fifteen rows, one a page; what a row says was measured stands on its page."""
    rows = re.findall(
        r"^\| .*?([\w-]+)\.(?:md|html)\b(.*)$", index.read_text("utf-8"), re.MULTILINE
    )
    assert sorted(name for name, _ in rows) == [page.stem for page in PAGES]
    assert len(PAGES) == 15
    for name, row in rows:
        text = (BUGS / f"{name}.md").read_text(encoding="utf-8")
        for number in MEASURED.findall(row):
            assert number in text, f"{number} is not on {name}.md"


def test_both_indexes_say_the_same_numbers() -> None:
    """The rows stand in the same order and hold the same measurements."""
    english, chinese = (MEASURED.findall(index.read_text("utf-8")) for index in INDEXES)
    assert english == chinese


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("loss 0.478", "loss 0.4782", True),
        ("loss 0.478", "loss 0.479", True),
        ("loss 0.478", "loss 0.480", False),
        ("60 steps", "61 steps", False),
        ("[nan  0.]", "[inf  0.]", False),
        ("-2.50e-10", "-2.49e-10", True),
        ("-2.50e-10", "-2.50e-11", False),
        ("-0.1", "0.1", False),
        ("", "a warning", False),
        ("one line", "one line\nanother", False),
    ],
)
def test_how_closely_a_page_is_held(shown: str, printed: str, same: bool) -> None:
    """Words, signs and whole numbers exactly; decimals to one in the last digit shown."""
    assert museum.agree(shown, printed) == same


def test_warnings_and_errors_have_to_be_shown(tmp_path: Path) -> None:
    """Neither a warning nor an error passes unseen, and the block that failed ends there."""
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


def test_a_verdict_leaves_inkling_as_it_was() -> None:
    """What was replaced is back, and a test that does not exist is no verdict."""
    from inkling.nn.activations import ReLU

    before = ReLU.value
    with pytest.raises(
        LookupError, match=r"^no test was run as test_layers\.py::test_nothing_here$"
    ):
        museum.verdict("test_layers.py::test_nothing_here", ReLU, value=None)
    said = museum.verdict(
        "test_layers.py::test_float32_stays_float32_and_agrees_with_float64[relu]", ReLU, value=None
    )
    assert said.splitlines()[1] == "with the wrong lines:  1 FAILED with TypeError"
    assert ReLU.value is before
