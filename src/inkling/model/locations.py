"""Where models are: the two that ship with Inkling, and those of your runs."""

from __future__ import annotations

from pathlib import Path

from inkling._files import MODEL

SHIPPED = Path(__file__).with_name("digits.safetensors")
"""The model that comes with Inkling."""
LOOK = Path(__file__).with_name("look.safetensors")
"""A second one that comes with it, so small that the page shows every unit."""
NAMED = {"shipped": SHIPPED, "look": LOOK}
"""Their names, those of the presets by which they were trained."""
RUNS = Path("runs")
"""The folder of the run directories, in the current folder."""


def find_models(folder: Path = RUNS) -> list[Path]:
    """Returns the model files in a folder of run directories, or in one of them, newest first."""
    found = [path for path in (folder / MODEL, *folder.glob(f"*/{MODEL}")) if path.is_file()]
    return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)


def model_file(path: Path) -> Path:
    """Returns the model file of a run directory; any other path as it is."""
    inside = path / MODEL
    return inside if inside.is_file() else path
