"""The report page: the right mistakes, the right figures, and no run that it cannot draw."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.stats import entropy

from inkling.errors import ShapeError
from inkling.model.metrics import most_confident_mistakes
from inkling.plots import report
from inkling.plots.canvas import style, to_png
from inkling.plots.report import RunResults, draw_report, write_report

pytest.importorskip("matplotlib")

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Epoch:
    """A record as a training history has it."""

    epoch: int
    train_loss: float
    train_accuracy: float | None = None
    validation_loss: float | None = None
    validation_accuracy: float | None = None


def results(
    n: int = 120,
    n_classes: int = 10,
    right: float = 0.5,
    shape: tuple[int, int] = (7, 5),
    units: int = 40,
    **changes: Any,
) -> RunResults:
    """A run with random answers, of which about the share ``right`` is right."""
    rng = np.random.default_rng(11)
    probabilities = rng.dirichlet(np.ones(n_classes), n).astype(np.float32)
    answers = probabilities.argmax(axis=1)
    wrong = (answers + rng.integers(1, n_classes, n)) % n_classes
    given_: dict[str, Any] = {
        "dataset": "a data set",
        "architecture": "35 – 40 – 10, ReLU, softmax",
        "history": [Epoch(k, 1 / k, 1 - 0.5 / k, 1.2 / k, 1 - 0.6 / k) for k in (1, 2, 3)],
        "train_seconds": 7.41,
        "classes": [str(k) for k in range(n_classes)],
        "labels": np.where(rng.random(n) < right, answers, wrong),
        "probabilities": probabilities,
        "images": rng.integers(0, 256, (n, *shape), dtype=np.uint8),
        "first_weights": rng.normal(size=(shape[0] * shape[1], units)).astype(np.float32),
    }
    return RunResults(**(given_ | changes))


def drawn(run: RunResults) -> Figure:
    """The page, rendered once so that everything that can fail has been tried."""
    with style("A test"):
        figure = draw_report(run)
        to_png(figure)
        return figure


def part(figure: Figure, label: str) -> Axes:
    """One axes of the page."""
    return next(axes for axes in figure.axes if axes.get_label() == label)


def page_texts(figure: Figure) -> str:
    """Everything written outside the axes."""
    return "\n".join(text.get_text() for text in figure.texts)


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(2, 7), st.integers(0, 12), st.integers(0, 2**32 - 1))
def test_mistakes_are_the_most_confident_wrong_ones_in_order(
    n: int, n_classes: int, at_most: int, seed: int
) -> None:
    """Against a plain search, with coarse probabilities so that equals occur."""
    rng = np.random.default_rng(seed)
    probabilities = rng.integers(0, 6, (n, n_classes)) / 5
    labels = rng.integers(0, n_classes, n)
    wrong = []
    for k in range(n):
        row = probabilities[k].tolist()
        if row.index(max(row)) != labels[k]:
            wrong.append((-max(row), k))
    expected = [k for _, k in sorted(wrong)][:at_most]
    assert most_confident_mistakes(labels, probabilities, at_most).tolist() == expected


def test_mistakes_need_probabilities_of_every_sample() -> None:
    """Predicted classes are not probabilities; four rows are not three samples."""
    labels = np.array([0, 1, 2])
    message = "most_confident_mistakes: expected probabilities of shape (N, C), got (3,)."
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        most_confident_mistakes(labels, np.zeros(3), 5)
    message = "most_confident_mistakes: expected as many labels as predicted classes, got 3 and 4."
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        most_confident_mistakes(labels, np.zeros((4, 5)), 5)


def test_page_shows_the_mistakes_with_truth_answer_and_confidence() -> None:
    """The 25 images and their captions, most confident first."""
    run = results()
    axes = part(drawn(run), "mistakes")
    answers = run.probabilities.argmax(axis=1)
    wrong = [k for k in range(120) if answers[k] != run.labels[k]]
    wrong.sort(key=lambda k: -run.probabilities[k].max())
    assert len(wrong) > 25
    assert len(axes.images) == 25
    written = [text.get_text() for text in axes.texts]
    for place, k in enumerate(wrong[:25]):
        np.testing.assert_array_equal(np.asarray(axes.images[place].get_array()), run.images[k])
        assert written[2 * place] == f"{run.labels[k]} → {answers[k]}"
        assert written[2 * place + 1] == f"{100 * run.probabilities[k].max():.1f} %"


def test_no_mistake_is_called_certain() -> None:
    """A confidence of 99.999 % is not written as 100 %."""
    probabilities = np.tile(np.array([1, 0, 0], dtype=np.float32), (5, 1))
    run = results(n=5, n_classes=3, probabilities=probabilities, labels=np.array([1, 0, 0, 2, 0]))
    written = [text.get_text() for text in part(drawn(run), "mistakes").texts]
    assert written == ["1 → 0", "99.9 %", "2 → 0", "99.9 %"]


def test_header_says_what_was_measured_on_what() -> None:
    """Data set, architecture, accuracy with its interval, number of images, epochs and time."""
    labels = np.zeros(10_000, dtype=np.uint8)
    probabilities = np.tile(np.array([0.75, 0.25, 0]), (10_000, 1))
    probabilities[:342] = [0.25, 0.75, 0]
    run = results(n=10_000, n_classes=3, shape=(3, 5), labels=labels, probabilities=probabilities)
    words = page_texts(drawn(run))
    assert "a data set" in words
    assert "35 – 40 – 10, ReLU, softmax" in words
    assert "96.58 %" in words
    assert "95 % interval 96.21 to 96.92 %" in words
    assert "measured on 10,000 images" in words
    assert "trained for 3 epochs in 7.4 s" in words
    assert "The 25 most confident of 342 mistakes" in words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"),
        (59.94, "59.9 s"),
        (75.2, "1 min 15 s"),
        (3725, "1 h 2 min"),
        (605, "10 min 05 s"),
    ],
)
def test_training_time_is_written_for_people(seconds: float, words: str) -> None:
    """Seconds, minutes, hours."""
    assert f"in {words}" in page_texts(drawn(results(train_seconds=seconds)))


def test_curves_come_from_the_history() -> None:
    """Loss as it is, accuracy in per cent."""
    figure = drawn(results())
    loss, accuracy = part(figure, "loss"), part(figure, "accuracy")
    training, validation = (np.asarray(line.get_xydata()) for line in loss.lines)
    np.testing.assert_allclose(training, np.array([[1, 1], [2, 1 / 2], [3, 1 / 3]]))
    np.testing.assert_allclose(validation, np.array([[1, 1.2], [2, 0.6], [3, 0.4]]))
    assert {text.get_text() for text in accuracy.texts} == {
        "training 83.33 %",
        "validation 80.00 %",
    }


def test_confusion_matrix_is_that_of_the_answers() -> None:
    """Counted by hand for one cell and in total."""
    run = results()
    axes = part(drawn(run), "confusion")
    answers = run.probabilities.argmax(axis=1)
    cells = {text.get_position(): int(text.get_text()) for text in axes.texts}
    assert sum(cells.values()) == 120
    assert cells[(4, 4)] == sum((answers == 4) & (run.labels == 4))


CASES: dict[str, dict[str, Any]] = {
    "3 classes with long names": {"n_classes": 3, "classes": ["T-shirt", "Ankle boot", "x" * 40]},
    "47 classes": {"n_classes": 47, "n": 600, "classes": [chr(65 + k) for k in range(47)]},
    "12 classes with long names": {"n_classes": 12, "classes": ["number $ 数"] * 12},
    "no mistakes": {"right": 1.1},
    "one mistake": {"n": 3, "n_classes": 3, "labels": np.array([1, 1, 1])},
    "only mistakes": {"right": -1.0},
    "no validation": {"history": [Epoch(1, 0.5, 0.9), Epoch(2, 0.4, 0.95)]},
    "no accuracy": {"history": [Epoch(1, 0.5), Epoch(2, 0.4)]},
    "one epoch": {"history": [Epoch(1, 0.5, 0.9, 0.6, 0.8)]},
    "no epoch": {"history": []},
    "few units": {"units": 3},
    "a wide input": {"shape": (5, 31)},
    "a tall input": {"shape": (31, 5)},
    "long words": {"dataset": "a folder " * 12, "architecture": "784 – 1024 – 10, " * 12},
}


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_no_run_that_cannot_be_drawn(case: dict[str, Any]) -> None:
    """Everything inside the page and legible apart: no heading touches the part above it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = drawn(results(**case))
    page = figure.bbox
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    heading = next(text for text in figure.texts if text.get_text() == "First-layer weights")
    for axes in figure.axes:
        box = axes.get_tightbbox(renderer)
        assert box is not None
        assert box.x0 >= page.x0
        assert box.x1 <= page.x1
        assert box.y0 >= page.y0
        if axes.get_label() in {"accuracy", "confusion"}:
            assert box.y0 > heading.get_window_extent(renderer).y1
    for text in figure.texts:
        box = text.get_window_extent(renderer)
        assert page.x0 <= box.x0
        assert box.x1 <= page.x1


