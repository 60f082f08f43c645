"""Which engine takes an estimator's steps: the rule, what it keeps to, and how it shares the cores."""

# ruff: noqa: N806 (X is what scikit-learn calls the samples)
from __future__ import annotations

import math
import pickle
import re
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
from threadpoolctl import threadpool_limits

from inkling import MLPClassifier, MLPRegressor
from inkling._types import AnyArray, FloatArray
from inkling.compiled import jit
from inkling.errors import RunError
from inkling.training.engine import choice, threads
from inkling.training.engine.choice import seconds_saved
from inkling.training.engine.threads import threads_given

pytest.importorskip("numba")

Compiled = Callable[..., list[Any]]
Data = tuple[FloatArray, AnyArray]
Difference = Callable[[Any, Any], float]


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> None:
    """Machine code costs nothing, and so is always worth it."""
    monkeypatch.setattr(choice, "COMPILING", 0.0)
    monkeypatch.setattr(choice, "LOADING", 0.0)


def engine_of(mlp: Any) -> str:
    """The engine of the last fit."""
    return str(mlp._engine.name)


def test_small_fits_are_numpys(digits: Data) -> None:
    """As loading machine code takes longer than they do."""
    assert engine_of(MLPClassifier((5,), max_iter=2).fit(*digits)) == "numpy"


