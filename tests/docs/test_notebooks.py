"""The notebooks run from top to bottom, draw something, and are stored without their outputs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "docs" / "notebooks").glob("*.ipynb"))
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
variables = {"__name__": "__main__"}
for cell in json.load(sys.stdin):
    tree = ast.parse(cell)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, cell, "exec"), variables)
    if last is not None:
        value = eval(compile(ast.Expression(last.value), cell, "eval"), variables)
        getattr(value, "_repr_html_", value.__repr__)()
print("\\n", drawn)
"""
"""Runs a notebook's cells in one namespace, and builds the view of the value in a cell's last line."""
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path: Path) -> list[dict[str, Any]]:
    """Reads the cells of a notebook."""
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return found


@pytest.mark.slow
@every_notebook
def test_it_runs_from_top_to_bottom(path: Path, tmp_path: Path) -> None:
    """Without an error or a warning, and with at least one drawing."""
    for library in ("matplotlib", "sklearn"):
        pytest.importorskip(library)
    code = ["".join(cell["source"]) for cell in cells(path) if cell["cell_type"] == "code"]
    data = os.environ.get("INKLING_DATA", "")
    if '"mnist"' in "".join(code) and not data:
        pytest.skip("it trains on MNIST; set INKLING_DATA to the folder of its files")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", RUNNER],
        input=json.dumps(code),
        cwd=tmp_path,
        env={**os.environ, "INKLING_DATA": str(Path(data).resolve()) if data else ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.splitlines()[-1]) >= 1


@every_notebook
def test_it_is_stored_without_outputs(path: Path) -> None:
    """So that a difference between two versions shows changes of the text only."""
    first, *_ = found = cells(path)
    assert "".join(first["source"]).startswith("# ")
    for cell in found:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
