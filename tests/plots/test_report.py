"""The report page: its values, and that any run can be drawn."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from inkling.plots.canvas import style
from inkling.plots.report import Mistake, Report, draw_report, write_report
from inkling.training.history import EpochRecord

pytest.importorskip("matplotlib")

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def epoch(number: int, accuracy: float | None = 0.9, held_out: float | None = 0.8) -> EpochRecord:
    """A record whose losses and accuracies fall and rise with its number."""
    loss = None if held_out is None else 1.2 / number
    return EpochRecord(number, 1 / number, accuracy, loss, held_out, 0.1, 1.0, 1.0)


def report(
    n_classes: int = 10, shape: tuple[int, int] = (7, 5), mistakes: int = 30, **changes: Any
) -> Report:
    """The report of a made-up run."""
    rng = np.random.default_rng(11)
    classes = changes.get("classes", [str(k) for k in range(n_classes)])
    confusion = 40 * np.eye(n_classes, dtype=int)
    confusion[1, 0] = mistakes
    images = rng.integers(0, 256, (mistakes, *shape), dtype=np.uint8)
    values: dict[str, Any] = {
        "dataset": "a data set",
        "architecture": "35 → 40 relu → 10 softmax",
        "history": [epoch(k) for k in (1, 2, 3)],
        "train_seconds": 7.41,
        "classes": classes,
        "confusion": confusion,
        "interval": (0.9621, 0.9692),
        "mistakes": [
            Mistake(image, classes[1], classes[0], 1 / (k + 1)) for k, image in enumerate(images)
        ],
        "weights": rng.normal(size=(shape[0] * shape[1], 40)),
        "image_shape": shape,
    }
    return Report(**(values | changes))


def drawn(contents: Report) -> Figure:
    """The page, laid out once so that everything that can fail has been tried."""
    with style("A test"):
        figure = draw_report(contents)
        figure.draw_without_rendering()
        return figure


def part(figure: Figure, label: str) -> Axes:
    """One axes of the page."""
    return next(axes for axes in figure.axes if axes.get_label() == label)


def page_texts(figure: Figure) -> str:
    """Everything written outside the axes."""
    return "\n".join(text.get_text() for text in figure.texts)


def test_page_shows_what_it_is_given() -> None:
    """Header, curves, confusion matrix, the first 25 mistakes with captions, and weights."""
    contents = report(least_loss=0.5003)
    figure = drawn(contents)
    words = page_texts(figure)
    for expected in (
        *("a data set", "35 → 40 relu → 10 softmax", "93.02 %", "95 % interval 96.21 to 96.92 %"),
        *("measured on 430 images", "trained for 3 epochs in 7.4 s", "at least 0.50 because"),
        *("The 25 most confident of 30 mistakes", "36 of 40 units"),
    ):
        assert expected in words
    assert len(part(figure, "loss").lines) == len(part(figure, "accuracy").lines) == 2
    counts = [int(text.get_text()) for text in part(figure, "confusion").texts]
    assert sum(counts) == 430
    mistakes = part(figure, "mistakes")
    for place in range(25):
        shown = np.asarray(mistakes.images[place].get_array())
        np.testing.assert_array_equal(shown, contents.mistakes[place].image)
    captions = [text.get_text() for text in mistakes.texts]
    # No confidence is rounded up to 100 %.
    assert captions[:3] == ["1 → 0  99.9 %", "1 → 0  50.0 %", "1 → 0  33.3 %"]
    assert len(captions) == 25
    assert len(part(figure, "weights").images) == 36


def test_a_long_training_time_is_written_in_hours() -> None:
    """Hours, minutes and seconds."""
    assert "in 1:02:05" in page_texts(drawn(report(train_seconds=3725)))


CASES: dict[str, dict[str, Any]] = {
    "3 classes with long names": {"n_classes": 3, "classes": ["T-shirt", "Ankle boot", "x" * 40]},
    "47 classes": {"n_classes": 47, "classes": [chr(65 + k) for k in range(47)]},
    "12 classes with long names": {"n_classes": 12, "classes": ["number $ 数"] * 12},
    "no mistakes": {"mistakes": 0},
    "one mistake": {"mistakes": 1},
    "no accuracy": {"history": [epoch(1, None, None), epoch(2, None, None)]},
    "no epoch": {"history": []},
    "few units": {"weights": np.ones((35, 3))},
    "a wide input": {"shape": (5, 31)},
    "a tall input": {"shape": (31, 5)},
    "long words": {"dataset": "a folder \udcff" * 12, "architecture": "784 → 1024 → 10, " * 12},
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_any_run_can_be_drawn(case: dict[str, Any]) -> None:
    """Everything stays inside the page, and no part covers the heading below it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = drawn(report(**case))
    page = figure.bbox
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    heading = next(text for text in figure.texts if text.get_text() == "First-layer weights")
    for axes in figure.axes:
        box = axes.get_tightbbox(renderer)
        assert box is not None
        assert page.x0 <= box.x0 < box.x1 <= page.x1
        assert page.y0 <= box.y0
        if axes.get_label() in {"accuracy", "confusion"}:
            assert box.y0 > heading.get_window_extent(renderer).y1
    for text in figure.texts:
        box = text.get_window_extent(renderer)
        assert page.x0 <= box.x0
        assert box.x1 <= page.x1


def test_a_run_without_mistakes_is_announced() -> None:
    """The page has a sentence instead of a gap."""
    figure = drawn(report(mistakes=0))
    assert "No mistakes\nall test images are read correctly" in page_texts(figure)
    assert "mistakes" not in [axes.get_label() for axes in figure.axes]


def test_report_is_a_png_for_a_readme(tmp_path: Path) -> None:
    """1600 pixels wide and below 500 KB; an old report is replaced and no other file is left."""
    path = tmp_path / "report.png"
    path.write_bytes(b"old")
    write_report(path, report(shape=(28, 28)))
    with Image.open(path) as picture:
        assert (picture.format, picture.width) == ("PNG", 1600)
    assert path.stat().st_size < 500_000
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("backend", ["bogus", "svg", "module://no_such_module"])
def test_the_backend_does_not_matter(tmp_path: Path, backend: str) -> None:
    """MPLBACKEND may be unknown, or absent here, as in a notebook's terminal; a valid one is kept."""
    program = """
import os
from inkling.plots import canvas
with canvas.style("a test"):
    print(canvas.to_png(canvas.new_figure(1))[1:4])
import matplotlib
backend = os.environ["MPLBACKEND"]
print(backend, backend == "bogus" or matplotlib.get_backend() == backend)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": backend},
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout.splitlines() == ["b'PNG'", f"{backend} True"]
