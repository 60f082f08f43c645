"""Training on images that are mapped from a file: the same weights, and no copy of the set."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from inkling._types import ByteArray
from inkling.data.dataset import Dataset
from inkling.data.split import Split
from inkling.training.result import TrainingResult
from inkling.training.run import train

N = 10_000
HELD_OUT = 50


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 10,000 pictures of 41 × 37, mostly paper: 15 MB."""
    rng = np.random.default_rng(0)
    images = rng.integers(1, 256, (N, 41, 37), dtype=np.uint8)
    images[rng.integers(0, 5, images.shape, dtype=np.uint8) > 0] = 0
    path = tmp_path_factory.mktemp("mapped") / "images.npy"
    np.save(path, images)
    return path


def train_on(images: ByteArray, engine: str) -> TrainingResult:
    """Trains an epoch on all but the first images, by which it is judged and tested."""
    labels = np.random.default_rng(1).integers(0, 3, N)
    parts = slice(2 * HELD_OUT, None), slice(HELD_OUT), slice(HELD_OUT, 2 * HELD_OUT)
    learned, judged, tested = (Split(images[part], labels[part]) for part in parts)
    dataset = Dataset("mapped", ("a", "b", "c"), learned, judged, tested, sha256="")
    return train(dataset, hidden=(11,), epochs=1, batch_size=53, engine=engine, seed=3)


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_a_mapped_set_trains_to_the_same_weights(file: Path, engine: str) -> None:
    """Where the bytes lie makes no difference, not in the last bit."""
    if engine == "compiled":
        pytest.importorskip("numba")
    mapped = train_on(np.load(file, mmap_mode="r"), engine).model.network.parameters
    for name, array in train_on(np.load(file), engine).model.network.parameters.items():
        np.testing.assert_array_equal(mapped[name], array, err_msg=name)


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_a_mapped_set_is_not_copied(file: Path, engine: str) -> None:
    """All that a run allocates at any time is a fraction of the images, however many there are."""
    if engine == "compiled":
        pytest.importorskip("numba")
    images = np.load(file, mmap_mode="r")
    train_on(images, engine)  # modules are loaded, and machine code
    tracemalloc.start()
    try:
        train_on(images, engine)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < images.size / 5
