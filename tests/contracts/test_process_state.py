"""What belongs to the whole process stays as it was, also if threads work at the same time."""

from __future__ import annotations

import io
import locale
import os
import random
import re
import signal
import sys
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from PIL import Image

import inkling
from inkling.data.dataset import Dataset
from inkling.errors import ImageError
from inkling.image.open import open_image
from inkling.model.file import load_model
from inkling.model.model import Model
from inkling.plots.charts import digit_sheet
from inkling.recognize.recognizer import Recognizer
from inkling.training.run import train

SETTERS = (
    r"catch_warnings|np\.seterr|setlocale|random\.seed|MAX_IMAGE_PIXELS|os\.chdir|setrecursionlimit"
)
"""What sets something for the whole process; set and restored by two threads at once, it stays set."""


def state() -> dict[str, Any]:
    """What a program may have set for its process."""
    return {
        "warnings": [*warnings.filters],
        "errors": np.geterr(),
        "environment": dict(os.environ),
        "interrupt": signal.getsignal(signal.SIGINT),
        "locale": locale.setlocale(locale.LC_ALL),
        "random": (random.getstate(), repr(np.random.get_state())),  # noqa: NPY002
        "pixels": Image.MAX_IMAGE_PIXELS,
        "style": {name: matplotlib.rcParams[name] for name in ("font.family", "text.parse_math")},
    }


def open_pictures() -> None:
    """Opens a good picture, a damaged one, and one that is too large."""
    file = io.BytesIO()
    Image.new("L", (50, 50), "white").save(file, "TIFF", compression="tiff_lzw")
    for content in (file.getvalue(), file.getvalue()[:200], b"P5 9500 9500 255\n"):
        with suppress(ImageError):
            open_image(content)


def test_threads_leave_the_process_as_it_was(
    strokes: Dataset, strokes_model: Model, tmp_path: Path
) -> None:
    """Reading, drawing, training and loading, all at once."""
    model_file = tmp_path / "m.safetensors"
    strokes_model.save(model_file)
    page = np.full((100, 160), 230, np.uint8)
    page[30:70, 40:44] = page[30:70, 100:104] = 40
    work: list[Callable[[], Any]] = [
        open_pictures,
        lambda: Recognizer(model_file).read(page),
        lambda: digit_sheet(strokes.test.images[:3], ["$x", "漢", "\x1b"]),
        lambda: train(strokes, hidden=(9,), epochs=1, engine="numpy"),
        lambda: load_model(model_file).predict_proba(strokes.test.images),
    ]
    work[2]()  # imports Matplotlib
    before, interval = state(), sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as pool:
            for done in [pool.submit(task) for task in work * 4]:
                done.result()
    finally:
        sys.setswitchinterval(interval)
    assert state() == before


def test_no_module_sets_what_belongs_to_the_process() -> None:
    """Not even to restore it afterwards: of two threads, one would restore what the other has set."""
    for path in Path(inkling.__file__).parent.rglob("*.py"):
        assert not re.findall(SETTERS, path.read_text(encoding="utf-8")), path
