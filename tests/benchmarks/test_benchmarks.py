"""The tables of docs/speed.md follow from the times, and have every row of the benchmarks."""

from __future__ import annotations

import csv
import mmap
import re
from pathlib import Path

import numpy as np
import pytest

import frameworks
import growth
import ladder
from inkling.bench.implementations import implementations_of
from inkling.bench.runner import Comparison, Result
from inkling.bench.steps import LADDER
from inkling.bench.worker import memory
from inkling.bench.workloads import WORKLOADS, training_samples

DOCS = Path(__file__).parents[2] / "docs" / "speed"


def read(name: str) -> list[dict[str, str]]:
    """Returns the rows of a table in the documentation."""
    with (DOCS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_page_has_every_row() -> None:
    """All steps and floors; each size for each engine and number of threads."""
    steps = [step.name for step in ladder.STEPS]
    assert [row["version"] for row in read("ladder")] == [*steps, *ladder.FLOORS]
    for axis, sizes in growth.SIZES.items():
        lines: dict[tuple[str, str], list[int]] = {}
        for row in read(axis):
            lines.setdefault((row["engine"], row["threads"]), []).append(int(row[axis]))
        assert {engine for engine, _ in lines} == {"numpy", "compiled"}
        assert all(line == list(sizes) for line in lines.values())


def test_rows_of_the_ladder_are_medians_and_their_ratios() -> None:
    """Two steps of three rounds, and an arithmetic of one second."""
    slow, fast = ladder.STEPS[:2]
    results = [
        Result(slow, None, [9.0, 6.0, 1.0], {"peak": 70.0}),
        Result(fast, None, [2.0, 2.5, 0.5], {"peak": 51.4}),
        Result(implementations_of(WORKLOADS["100-100"], 1)[-1], None, [1.0]),
    ]
    rows = [list(row.values()) for row in ladder.ladder_rows(Comparison(LADDER, results, {}))]
    without_zeros = (4 * 784 * 0.19 + 60) / (4 * 784 + 60)
    assert rows == [
        ["one image at a time", "6", "1.00", "1", "70"],
        ["a batch as a matrix", "2", "3.00", "3", "51"],
        ["arithmetic alone, one core", "1", "", "6", ""],
        ["without zeros, one core", f"{without_zeros:.3g}", "", "29.2", ""],
    ]


def test_rows_of_growth_are_seconds_per_epoch() -> None:
    """A part of an epoch is scaled to all of it; a file is its own epoch, with its memory."""
    result = Result(growth.implementations()[0], None, [0.1, 0.2, 0.9], {"own": 61.7, "file": 8.0})
    row = {"engine": "numpy", "threads": "1", "width": 64, "seconds": "1"}
    assert growth.row("width", 64, result, 12_000) == row
    row = {"engine": "numpy", "threads": "1", "images": 1000, "seconds": "0.2"}
    assert growth.row("images", 1000, result, 1000) == {**row, "own MB": 62, "file MB": 8}


def test_the_faster_of_two_rows_of_a_peer_is_shown() -> None:
    """Only the first row of a workload names it."""
    ours, theirs, alone = implementations_of(WORKLOADS["fit"], 2)
    results = [Result(one, None, [s]) for one, s in ((ours, 1.0), (theirs, 4.0), (alone, 2.0))]
    (row,) = frameworks.rows_of(Comparison(WORKLOADS["fit"], results, {}))
    assert (row["work"], row["peer, s"]) == (WORKLOADS["fit"].description, "2")
    assert re.fullmatch(r"scikit-learn \d[\d.]*, 1 thread", row["peer"])


def test_a_file_holds_the_images_repeatedly(tmp_path: Path) -> None:
    """A mapped workload reads them back, in the order of the file."""
    file = tmp_path / "images"
    growth.write_images(file, 60_200)
    samples = training_samples(growth.workload_of("images", 60_200, file))
    assert isinstance(samples.pixels, np.memmap)
    np.testing.assert_array_equal(samples.pixels[60_000:], samples.pixels[:200])


def test_memory_is_counted() -> None:
    """Twenty megabytes more are twenty megabytes more."""
    before = memory()
    if not before:
        pytest.skip("only Linux reports it")
    more = mmap.mmap(-1, 20_000_000, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)  # not the heap
    more.write(bytes(20_000_000))
    assert before["own"] + 18 < memory()["own"] < before["own"] + 25
    more.close()
