"""The numbers of the page on speed are those of its tables, and its code is code that runs."""

from __future__ import annotations

import csv
import importlib
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
WHOLE = (DOCS / "speed.md").read_text(encoding="utf-8")
PAGE = re.sub(r"^<!-- (?:table|code) .*?<!-- end -->$", "", WHOLE, flags=re.MULTILINE | re.DOTALL)
"""Without what is written into it from elsewhere."""
TABLES = {path.stem: path for path in sorted((DOCS / "speed").glob("*.csv"))}
PLOTS = {path.stem: path for path in sorted((DOCS / "speed").glob("*.svg"))}
STYLE = re.compile("<style>.*?</style>", re.DOTALL)
MEASURED = re.compile(r"[\d.,]+<!-- [^>]* -->")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)

plots: Any = importlib.import_module("plots")


def read(name: str) -> list[dict[str, str]]:
    """Returns a table's rows."""
    with TABLES[name].open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_table_and_plot_is_shown() -> None:
    """Every file is shown; the tables of the plots may be hidden."""
    assert set(re.findall(r"\]\(speed/(\w+)\.svg\)", PAGE)) == set(PLOTS) == set(plots.PLOTS)
    shown = set(re.findall(r"^<!-- table speed/(\w+)\.csv -->$", WHOLE, re.MULTILINE))
    assert shown | set(PLOTS) == set(TABLES)


def test_no_other_number_was_measured() -> None:
    """Times, factors and memory in the text come from the tables."""
    assert len(MEASURED.findall(PAGE)) > 10
    text = BLOCK.sub("", MEASURED.sub("", PAGE))
    found = re.findall(r"\d[\d.,]* ?(?:s|ms|µs|ns|%|× as|times as)\b", text)
    assert found == []


@pytest.mark.parametrize("name", sorted(PLOTS))
def test_a_plot_is_drawn_from_its_table(name: str, tmp_path: Path) -> None:
    """Drawn again it is the same file, except for the style that scripts/write_docs.py adds."""
    shutil.copy(TABLES[name], tmp_path)
    plots.PLOTS[name](tmp_path)
    there, again = (
        STYLE.sub("", path.read_text("utf-8")) for path in (PLOTS[name], tmp_path / f"{name}.svg")
    )
    assert there == again


def test_labels_are_moved_apart() -> None:
    """Labels of lines that end at the same height stay in their order, and around that height."""
    assert plots.spread([50.0, 10.0]) == [50.0, 10.0]
    assert plots.spread([10.0, 10.0], 18) == pytest.approx([1, 19])
    heights = plots.spread([12.0, 10.0, 11.0], 18)
    assert heights[1] < heights[2] < heights[0]
    assert sum(heights) == pytest.approx(33)


def test_factors_follow_from_the_seconds() -> None:
    """The factors equal the ratios of the seconds to the digits shown."""
    rows = read("ladder")
    seconds = [float(row["seconds per epoch"]) for row in rows]
    for number, row in enumerate(rows[1:-2], 1):
        ratio = seconds[number - 1] / seconds[number]
        assert float(row["speed, × previous"]) == pytest.approx(ratio, rel=0.02)
        assert float(row["speed, × first"]) == pytest.approx(seconds[0] / seconds[number], rel=0.02)
    slower = [row["version"] for row in rows[1:-2] if float(row["speed, × previous"]) < 1]
    assert slower == ["one thread", "bytes", "the NumPy engine"]  # "three cost time"


def test_own_memory_does_not_grow_with_the_images() -> None:
    """Except for the 16 bytes of a label and a row number, and what the allocator keeps."""
    for row in read("images"):
        line = [
            r
            for r in read("images")
            if (r["engine"], r["threads"]) == (row["engine"], row["threads"])
        ]
        least = min(int(r["own MB"]) for r in line)
        assert int(row["own MB"]) < least + 3 * 16 * int(row["images"]) / 1e6 + 30


def test_lines_of_code_are_those_of_a_step() -> None:
    """A line that is shown without its function is in the benchmark."""
    steps = (ROOT / "src/inkling/bench/steps.py").read_text("utf-8")
    lines = [
        code for kind, code in BLOCK.findall(PAGE) if kind == "python" and "import" not in code
    ]
    assert lines
    for code in lines:
        assert code.strip() in steps


def test_the_python_for_a_mapped_set_runs(tmp_path: Path) -> None:
    """It runs as printed, in a folder with a file of images."""
    rng = np.random.default_rng(0)
    np.save(tmp_path / "images.npy", rng.integers(0, 256, (2300, 28, 28), dtype=np.uint8))
    np.save(tmp_path / "labels.npy", rng.integers(0, 10, 2300))
    (code,) = (code for kind, code in BLOCK.findall(PAGE) if kind == "python" and "import" in code)
    code += "\nassert isinstance(dataset.train.images, np.memmap)\nprint(len(result.history))"
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("1\n", "")


def test_the_commands_are_there() -> None:
    """Both benchmarks exist, and write into the folder that the page reads from."""
    (shell,) = (code for kind, code in BLOCK.findall(PAGE) if kind == "sh")
    for program in re.findall(r"^python (\S+) --docs docs/speed", shell, re.MULTILINE):
        assert (ROOT / program).is_file()
    assert shell.count("--docs docs/speed") == 2
