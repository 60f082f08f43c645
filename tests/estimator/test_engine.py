"""The choice of the engine for a fit, and the compiled engine's results."""

# ruff: noqa: N806 (X is what scikit-learn calls the samples)
from __future__ import annotations

import math
import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from inkling import MLPClassifier, MLPRegressor
from inkling._types import AnyArray, FloatArray
from inkling.compiled import jit
from inkling.errors import RunError
from inkling.training.engine import choice
from inkling.training.engine.threads import threads_given

pytest.importorskip("numba")

Compiled = Callable[..., list[Any]]
Data = tuple[FloatArray, AnyArray]
Difference = Callable[[Any, Any], float]


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> None:
    """Machine code costs nothing, so it is chosen whenever it is supported."""
    monkeypatch.setattr(choice, "COMPILING", 0.0)
    monkeypatch.setattr(choice, "LOADING", 0.0)


@pytest.fixture
def sparse_digits(digits: Data) -> Data:
    """Digits whose pale pixels are 0."""
    X, y = digits
    return np.where(X.mean() < X, X, 0), y


def outputs_by_numpy(mlp: Any, inputs: FloatArray) -> FloatArray:
    """The network's outputs, from its attributes."""
    a = z = inputs
    for weights, bias in zip(mlp.coefs_, mlp.intercepts_, strict=True):
        z = a @ weights + bias
        a = np.maximum(z, 0)
    if mlp.out_activation_ == "softmax":
        z = np.exp(z - z.max(axis=1, keepdims=True))
        z /= z.sum(axis=1, keepdims=True)
    return z


def engine_of(mlp: Any) -> str:
    """Returns the engine of the last fit."""
    return str(mlp._engine.name)


def test_small_fits_use_numpy(digits: Data) -> None:
    """Loading machine code would take longer than the fit."""
    assert engine_of(MLPClassifier((5,), max_iter=2).fit(*digits)) == "numpy"


@pytest.mark.usefixtures("free")
def test_what_the_compiled_engine_does_not_support(digits: Data, values: Data) -> None:
    """NumPy trains with dropout, sparse samples and the Poisson loss."""
    X, y = digits
    for mlp, data in (
        (MLPClassifier((5,), max_iter=1, dropout=0.1), digits),
        (MLPClassifier((5,), max_iter=1), (csr_array(X), y)),
        (MLPRegressor("poisson", (5,), max_iter=1), (values[0], np.abs(values[1][:, 0]))),
    ):
        assert engine_of(mlp.fit(*data)) == "numpy"


