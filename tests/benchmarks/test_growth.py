"""The benchmark of growth measures what it says: whole epochs of files, and no diverging run."""

from __future__ import annotations

import csv
import mmap
from pathlib import Path

import numpy as np
import pytest
from benchmarks.steps.engines import task_on
from benchmarks.steps.material import first_weights, megabytes

from benchmarks import growth
from inkling.training.engine.numpy_engine import TrainingContext

ROOT = Path(__file__).parents[2]
N = 157


@pytest.fixture(autouse=True)
def _no_longer_than_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "SECONDS", 0.0)


def small_task() -> TrainingContext:
    """784-7-10 on 157 images of noise."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (N, 784), dtype=np.uint8)
    return task_on(first_weights(7), pixels, rng.integers(0, 10, N))


def test_a_whole_epoch_is_seen() -> None:
    """Ten steps of 16 images and one of 13: once to warm up, once under the clock."""
    task = small_task()
    answer = growth.time_task(task, "numpy", 1, batch=16, least=N)
    assert task.optimizer.steps == 20
    assert answer["seconds"] > 0


def test_an_epoch_that_takes_too_long_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the longest time the chunk at hand is the last."""
    monkeypatch.setattr(growth, "LONGEST", 0.0)
    monkeypatch.setattr(growth, "SECONDS", 1e-9)
    monkeypatch.setattr(growth, "CHUNK", 32)
    task = small_task()
    growth.time_task(task, "numpy", 1, batch=16, least=N)
    assert task.optimizer.steps == 4


def test_a_diverging_run_is_no_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would stop after a few steps, and look fast."""
    monkeypatch.setattr(growth, "RATE", 1e30)
    with pytest.raises(SystemExit, match=r"^the loss is .*: a diverging run is no measurement$"):
        growth.time_task(small_task(), "numpy", 1, batch=16)


def test_the_file_holds_the_images_again_and_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Five rows of three images: the first two come twice."""
    images = np.arange(3 * 784).astype(np.uint8).reshape(3, 784)
    monkeypatch.setattr(growth, "load_images", lambda: (images, np.zeros(3, int)))
    growth.write_images(tmp_path / "images", 5)
    written = np.fromfile(tmp_path / "images", np.uint8).reshape(-1, 784)
    np.testing.assert_array_equal(written, images[[0, 1, 2, 0, 1]])


def test_rows_are_medians_for_an_epoch() -> None:
    """Seconds an image become seconds an epoch; of memory the most counts."""
    answers = [
        {"seconds": s, "own": m, "file": 8.0} for s, m in ((2e-6, 61.0), (5e-6, 62.4), (9e-6, 1.0))
    ]
    row = {"engine": "numpy", "threads": 2, "width": 64, "seconds": 0.3}
    assert growth._row("width", 64, "numpy", 2, answers) == row
    row = {"engine": "numpy", "threads": 2, "images": 1000, "seconds": 0.005}
    assert growth._row("images", 1000, "numpy", 2, answers) == {**row, "own MB": 62, "file MB": 8}


def test_memory_is_counted() -> None:
    """Ten megabytes more are ten megabytes more."""
    before = megabytes("RssAnon")
    if np.isnan(before):
        pytest.skip("only Linux says")
    # Not from the heap, where what earlier tests have given back would be used again.
    more = mmap.mmap(-1, 10_000_000, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for _ in range(100):
        more.write(bytes(range(100)) * 1000)
    assert before + 9 < megabytes("RssAnon") < before + 12
    more.close()


@pytest.mark.parametrize("axis", growth.SIZES)
def test_the_page_has_every_size(axis: str) -> None:
    """The tables in the documentation are of these sizes, for each engine and number of threads."""
    with (ROOT / "docs" / "speed" / f"{axis}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lines: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        lines.setdefault((row["engine"], row["threads"]), []).append(int(row[axis]))
    assert {engine for engine, _ in lines} == {"numpy", "compiled"}
    assert all(sizes == list(growth.SIZES[axis]) for sizes in lines.values())
