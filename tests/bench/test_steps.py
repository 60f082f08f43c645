"""Every step of docs/speed.md computes the same weights."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from inkling._types import AnyArray, FloatArray, IntArray
from inkling.bench import steps
from inkling.bench.case import Case
from inkling.bench.workloads import TRAIN, Workload

I, H = 21, 13  # noqa: E741 (the axis letters)
SMALL = Workload("small", TRAIN, (11,), steps.BATCH, images=200)


def small(dtype: str) -> tuple[list[FloatArray], AnyArray, IntArray, IntArray]:
    """Weights of 21-13-10, images of a few gray pixels, labels, and an order of three batches."""
    rng = np.random.default_rng(5)
    pixels = rng.integers(0, 256, (330, I), dtype=np.uint8)
    pixels[rng.random(pixels.shape) < 0.8] = 0
    images = pixels if dtype == "uint8" else (pixels / 255).astype(dtype)
    floats = "float32" if dtype == "uint8" else dtype
    shapes = (I, H), (H,), (H, 10), (10,)
    weights = [rng.normal(0, 0.4, shape).astype(floats) for shape in shapes]
    return weights, images, rng.integers(0, 10, 330), rng.permutation(330)[:300]


def by_pytorch() -> list[FloatArray]:
    """The weights after three steps with automatic differentiation."""
    torch = pytest.importorskip("torch")
    weights, images, labels, order = small("float64")
    tensors = [torch.tensor(array, requires_grad=True) for array in weights]
    for start in range(0, len(order), 100):
        rows = order[start : start + 100]
        w1, b1, w2, b2 = tensors
        z = torch.relu(torch.tensor(images[rows]) @ w1 + b1) @ w2 + b2
        loss = torch.nn.functional.cross_entropy(z, torch.tensor(labels[rows]))
        for tensor, gradient in zip(tensors, torch.autograd.grad(loss, tensors), strict=True):
            tensor.data -= 0.1 * gradient
    return [tensor.detach().numpy() for tensor in tensors]


@pytest.mark.parametrize(
    ("train", "dtype"),
    [
        (steps.one_by_one, "float64"),
        (steps.as_matrices, "float64"),
        (steps.as_matrices, "float32"),
        (steps.short_delta, "float32"),
        (steps.no_pixel_gradient, "float32"),
        (steps.in_place, "float32"),
        (steps.in_place, "uint8"),
    ],
)
def test_a_step_trains_to_the_weights_of_pytorch(train: Callable[..., None], dtype: str) -> None:
    """In float64 to 1e-10, in float32 to a few roundings of numbers of about 1."""
    weights, images, labels, order = small(dtype)
    train(weights, images, labels, order)
    tolerance = 1e-10 if dtype == "float64" else 2e-6
    for array, expected in zip(weights, by_pytorch(), strict=True):
        np.testing.assert_allclose(array, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize(
    "prepare",
    [steps.in_place_bytes, steps.numpy_engine, steps.compiled_engine],
)
def test_engines_train_like_the_textbook(prepare: Callable[[Workload, int], Case]) -> None:
    """The evidence of two steps on MNIST's images equals that of the loop over images."""
    pytest.importorskip("numba")
    evidence = []
    for one in (steps.one_image_float64, prepare):
        case = one(SMALL, 1)
        case.run()
        assert case.evidence is not None
        evidence.append(case.evidence())
    np.testing.assert_allclose(evidence[1], evidence[0], rtol=1e-4)
