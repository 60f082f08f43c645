"""scikit-learn's own tests, run against these estimators: its common checks, and those of its MLPs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pandas", reason="some checks need pandas: pip install '.[dev]'")

CHECKS = """
import json, warnings
from sklearn.utils.estimator_checks import check_estimator
import inkling

warnings.simplefilter("ignore")
results = check_estimator(inkling.NAME(), on_skip=None, on_fail=None)
print(json.dumps([[r["check_name"], r["status"], repr(r["exception"])] for r in results]))
"""

PLUGIN = """
import sklearn.neural_network as home
import inkling

home.MLPClassifier, home.MLPRegressor = inkling.MLPClassifier, inkling.MLPRegressor


def pytest_collection_finish(session):
    module = session.items[0].module
    assert module.MLPClassifier is inkling.MLPClassifier
    assert module.MLPRegressor is inkling.MLPRegressor
"""
"""Both names are replaced before the tests import them."""

REACH_INTO_PRIVATE_NAMES = {
    "test_gradient": "calls _loss_grad_lbfgs; here the gradient check of the network does that",
    "test_learning_rate_warmstart": "reads _optimizer.learning_rate; here a callback is told the rate",
    "test_adaptive_learning_rate": "reads _optimizer.learning_rate; here a callback is told the rate",
}
"""Tests of scikit-learn's own insides, by what they touch; three more do so and pass all the same:
test_fit sets the attributes of a fit by hand, test_n_iter_no_change and test_n_iter_no_change_inf read
_no_improvement_count, which bears the same name here."""


def quiet_environment(**more: str) -> dict[str, str]:
    """One BLAS thread, as the tests use tiny arrays and other processes may run beside them."""
    return {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", **more}


@pytest.mark.parametrize(("name", "at_least"), [("MLPClassifier", 60), ("MLPRegressor", 50)])
def test_every_common_check_passes(name: str, at_least: int) -> None:
    """check_estimator: none fails, none is skipped, none is expected to fail."""
    outcome = subprocess.run(
        [sys.executable, "-c", CHECKS.replace("NAME", name)],
        # SciPy reads it when it is imported, so it takes a process of its own.
        env=quiet_environment(SCIPY_ARRAY_API="1"),
        capture_output=True,
        text=True,
        check=True,
    )
    results = json.loads(outcome.stdout)
    assert [result for result in results if result[1] != "passed"] == []
    assert len(results) >= at_least


def test_scikit_learns_own_tests_pass(tmp_path: Path) -> None:
    """All of test_mlp.py that uses the public face, with the two names replaced."""
    (tmp_path / "with_inkling.py").write_text(PLUGIN, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    module = "sklearn.neural_network.tests.test_mlp"
    command = [sys.executable, "-m", "pytest", "-p", "with_inkling", "-p", "no:cacheprovider"]
    command += ["-q", "-rsf", "-c", "pytest.ini", "--rootdir", str(tmp_path), "--pyargs", module]
    command += ["-k", " and ".join(f"not {name}" for name in REACH_INTO_PRIVATE_NAMES)]
    outcome = subprocess.run(
        command,
        cwd=tmp_path,
        env=quiet_environment(PYTHONPATH=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stdout[-4000:] + outcome.stderr[-1000:]
    counts = outcome.stdout.splitlines()[-1]
    passed = re.search(r"(\d+) passed", counts)
    assert passed is not None
    assert int(passed[1]) >= 50
    assert "failed" not in counts
    assert "skipped" not in counts
