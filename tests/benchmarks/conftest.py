"""Benchmarks are scripts outside the package; their folder is on the path as when they run."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))  # at the end: it hides no module