@pytest.mark.parametrize("cached", [False, True], ids=["cold", "warm"])
def test_max_iter_decides(cached: bool, digits: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    """The steps of all epochs that may come, eight in each, are weighed against what loading costs."""
    monkeypatch.setattr(jit, "is_cached", lambda _: cached)
    mlp: Any = MLPClassifier((5,), batch_size=64, max_iter=5, tol=1e9, n_iter_no_change=1)
    saved = seconds_saved(_task_of(mlp, digits, monkeypatch), 64) * 8
    monkeypatch.setattr(choice, "COMPILING", 2 * saved)
    monkeypatch.setattr(choice, "LOADING", 2 * saved)
    enough = 3 if cached else 5
    for epochs in (enough - 1, enough):
        mlp.set_params(max_iter=epochs).fit(*digits)
        assert engine_of(mlp) == ("compiled" if epochs == enough else "numpy")


def _task_of(mlp: Any, data: Data, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The task of a fit, as the rule is shown it."""
    seen: list[Any] = []
    rule = choice.is_worth_it

    def note(task: Any, batch_size: int, steps: int) -> bool:
        seen.append(task)
        return rule(task, batch_size, steps)

    with monkeypatch.context() as patch:
        patch.setattr(choice, "is_worth_it", note)
        mlp.fit(*data)
    return seen[0]


@pytest.mark.usefixtures("free")
def test_what_is_numpys_whatever_it_costs(digits: Data, values: Data) -> None:
    """Dropout, sparse samples, counts."""
    X, y = digits
    for mlp, data in (
        (MLPClassifier((5,), max_iter=1, dropout=0.1), digits),
        (MLPClassifier((5,), max_iter=1), (csr_array(X), y)),
        (MLPRegressor("poisson", (5,), max_iter=1), (values[0], np.abs(values[1][:, 0]))),
    ):
        assert engine_of(mlp.fit(*data)) == "numpy"


@pytest.mark.parametrize("solver", ["sgd", "adam", "adamw"])
def test_partial_fit_by_machine_code(
    solver: str, digits: Data, difference: Difference, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It changes over when as many steps as have been made would pay; the optimizer goes on."""
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
            patch.setattr(choice, "LOADING", 13.5)  # three steps a call
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
    """Bit for bit, with a pickle between, and though the rule would now answer otherwise."""
    settings: dict[str, Any] = {"solver": solver, "random_state": 0, "warm_start": "exact"}
    whole = MLPClassifier((11,), max_iter=12, **settings).fit(*digits)
    part = MLPClassifier((11,), max_iter=5, **settings).fit(*digits)
    part = pickle.loads(pickle.dumps(part))  # noqa: S301 (as joblib does it)
    monkeypatch.setattr(choice, "LOADING", math.inf)
    part.set_params(max_iter=12).fit(*digits)
    assert engine_of(part) == engine_of(whole) == "compiled"
    assert difference(part, whole) == 0
    assert part.loss_curve_ == whole.loss_curve_


def test_the_engine_of_an_exact_fit_does_not_hang_on_max_iter(
    digits: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More epochs later must find the same engine as if they had been asked for at once."""
    monkeypatch.setattr(choice, "COMPILING", 0.0)
    monkeypatch.setattr(choice, "seconds_saved", lambda *_: 1.0)
    for cost, name in ((8 * 200 - 1, "compiled"), (8 * 200, "numpy")):
        monkeypatch.setattr(choice, "LOADING", cost)
        for epochs in (1, 3):
            mlp = MLPClassifier((5,), batch_size=64, warm_start="exact", max_iter=epochs)
            assert engine_of(mlp.fit(*digits)) == name


@pytest.mark.usefixtures("free")
def test_an_exact_fit_cannot_go_on_without_its_engine(
    digits: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NumPy would end with other bits; one line says what to type."""
    mlp = MLPClassifier((5,), max_iter=2, warm_start="exact").fit(*digits)
    monkeypatch.setattr(jit, "installed", lambda: False)
    message = (
        "MLPClassifier: expected the compiled engine it was started with, got no Numba or SciPy here; "
        "type: pip install '.[fast]'."
    )
    with pytest.raises(RunError, match=f"^{re.escape(message)}$"):
        mlp.set_params(max_iter=3).fit(*digits)


@pytest.mark.parametrize("layout", ["columns", "every other", "read-only"])
def test_samples_as_they_lie(
    layout: str, digits: Data, difference: Difference, compiled: Compiled
) -> None:
    """Column by column, as data frames have them, with gaps, or mapped from a file."""
    X, y = digits
    wide = np.repeat(X, 2, axis=1)
    lain = {"columns": np.asfortranarray(X), "every other": wide[:, ::2], "read-only": X.copy()}
    samples = lain[layout]
    samples.setflags(write=False)
    mlp = MLPClassifier((9,), max_iter=3, random_state=0).fit(X, y)
    (again,) = compiled(mlp, samples, y)
    assert difference(again, mlp) < 1e-10


def test_batches_that_weigh_nothing(
    digits: Data, difference: Difference, compiled: Compiled
) -> None:
    """They are passed over by both engines, in losses and in the steps of a schedule."""
    X, y = digits
    weights = np.r_[np.ones(67), np.zeros(333), np.full(67, 2.0)]
    mlp = MLPClassifier((9,), batch_size=67, shuffle=False, max_iter=3, learning_rate="cosine")
    mlp.set_params(random_state=0).fit(X, y, sample_weight=weights)
    (again,) = compiled(mlp, X, y, weights)
    assert difference(again, mlp) < 1e-10
    assert_allclose(again.loss_curve_, mlp.loss_curve_, rtol=1e-10)


@pytest.mark.usefixtures("free")
def test_a_fit_that_diverges_says_so_by_machine_code(values: Data) -> None:
    """scikit-learn's own sentence."""
    message = "Solver produced non-finite parameter weights."
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        MLPRegressor().fit(1e200 * values[0], values[1])


@pytest.mark.usefixtures("free")
def test_unscaled_inputs_go_on_by_machine_code(digits: Data) -> None:
    """Losses of many millions at first are no reason to stop."""
    mlp = MLPClassifier((9,), max_iter=5, random_state=0).fit(1e7 * digits[0], digits[1])
    assert mlp.loss_curve_[0] > 1e6
    assert mlp.n_iter_ == 5


# ------------------------------------------------------------------------------------- threads


def test_threads_that_blas_was_given() -> None:
    """A limit on BLAS is meant for whoever computes."""
    with threadpool_limits(1, user_api="blas"):
        assert threads_given() == 1


def test_a_thread_beside_others_takes_one() -> None:
    """As in joblib's threads, or in a server."""
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(threads_given).result() == 1


def test_never_more_than_there_are_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """BLAS may have been built for more."""
    monkeypatch.setattr(threads, "available_cores", lambda: 1)
    assert threads_given() == 1


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


def test_searches_in_processes_and_threads_share_the_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of joblib's workers takes its share of the cores, and ends where one alone does."""
    script = tmp_path / "script.py"
    script.write_text(JOBLIB)
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "2")
    command = [sys.executable, str(script)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines() == ["loky 1 1"] * 2 + ["threading 1 1"] * 2


@pytest.mark.usefixtures("free")
def test_a_search_finds_what_numpy_finds(digits: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same best parameters and scores."""
    from sklearn.model_selection import GridSearchCV

    results = []
    for cost in (0.0, math.inf):
        monkeypatch.setattr(choice, "LOADING", cost)
        grid = {"alpha": [1e-4, 10.0]}
        search = GridSearchCV(MLPClassifier((9,), max_iter=5, random_state=0), grid, cv=3)
        results.append(search.fit(*digits).cv_results_["mean_test_score"])
    assert_array_equal(*results)
