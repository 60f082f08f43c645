"""Clipping by the global norm: compared with PyTorch, and without a finite norm."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from inkling._types import FloatArray
from inkling.errors import SettingError
from inkling.optim import clip_by_global_norm


def some_gradients(dtype: Any = np.float64) -> dict[str, FloatArray]:
    """Returns weights (7, 3) and a bias (3,), with a norm of about 5."""
    rng = np.random.default_rng(21)
    return {"w": rng.normal(size=(7, 3)).astype(dtype), "b": rng.normal(size=3).astype(dtype)}


@pytest.mark.parametrize("max_norm", [0.01, 3.7, 100.0])
def test_agrees_with_pytorch(max_norm: float) -> None:
    """Same norm, same clipped gradients, apart from the 1e-6 that PyTorch adds to the norm."""
    torch: Any = pytest.importorskip("torch")
    ours = some_gradients()
    tensors = [torch.zeros(array.shape, dtype=torch.float64) for array in ours.values()]
    for tensor, array in zip(tensors, ours.values(), strict=True):
        tensor.grad = torch.tensor(array.copy())
    their_norm = float(torch.nn.utils.clip_grad_norm_(tensors, max_norm))
    norm = clip_by_global_norm(ours, max_norm)
    assert norm == pytest.approx(their_norm, rel=1e-14)
    added = norm / (norm + 1e-6) if norm > max_norm else 1.0
    for tensor, array in zip(tensors, ours.values(), strict=True):
        np.testing.assert_allclose(array * added, tensor.grad.numpy(), rtol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradients_are_clipped_in_place(dtype: Any) -> None:
    """The arrays stay the same objects of the same dtype, also if the limit is a NumPy float64."""
    gradients = some_gradients(dtype)
    arrays = dict(gradients)
    clip_by_global_norm(gradients, np.float64(0.5))
    assert all(gradients[key] is arrays[key] for key in arrays)
    flat = np.concatenate([array.ravel() for array in arrays.values()])
    assert flat.dtype == dtype
    np.testing.assert_allclose(np.linalg.norm(flat), 0.5, rtol=1e-6)


@pytest.mark.parametrize("max_norm", [5.0, 6.0])
def test_a_short_gradient_is_unchanged(max_norm: float) -> None:
    """At the limit and below it not a bit changes (3, 4 has norm 5)."""
    gradients = {"w": np.array([[3.0, 0.0, 0.0]]), "b": np.array([4.0])}
    assert clip_by_global_norm(gradients, max_norm) == 5.0
    np.testing.assert_array_equal(gradients["w"], [[3.0, 0.0, 0.0]])
    np.testing.assert_array_equal(gradients["b"], [4.0])


@pytest.mark.parametrize("gradients", [{}, {"w": np.zeros((7, 3))}])
def test_a_norm_of_zero(gradients: dict[str, FloatArray]) -> None:
    """No gradients, or only zeros: no 0 / 0."""
    assert clip_by_global_norm(gradients, 1.0) == 0.0
    assert not any(array.any() for array in gradients.values())


@pytest.mark.parametrize(("dtype", "huge"), [(np.float32, 1e25), (np.float64, 1e200)])
def test_a_gradient_is_clipped_even_if_its_squares_overflow(dtype: Any, huge: float) -> None:
    """An exploding gradient is what clipping is for: (3, 4)·1e25 in float32 has norm 5e25."""
    gradients = {
        "w": np.array([[3.0, 0.0, 0.0]], dtype=dtype) * dtype(huge),
        "b": np.array([4.0], dtype=dtype) * dtype(huge),
    }
    assert clip_by_global_norm(gradients, 1.0) == pytest.approx(5 * huge, rel=1e-6)
    np.testing.assert_allclose(gradients["w"], [[0.6, 0.0, 0.0]], rtol=1e-6)
    np.testing.assert_allclose(gradients["b"], [0.8], rtol=1e-6)


@pytest.mark.parametrize("values", [[np.nan], [-np.inf], [np.inf, np.nan]])
def test_a_norm_that_is_not_finite_is_returned_and_nothing_changes(values: list[float]) -> None:
    """The caller gets NaN or infinity; the gradients keep their values."""
    gradients = some_gradients()
    gradients["w"][2, : len(values)] = values
    before = {key: array.copy() for key, array in gradients.items()}
    norm = clip_by_global_norm(gradients, 1.0)
    assert math.isnan(norm) if np.nan in values else norm == math.inf
    for key, array in gradients.items():
        np.testing.assert_array_equal(array, before[key])


@pytest.mark.parametrize("max_norm", [0.0, math.nan, math.inf])
def test_a_limit_out_of_range_raises_an_error(max_norm: float) -> None:
    """The limit is a positive finite number."""
    with pytest.raises(SettingError, match=r"expected max_norm in \(0, ∞\)"):
        clip_by_global_norm(some_gradients(), max_norm)
