"""Benchmarks are programs beside the package; for their tests they are imported from the root."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))  # at the end: no module of ours can hide an installed one
