"""Every rung of the ladder computes the same weights; its tables say what was measured."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.ladder import COMPILED, FLOORS, RUNGS, Rung
from benchmarks.steps import step
from benchmarks.steps.engines import numpy_engine, task_on
from benchmarks.steps.material import first_weights
from benchmarks.steps.textbook import BATCH, one_by_one

from benchmarks import ladder
from inkling._types import AnyArray, FloatArray, IntArray
from inkling.training.engine.numpy_engine import train_batches

N, I, H = 330, 21, 13  # noqa: E741 (the axis letters)
ROOT = Path(__file__).parents[2]


def small(dtype: str) -> tuple[list[FloatArray], AnyArray, IntArray, IntArray]:
    """Weights of 21-13-10, images of a few grey pixels, labels, and an order of three batches."""
    rng = np.random.default_rng(5)
    pixels = rng.integers(0, 256, (N, I), dtype=np.uint8)
    pixels[rng.random(pixels.shape) < 0.8] = 0
    images = pixels if dtype == "uint8" else (pixels / 255).astype(dtype)
    kind = "float64" if dtype == "float64" else "float32"
    shapes = (I, H), (H,), (H, 10), (10,)
    weights = [rng.normal(0, 0.4, shape).astype(kind) for shape in shapes]
    return weights, images, rng.integers(0, 10, N), rng.permutation(N)[: 3 * BATCH]


def by_inkling() -> list[FloatArray]:
    """The reference: Inkling's NumPy engine in float64, which is held to PyTorch elsewhere."""
    weights, pixels, labels, order = small("uint8")
    exact: list[FloatArray] = [array.astype(np.float64) for array in weights]
    for given, array in zip(small("float64")[0], exact, strict=True):
        array[...] = given
    numpy_engine(exact, pixels, labels, order)
    return exact


@pytest.mark.parametrize("name", RUNGS)
def test_a_rung_trains_to_the_same_weights(name: str) -> None:
    """In float64 to 1e-10, in float32 to a few roundings of numbers of about 1."""
    if name in COMPILED:
        pytest.importorskip("numba")
    rung = RUNGS[name]
    weights, images, labels, order = small(rung.images)
    before = [array.copy() for array in weights]
    rung.train(weights, images, labels, order)
    tolerance = 1e-10 if weights[0].dtype == np.float64 else 2e-6
    for array, right, first in zip(weights, by_inkling(), before, strict=True):
        assert not np.array_equal(array, first)
        np.testing.assert_allclose(array, right, rtol=0, atol=tolerance)


def test_the_textbook_agrees_with_pytorch() -> None:
    """Automatic differentiation knows nothing of any rung."""
    torch = pytest.importorskip("torch")
    weights, images, labels, order = small("float64")
    tensors = [torch.tensor(array, requires_grad=True) for array in weights]
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        w1, b1, w2, b2 = tensors
        z = torch.relu(torch.tensor(images[rows]) @ w1 + b1) @ w2 + b2
        loss = torch.nn.functional.cross_entropy(z, torch.tensor(labels[rows]))
        for tensor, gradient in zip(tensors, torch.autograd.grad(loss, tensors), strict=True):
            tensor.data -= 0.1 * gradient
    one_by_one(weights, images, labels, order)
    for array, tensor in zip(weights, tensors, strict=True):
        np.testing.assert_allclose(array, tensor.detach().numpy(), rtol=0, atol=1e-10)


def test_other_work_ends_the_run() -> None:
    """A rung whose weights went elsewhere is no rung."""
    answers = {name: {"moved": [1.0, 2.0]} for name in RUNGS}
    ladder.check_same_work(answers)
    answers["float32"] = {"moved": [1.0, 2.00001]}
    ladder.check_same_work(answers)
    answers["float32"] = {"moved": [1.0, 2.001]}
    with pytest.raises(
        SystemExit, match=r"^'float32' did other work: \[1\.0, 2\.001\] for \[1\.0, 2\.0\]$"
    ):
        ladder.check_same_work(answers)


def test_a_rung_changes_one_thing() -> None:
    """From each rung to the next the function changes, or the images, or the threads; never two."""
    rungs = list(RUNGS.values())
    for below, above in pairwise(rungs):
        parts = [(rung.train, rung.images, rung.threads) for rung in (below, above)]
        assert sum(one != other for one, other in zip(*parts, strict=True)) == 1


def test_the_rows_are_medians_and_their_ratios(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rungs, three rounds, and a machine that makes as many operations a second as an epoch has."""
    monkeypatch.setattr(ladder, "RUNGS", dict.fromkeys(("slow", "fast"), Rung(one_by_one)))
    found: dict[str, list[dict[str, Any]]] = {
        "slow": [{"seconds": s, "megabytes": 70.0} for s in (9.0, 6.0, 1.0)],
        "fast": [{"seconds": s, "megabytes": m} for s, m in ((2.0, 50.0), (2.5, 51.4), (0.5, 3.0))],
    }
    products = 2 * 60_000 * (2 * 784 * 100 + 3 * 100 * 10)
    without_zeros = 2 * 60_000 * (2 * 784 * 19 + 3 * 100 * 10)
    rows = [list(row.values()) for row in ladder.ladder_rows(found, float(products))]
    assert rows == [
        ["slow", "6", "1.00", "1", "70"],
        ["fast", "2", "3.00", "3", "51"],
        ["the arithmetic alone", "1", "", "6", ""],
        ["the same without zeros", f"{without_zeros / products:.3g}", "", "29.2", ""],
    ]


def test_a_stopwatch_sees_every_part_of_every_step() -> None:
    """Each part is timed once a step, and all is as before afterwards."""
    pixels = np.zeros((2 * BATCH, 784), np.uint8)
    task = task_on(first_weights(11), pixels, np.zeros(2 * BATCH, int))
    spent: dict[str, list[float]] = {}
    forward = type(task.network.layers[0]).forward
    with step.stopwatches(task, spent):
        train_batches(task, np.arange(2 * BATCH), BATCH, [0.1] * 2)
    assert {name: len(times) for name, times in spent.items()} == dict.fromkeys(spent, 2)
    assert len(spent) == 10
    assert task.network.layers[0].forward.__func__ is forward  # type: ignore[attr-defined]


def test_docs_without_mnist_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The page says MNIST; noise takes other times."""
    monkeypatch.delenv("INKLING_DATA", raising=False)
    with pytest.raises(SystemExit) as refused:
        ladder.main(docs=tmp_path / "speed")
    assert refused.value.code == (
        "--docs: expected MNIST, which the page says was trained on, got noise; "
        "set INKLING_DATA to the folder of its files."
    )
    assert list(tmp_path.iterdir()) == []


def test_the_page_has_every_rung() -> None:
    """The table in the documentation is of this ladder."""
    with (ROOT / "docs" / "speed" / "ladder.csv").open(encoding="utf-8") as file:
        assert [row["rung"] for row in csv.DictReader(file)] == [*RUNGS, *FLOORS]