@pytest.mark.parametrize("solver", ["sgd", "adam", "adamw"])
def test_partial_fit_changes_to_machine_code(
    solver: str, digits: Data, difference: Difference, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does so once as many steps as there have been would save time; the optimizer continues."""
    X, y = digits
    settings: dict[str, Any] = {"solver": solver, "batch_size": 64, "random_state": 3}
    plain, mlp = MLPClassifier((19,), **settings), MLPClassifier((19,), **settings)
    monkeypatch.setattr(choice, "COMPILING", 0.0)
    names = []
    for start in range(0, 200, 20):
        rows = slice(start, start + 150)
        plain.partial_fit(X[rows], y[rows], classes=np.arange(10))
        with monkeypatch.context() as patch:
            patch.setattr(choice, "seconds_saved", lambda *_: 1.0)
            patch.setattr(choice, "LOADING", 13.5)  # three steps per call
            mlp.partial_fit(X[rows], y[rows], classes=np.arange(10))
        names.append(engine_of(mlp))
    assert names == ["numpy"] * 4 + ["compiled"] * 6
    assert difference(mlp, plain) < 1e-10
    assert_allclose(mlp.loss_curve_, plain.loss_curve_, rtol=1e-10)


@pytest.mark.usefixtures("free")
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_five_epochs_and_seven_more_are_twelve_by_machine_code(
    solver: str, digits: Data, difference: Difference, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The result is equal bit for bit, even if the rule would now choose NumPy."""
    settings: dict[str, Any] = {"solver": solver, "random_state": 0, "warm_start": "exact"}
    whole = MLPClassifier((11,), max_iter=12, **settings).fit(*digits)
    part = MLPClassifier((11,), max_iter=5, **settings).fit(*digits)
    part = pickle.loads(pickle.dumps(part))  # noqa: S301 (as joblib does it)
    monkeypatch.setattr(choice, "LOADING", math.inf)
    part.set_params(max_iter=12).fit(*digits)
    assert engine_of(part) == engine_of(whole) == "compiled"
    assert difference(part, whole) == 0
    assert part.loss_curve_ == whole.loss_curve_


@pytest.mark.usefixtures("free")
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_what_machine_code_fitted_it_predicts(
    kind: Any, sparse_digits: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If most inputs are 0; in copies too, and in NumPy without Numba, equal up to rounding."""
    X, y = sparse_digits
    mlp = kind(hidden_layer_sizes=(9, 8), max_iter=2, random_state=0).fit(X, y)
    assert mlp._skips_zeros
    expected = outputs_by_numpy(mlp, X)
    method = "predict_proba" if kind is MLPClassifier else "predict"
    answers = getattr(mlp, method)(X)
    assert_allclose(answers, expected if kind is MLPClassifier else expected.ravel(), atol=1e-12)
    twin = pickle.loads(pickle.dumps(mlp))  # noqa: S301 (as joblib does it)
    assert_array_equal(getattr(twin, method)(X), answers)
    assert_array_equal(
        [getattr(twin, method)(X[row : row + 1])[0] for row in range(5)], answers[:5]
    )
    assert_allclose(getattr(twin, method)(csr_array(X)), answers, atol=1e-12)
    monkeypatch.setattr("inkling.estimator.base.reason_not_to_load", lambda: "no Numba")
    assert_allclose(getattr(twin, method)(X), answers, atol=1e-12)
    assert not clone(mlp)._skips_zeros


@pytest.mark.usefixtures("free")
def test_the_last_fit_decides_how_to_predict(
    sparse_digits: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With dense samples, with NumPy or with lbfgs, predictions are NumPy's again."""
    X, y = sparse_digits
    mlp = MLPClassifier((9,), max_iter=2, random_state=0, warm_start=True)
    assert mlp.fit(X, y)._skips_zeros
    assert not mlp.fit(X + 1, y)._skips_zeros
    assert mlp.fit(X, y)._skips_zeros
    assert mlp.partial_fit(X, y)._skips_zeros
    assert not mlp.set_params(solver="lbfgs").fit(X, y)._skips_zeros
    mlp.set_params(solver="adam")
    monkeypatch.setattr(choice, "LOADING", math.inf)
    assert not mlp.fit(X, y)._skips_zeros


@pytest.mark.parametrize(("warm_start", "epochs"), [(False, 3), ("exact", 200)])
def test_the_engine_depends_on_the_expected_epochs(
    warm_start: bool | str, epochs: int, digits: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fit expects max_iter epochs, an exact one 200, so that a larger max_iter keeps its engine."""
    monkeypatch.setattr(choice, "COMPILING", 0.0)
    monkeypatch.setattr(choice, "seconds_saved", lambda *_: 1.0)  # per step, eight per epoch
    for cost, name in ((8 * epochs - 1, "compiled"), (8 * epochs, "numpy")):
        monkeypatch.setattr(choice, "LOADING", cost)
        mlp = MLPClassifier((5,), batch_size=64, warm_start=warm_start, max_iter=3)
        assert engine_of(mlp.fit(*digits)) == name


@pytest.mark.usefixtures("free")
def test_an_exact_fit_needs_its_engine(digits: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Numba the fit cannot continue bit for bit."""
    mlp = MLPClassifier((5,), max_iter=2, warm_start="exact").fit(*digits)
    with monkeypatch.context() as patch:
        patch.setattr(jit, "installed", lambda: False)
        with pytest.raises(RunError, match=r"expected the compiled engine .* pip install"):
            mlp.set_params(max_iter=3).fit(*digits)
    assert mlp.fit(*digits).n_iter_ == 3  # with Numba it can


@pytest.mark.parametrize("layout", ["columns", "every other", "read-only"])
def test_any_layout_in_memory(
    layout: str, digits: Data, difference: Difference, compiled: Compiled
) -> None:
    """Samples may be in column order, as in data frames, with gaps, or read-only."""
    X, y = digits
    wide = np.repeat(X, 2, axis=1)
    layouts = {"columns": np.asfortranarray(X), "every other": wide[:, ::2], "read-only": X.copy()}
    samples = layouts[layout]
    samples.setflags(write=False)
    mlp = MLPClassifier((9,), max_iter=3, random_state=0).fit(X, y)
    (again,) = compiled(mlp, samples, y)
    assert difference(again, mlp) < 1e-10


def test_batches_that_weigh_nothing(
    digits: Data, difference: Difference, compiled: Compiled
) -> None:
    """Both engines skip them."""
    X, y = digits
    weights = np.r_[np.ones(67), np.zeros(333), np.full(67, 2.0)]
    mlp = MLPClassifier((9,), batch_size=67, shuffle=False, max_iter=3, learning_rate="cosine")
    mlp.set_params(random_state=0).fit(X, y, sample_weight=weights)
    (again,) = compiled(mlp, X, y, weights)
    assert difference(again, mlp) < 1e-10
    assert_allclose(again.loss_curve_, mlp.loss_curve_, rtol=1e-10)


@pytest.mark.usefixtures("free")
def test_a_diverging_fit_raises_with_machine_code(values: Data) -> None:
    """The error is scikit-learn's."""
    with pytest.raises(ValueError, match="non-finite parameter weights"):
        MLPRegressor().fit(1e200 * values[0], values[1])


def test_limits_on_threads() -> None:
    """A fit obeys the limit of BLAS, and uses one thread if it runs in a thread of its own."""
    with threadpool_limits(1, user_api="blas"):
        assert threads_given() == 1
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(threads_given).result() == 1


JOBLIB = """
import warnings
import numpy as np
from joblib import Parallel, delayed
from sklearn.datasets import load_digits
from inkling import MLPClassifier
from inkling.training.engine import choice
from inkling.training.engine.threads import threads_given

def fit(seed):
    warnings.simplefilter("ignore")
    choice.LOADING = choice.COMPILING = 0.0
    X, y = load_digits(return_X_y=True)
    mlp = MLPClassifier((301,), max_iter=2, random_state=seed).fit(X[:300] / 16, y[:300])
    return mlp._engine.threads, mlp.coefs_[0], threads_given()

alone = [fit(seed)[1] for seed in range(2)]
for backend in ("loky", "threading"):
    for (threads, weights, given), expected in zip(
        Parallel(2, backend=backend)(delayed(fit)(seed) for seed in range(2)), alone
    ):
        print(backend, threads, given)
        np.testing.assert_allclose(weights, expected, rtol=1e-10, atol=1e-14)
"""


@pytest.mark.slow  # starts processes
def test_parallel_fits_share_the_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each worker of joblib uses its share of the cores, and computes the same weights."""
    script = tmp_path / "script.py"
    script.write_text(JOBLIB)
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "2")
    output = subprocess.check_output([sys.executable, str(script)], text=True)
    assert output.splitlines() == ["loky 1 1"] * 2 + ["threading 1 1"] * 2
