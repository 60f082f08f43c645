"""scikit-learn's own tests for these estimators: its common checks, and those of its MLPs."""

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

EXCLUDED = "test_gradient"
"""It calls the private _loss_grad_lbfgs; the gradient check of networks takes its place."""

LOGITS = {"check_classifiers_multilabel_output_format_decision_function": "skipped"}
"""Neither has a decision_function, which meta-estimators would prefer to predict_proba."""


def quiet_environment(**more: str) -> dict[str, str]:
    """Returns an environment with one BLAS thread, because the tests use tiny arrays."""
    return {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", **more}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "at_least"), [("MLPClassifier", 60), ("MLPRegressor", 50)])
def test_every_common_check_passes(name: str, at_least: int) -> None:
    """No check of check_estimator fails; one is skipped, as for scikit-learn's own classifier."""
    outcome = subprocess.run(
        [sys.executable, "-c", CHECKS.replace("NAME", name)],
        # SciPy reads the variable at import, which requires a new process.
        env=quiet_environment(SCIPY_ARRAY_API="1"),
        capture_output=True,
        text=True,
        check=True,
    )
    results = json.loads(outcome.stdout)
    others = {check: status for check, status, _ in results if status != "passed"}
    assert others == (LOGITS if name == "MLPClassifier" else {})
    assert len(results) >= at_least


@pytest.mark.slow
def test_scikit_learns_own_tests_pass(tmp_path: Path) -> None:
    """All tests of test_mlp.py but one pass with the two classes replaced."""
    (tmp_path / "with_inkling.py").write_text(PLUGIN, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    module = "sklearn.neural_network.tests.test_mlp"
    command = [sys.executable, "-m", "pytest", "-p", "with_inkling", "-p", "no:cacheprovider"]
    command += ["-q", "-rsf", "-c", "pytest.ini", "--rootdir", str(tmp_path), "--pyargs", module]
    command += ["-k", f"not {EXCLUDED}"]
    outcome = subprocess.run(
        command,
        cwd=tmp_path,
        env=quiet_environment(
            PYTHONPATH=f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
        ),
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
