"""Fixtures for the tests of the estimators."""

# ruff: noqa: N803, N806 (X is what scikit-learn calls the samples)
from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from inkling._types import AnyArray, FloatArray
from inkling.compiled import jit
from inkling.training.engine import choice

sklearn = pytest.importorskip("sklearn")

from sklearn.base import clone  # noqa: E402
from sklearn.datasets import load_digits, make_regression  # noqa: E402
from sklearn.exceptions import ConvergenceWarning  # noqa: E402

Compiled = Callable[..., list[Any]]


@pytest.fixture(autouse=True)
def fits_may_end_early() -> Iterator[None]:
    """Ignores ConvergenceWarning, because most fits here stop after a few epochs on purpose."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> Compiled:
    """Returns a function that fits a clone with machine code, and returns no clone without Numba.

    The compiled engine is chosen because it seems to cost nothing, even for small data.
    """

    def fits(fitted: Any, X: Any, y: Any, sample_weight: Any = None) -> list[Any]:
        if not jit.installed():
            return []
        with monkeypatch.context() as patch:
            patch.setattr(choice, "COMPILING", 0.0)
            patch.setattr(choice, "LOADING", 0.0)
            again = clone(fitted).fit(X, y, sample_weight=sample_weight)
        assert again._engine.name == "compiled"
        return [again]

    return fits


@pytest.fixture(scope="session")
def digits() -> tuple[FloatArray, AnyArray]:
    """The first 467 of scikit-learn's digits, scaled to 0 … 1, and their labels."""
    X, y = load_digits(return_X_y=True)
    return X[:467] / 16, y[:467]


@pytest.fixture(scope="session")
def values() -> tuple[FloatArray, FloatArray]:
    """233 samples with 7 features and 3 values each."""
    X, y = make_regression(233, 7, n_targets=3, noise=5.0, random_state=0)
    return X, y / y.std()


def _difference(ours: Any, theirs: Any) -> float:
    pairs = zip(
        [*ours.coefs_, *ours.intercepts_], [*theirs.coefs_, *theirs.intercepts_], strict=True
    )
    return max(float(np.max(np.abs(a - b)) / np.max(np.abs(b))) for a, b in pairs)


@pytest.fixture(scope="session")
def difference() -> Callable[[Any, Any], float]:
    """The largest difference between the weights of two, relative to the largest of its array."""
    return _difference
