"""The L2 term: its value beside NumPy's norm, its slope beside differences, and what it leaves alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from inkling._types import FloatArray
from inkling.nn.gradcheck import numeric_gradient
from inkling.optim import add_l2_penalty


def some_parameters(dtype: Any = np.float64) -> dict[str, FloatArray]:
    """Two weight matrices and a bias."""
    rng = np.random.default_rng(8)
    shapes: dict[str, tuple[int, ...]] = {"v": (7, 3), "b": (3,), "w": (3, 5)}
    return {name: rng.normal(size=shape).astype(dtype) for name, shape in shapes.items()}


def test_the_term_is_half_the_squared_norm() -> None:
    """Over both matrices as one vector, without the bias."""
    parameters = some_parameters()
    weights = np.r_[parameters["v"].ravel(), parameters["w"].ravel()]
    term = add_l2_penalty(parameters, some_parameters(), 0.3)
    assert term == pytest.approx(0.15 * np.linalg.norm(weights) ** 2, rel=1e-14)


def test_the_dtype_and_the_arrays_stay() -> None:
    """float32 is not widened, and the gradient is changed where it lies."""
    parameters, gradients = some_parameters(np.float32), some_parameters(np.float32)
    first = gradients["v"]
    assert isinstance(add_l2_penalty(parameters, gradients, 0.3), float)
    assert gradients["v"] is first
    assert {array.dtype for array in gradients.values()} == {np.dtype(np.float32)}


def test_the_gradient_is_that_of_the_term() -> None:
    """The finite differences of the term are added to the gradients; the bias's stays."""
    parameters = some_parameters()
    gradients = {name: np.full_like(array, 2.0) for name, array in parameters.items()}
    add_l2_penalty(parameters, gradients, 0.3)
    for name, array in parameters.items():
        slope = numeric_gradient(lambda: add_l2_penalty(parameters, some_parameters(), 0.3), array)
        np.testing.assert_allclose(gradients[name] - 2.0, slope, atol=1e-9)
