"""The notebooks run from top to bottom, draw what they promise, and are stored without their outputs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

NOTEBOOKS = sorted((Path(__file__).parents[2] / "docs" / "notebooks").glob("*.ipynb"))
RUNNER = """
import ast, json, sys
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
drawn = 0
def show():
    global drawn
    drawn += len(plt.get_fignums())
    plt.close("all")
plt.show = show
space, views = {"__name__": "__main__"}, 0
for cell in json.load(sys.stdin):
    tree = ast.parse(cell)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, cell, "exec"), space)
    if last is not None:
        value = eval(compile(ast.Expression(last.value), cell, "eval"), space)
        views += hasattr(value, "_repr_html_") and len(value._repr_html_()) > 100
print("\\nRAN", drawn, "figures,", views, "views")
"""
"""What a notebook does: cell by cell in one namespace, and the value of a cell's last line is shown."""


def load(path: Path) -> dict[str, Any]:
    """Reads a notebook."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(notebook, dict)
    return notebook


def code(path: Path) -> list[str]:
    """Returns its cells of code."""
    return ["".join(c["source"]) for c in load(path)["cells"] if c["cell_type"] == "code"]


def test_there_are_three() -> None:
    """Learn and look inside; your own digits; search and compare."""
    names = {path.stem for path in NOTEBOOKS}
    assert names >= {"learn-mnist", "your-own-digits", "search-and-compare"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_from_top_to_bottom(path: Path, tmp_path: Path) -> None:
    """Without an error or a warning, with pictures, and with views of what it made."""
    for library in ("matplotlib", "sklearn"):
        pytest.importorskip(library)
    if '"mnist"' in "".join(code(path)) and not os.environ.get("INKLING_DATA"):
        pytest.skip("it trains on MNIST; set INKLING_DATA to the folder of its files")
    data = os.environ.get("INKLING_DATA", "")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", RUNNER],
        input=json.dumps(code(path)),
        cwd=tmp_path,
        env={**os.environ, "INKLING_DATA": str(Path(data).resolve()) if data else ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ran = done.stdout.splitlines()[-1].split()
    assert ran[0] == "RAN"
    assert int(ran[1]) >= 1, "no picture"
    assert int(ran[3]) >= 1, "no view"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_stored_light(path: Path) -> None:
    """No outputs and no counters, so that a change of the text is all that a difference shows."""
    notebook = load(path)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    cells = notebook["cells"]
    assert cells[0]["cell_type"] == "markdown"
    assert "".join(cells[0]["source"]).startswith("# ")
    assert len({cell["id"] for cell in cells}) == len(cells)
    for cell in cells:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
    assert path.stat().st_size < 20_000
