"""Single drawings: the values in each axes, and that Matplotlib's global state stays as it was."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
from PIL import Image

from inkling.errors import ShapeError
from inkling.plots.canvas import add_axes, drawable, new_figure, style, to_png
from inkling.plots.charts import (
    digit_sheet,
    draw_accuracy,
    draw_confusion,
    draw_images,
    draw_loss,
    draw_weights,
    history_figure,
)

matplotlib = pytest.importorskip("matplotlib")

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Epoch(NamedTuple):
    """The values of one epoch."""

    epoch: int
    train_loss: float = 0.5
    validation_loss: float | None = None
    train_accuracy: float | None = None
    validation_accuracy: float | None = None


@pytest.fixture
def axes() -> Iterator[Axes]:
    """An empty axes of 8 × 4 inches."""
    with style("A test"):
        yield add_axes(new_figure(6), "test", 1, 1, 8, 4)


def pixels(png: bytes) -> bytes:
    """The pixels of a PNG file."""
    return Image.open(io.BytesIO(png)).tobytes()


def texts(axes: Axes) -> list[str]:
    """Everything written into an axes."""
    return [text.get_text() for text in axes.texts]


def test_curves_hold_the_values_and_are_named_at_their_ends(axes: Axes) -> None:
    """Two lines with the given points; labels with the last values have the colors of the lines."""
    draw_loss(axes, [Epoch(1, 0.9, 0.8), Epoch(2, 0.5, 0.6), Epoch(3, 0.25, 0.55)])
    training, validation = axes.lines
    np.testing.assert_array_equal(training.get_xydata(), [[1, 0.9], [2, 0.5], [3, 0.25]])
    np.testing.assert_array_equal(validation.get_xydata(), [[1, 0.8], [2, 0.6], [3, 0.55]])
    assert {text.get_text(): text.get_color() for text in axes.texts} == {
        "training 0.250": training.get_color(),
        "validation 0.550": validation.get_color(),
    }
    assert training.get_color() != validation.get_color()


def test_labels_of_curves_that_meet_do_not_overlap(axes: Axes) -> None:
    """Equal last values: the two labels stand above each other."""
    draw_loss(axes, [Epoch(1, 0.9, 0.8), Epoch(2, 0.3, 0.3)])
    axes.figure.draw_without_rendering()  # type: ignore[union-attr]
    lower, upper = sorted((text.get_window_extent() for text in axes.texts), key=lambda box: box.y0)
    assert lower.y1 <= upper.y0


def test_accuracy_is_written_in_percent(axes: Axes) -> None:
    """0.9658 is 96.58 %, at the end of the curve and on the axis."""
    draw_accuracy(axes, [Epoch(1, train_accuracy=0.9), Epoch(2, train_accuracy=0.9658)])
    assert texts(axes) == ["training 96.58 %"]
    axes.figure.draw_without_rendering()  # type: ignore[union-attr]
    assert all(label.get_text().endswith(" %") for label in axes.get_yticklabels())


@pytest.mark.parametrize("epochs", [0, 1, 3, 300])
def test_any_number_of_epochs(axes: Axes, epochs: int) -> None:
    """Ticks are whole epochs, and losses that are not finite are left out."""
    draw_loss(axes, [Epoch(k, float("nan"), 1 / k) for k in range(1, epochs + 1)])
    to_png(axes.figure)  # type: ignore[arg-type]
    assert len(axes.lines) == (1 if epochs else 0)
    low, high = axes.get_xlim()
    if epochs:
        assert all(tick == round(tick) for tick in axes.get_xticks() if low <= tick <= high)


def test_confusion_matrix_counts_and_colors(axes: Axes) -> None:
    """Every count except zero is in its cell, and more mistakes give a stronger color."""
    confusion = np.array([[50, 0, 3], [1, 40, 0], [9, 2, 60]])
    draw_confusion(axes, confusion, ["a", "b", "c"])
    written = {text.get_position()[::-1]: int(text.get_text()) for text in axes.texts}
    assert written == {place: n for place, n in np.ndenumerate(confusion) if n}
    (image,) = axes.images
    shades = image.to_rgba(np.ma.asarray(image.get_array()))[..., :3].sum(axis=2)
    order = [shades[2, 0], shades[0, 2], shades[2, 1], shades[1, 0], shades[0, 1]]
    assert order == sorted(order)
    assert shades[0, 1] == 3  # no mistake: white
    assert shades[0, 0] == shades[1, 1] == shades[2, 2]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b", "c"]


def test_large_confusion_matrix_has_colors_only(axes: Axes) -> None:
    """Numbers would not be legible in 47 × 47 cells; the names are all there."""
    names = [chr(ord("A") + k) for k in range(47)]
    draw_confusion(axes, np.full((47, 47), 2), names)
    assert texts(axes) == []
    assert [label.get_text() for label in axes.get_xticklabels()] == names


def test_images_lie_in_rows_without_overlap(axes: Axes) -> None:
    """Seven images in rows of three, in order, with square pixels, inside the axes."""
    images = np.random.default_rng(2).integers(0, 256, (7, 9, 15), dtype=np.uint8)
    captions = ["an apple\n3 %", "b", "c", "d", "e", "f", "g"]
    draw_images(axes, images, captions, columns=3)
    assert texts(axes) == captions
    boxes = []
    for drawn, image in zip(axes.images, images, strict=True):
        np.testing.assert_array_equal(np.asarray(drawn.get_array()), image)
        left, right, bottom, top = drawn.get_extent()
        assert (right - left) / 15 == pytest.approx((bottom - top) / 9)
        assert -1e-9 < left < right < 8 + 1e-9
        assert -1e-9 < top < bottom < 4
        boxes.append((left, top, right, bottom))
    for k, (_, _, right, bottom) in enumerate(boxes):
        assert all(left >= right or top >= bottom for left, top, _, _ in boxes[k + 1 :])


def test_ink_is_dark_and_paper_light(axes: Axes) -> None:
    """255 is drawn darker than 0, as on paper."""
    draw_images(axes, np.array([[[0, 255]]], dtype=np.uint8), ["x"], columns=1)
    paper, ink = axes.images[0].to_rgba(np.array([0.0, 255.0]))[:, :3].sum(axis=1)
    assert ink < 1 < 2.5 < paper


def test_weights_are_pictures_on_one_scale_centered_at_zero(axes: Axes) -> None:
    """Each column becomes a picture; zero is white; both ends of the scale are equally far away."""
    weights = np.random.default_rng(4).normal(size=(15, 7)) + 0.3
    full = draw_weights(axes, weights, (3, 5), columns=3)
    for unit, drawn in zip(weights.T, axes.images, strict=True):
        np.testing.assert_array_equal(np.asarray(drawn.get_array()), unit.reshape(3, 5))
        assert drawn.get_clim() == (-full, full)
    negative, zero, positive = axes.images[0].to_rgba(np.array([-full, 0, full]))[:, :3]
    np.testing.assert_allclose(zero, 1, atol=0.01)
    assert positive[2] > positive[0]  # blue
    assert negative[0] > negative[2]  # orange
    assert 0.99 <= (np.abs(weights) <= full).mean() < 1


def test_weights_that_are_all_zero_can_be_drawn(axes: Axes) -> None:
    """A network that has not been initialized is a white picture."""
    assert draw_weights(axes, np.zeros((15, 3)), (3, 5), columns=7) == 1
    to_png(axes.figure)  # type: ignore[arg-type]


def test_arrays_that_do_not_fit_raise(axes: Axes) -> None:
    """The message gives the expected shape."""
    with pytest.raises(ShapeError, match=r"draw_confusion: .*\(3, 3\), got \(5, 5\)"):
        draw_confusion(axes, np.eye(5, dtype=int), ["a", "b", "c"])
    with pytest.raises(ShapeError, match=r"draw_weights: .*\(21, O\), got \(15, 4\)"):
        draw_weights(axes, np.zeros((15, 4)), (3, 7), columns=3)
    with pytest.raises(ShapeError, match="at least one image"):
        digit_sheet(np.zeros((0, 5, 7), dtype=np.uint8), [])
    with pytest.raises(ShapeError, match=r"digit_sheet: .*\(3, H, W\), got \(4, 5, 7\)"):
        digit_sheet(np.zeros((4, 5, 7), dtype=np.uint8), ["a", "b", "c"])


@pytest.mark.parametrize(("count", "columns"), [(1, 10), (7, 5), (50, 10)])
def test_pictures_for_files_are_1600_pixels_wide(count: int, columns: int) -> None:
    """Any number of images, and names that no font or encoding has."""
    images = np.random.default_rng(6).integers(0, 256, (count, 9, 7), dtype=np.uint8)
    names = ["a $ name", "数字", "\udcff"] * 20
    sheet = digit_sheet(images, names[:count], columns=columns)
    chart = to_png(history_figure([Epoch(k, 1 / k) for k in range(1, count + 1)]))
    assert [Image.open(io.BytesIO(png)).width for png in (sheet, chart)] == [1600, 1600]


def test_a_figure_keeps_its_style() -> None:
    """It looks the same when it is saved later, or shown by a notebook."""
    history = [Epoch(k, 1 / k) for k in range(1, 5)]
    with style("A test"):
        inside = to_png(history_figure(history))
    figure = history_figure(history)
    for later in (to_png(figure), figure._repr_png_()):  # type: ignore[attr-defined]
        assert pixels(later) == pixels(inside)


def test_names_that_can_be_drawn() -> None:
    """Escapes for what does not print; a box for what the font lacks, or a letter's name."""
    assert drawable("おを") == "owo"
    assert drawable("ä [b] $x_1$ →") == "ä [b] $x_1$ →"
    assert drawable("漢\n\udcff") == r"□\n\udcff"


def test_global_state_is_untouched() -> None:
    """Drawing does not load pyplot and leaves Matplotlib's settings alone."""
    program = """
import sys
import numpy as np
import inkling.plots.charts, inkling.plots.report
assert "matplotlib" not in sys.modules
import matplotlib
names = set(matplotlib.rcParams) - {"backend"}  # reading it would load pyplot
before = {name: matplotlib.rcParams[name] for name in names}
inkling.plots.charts.digit_sheet(np.zeros((3, 5, 7), dtype=np.uint8), ["a", "b", "c"])
assert "matplotlib.pyplot" not in sys.modules
assert {name: matplotlib.rcParams[name] for name in names} == before
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=60)