def test_no_mistakes_are_announced() -> None:
    """The page says so instead of leaving a gap."""
    figure = drawn(results(right=1.1))
    assert "No mistakes\nall test images are read correctly" in page_texts(figure)
    assert "mistakes" not in [axes.get_label() for axes in figure.axes]


def test_units_are_counted() -> None:
    """At most 36 pictures, and the remark says of how many."""
    figure = drawn(results(units=40))
    assert len(part(figure, "weights").images) == 36
    assert "36 of 40 units" in page_texts(figure)
    figure = drawn(results(units=3))
    assert len(part(figure, "weights").images) == 3
    assert "all 3 units" in page_texts(figure)


def test_report_is_a_png_for_a_readme(tmp_path: Path) -> None:
    """1600 pixels wide and below 500 KB; an old report is replaced and nothing else is left behind."""
    path = tmp_path / "report.png"
    path.write_bytes(b"old")
    write_report(path, results(shape=(28, 28)))
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        assert picture.size[0] == 1600
    assert path.stat().st_size < 500_000
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classes": ["a", "b", "c"]}, "probabilities of shape (N, 3), got (120, 10)."),
        ({"labels": np.zeros(7, dtype=int)}, "labels of shape (120,), got (7,)."),
        ({"images": np.zeros((120, 35))}, "images of shape (120, H, W), got (120, 35)."),
        ({"first_weights": np.zeros((36, 5))}, "first_weights of shape (35, O), got (36, 5)."),
    ],
)
def test_results_that_do_not_fit_are_refused(changes: dict[str, Any], message: str) -> None:
    """Before anything is drawn."""
    with pytest.raises(ShapeError, match=f"^{re.escape('RunResults: expected ' + message)}$"):
        results(**changes)


def test_the_loss_says_how_low_it_can_go() -> None:
    """With label smoothing the least loss is the target's entropy, SciPy's of ε/C and 1 − ε + ε/C."""
    least = entropy([0.9 + 0.1 / 10] + 9 * [0.1 / 10])
    assert report._about_loss(0.1, 10) == (
        f"mean over the images; {least:.2f} at the least, as labels are smoothed"
    )
    assert report._about_loss(0.0, 10) == "mean over the images"
