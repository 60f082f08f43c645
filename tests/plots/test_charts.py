"""The parts of the report: what each axes holds, and that nothing global is touched."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from inkling.errors import MissingExtraError, ShapeError
from inkling.plots.canvas import add_axes, new_figure, style, to_png
from inkling.plots.charts import digit_sheet, draw_confusion, draw_curves, draw_images, draw_weights

matplotlib = pytest.importorskip("matplotlib")

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@pytest.fixture
def axes() -> Iterator[Axes]:
    """An empty axes of 8 × 4 inches."""
    with style("A test"):
        yield add_axes(new_figure(6), "test", 1, 1, 8, 4)


def texts(axes: Axes) -> list[str]:
    """Everything written into an axes, in the order of writing."""
    return [text.get_text() for text in axes.texts]


def test_curves_hold_the_values_and_are_named_at_their_ends(axes: Axes) -> None:
    """Two lines with the given points; the last values stand beside them."""
    draw_curves(axes, [1, 2, 3], [0.9, 0.5, 0.25], [0.8, 0.6, 0.55])
    training, validation = axes.lines
    np.testing.assert_array_equal(training.get_xydata(), [[1, 0.9], [2, 0.5], [3, 0.25]])
    np.testing.assert_array_equal(validation.get_xydata(), [[1, 0.8], [2, 0.6], [3, 0.55]])
    assert sorted(texts(axes)) == ["training 0.250", "validation 0.550"]
    assert training.get_color() != validation.get_color()
    colours = {text.get_text().split()[0]: text.get_color() for text in axes.texts}
    assert colours == {"training": training.get_color(), "validation": validation.get_color()}


def test_names_of_curves_that_meet_do_not_overlap(axes: Axes) -> None:
    """Equal last values: the two names stand above each other, clear of one another."""
    draw_curves(axes, [1, 2, 3], [0.9, 0.5, 0.3], [0.8, 0.6, 0.3])
    axes.figure.draw_without_rendering()  # type: ignore[union-attr]
    lower, upper = sorted((text.get_window_extent() for text in axes.texts), key=lambda box: box.y0)
    assert lower.y1 <= upper.y0


def test_shares_are_written_in_per_cent(axes: Axes) -> None:
    """0.9658 is 96.58 %, at the curve's end and on the axis."""
    draw_curves(axes, [1, 2], [0.9, 0.9658], [None, None], percent=True)
    assert len(axes.lines) == 1
    assert texts(axes) == ["training 96.58 %"]
    axes.figure.draw_without_rendering()  # type: ignore[union-attr]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels
    assert all(label.endswith(" %") for label in labels)


@pytest.mark.parametrize("epochs", [0, 1, 3, 300])
def test_any_number_of_epochs(axes: Axes, epochs: int) -> None:
    """None, one or many; epochs are whole numbers on the axis; what is not finite is left out."""
    values = [1 / (epoch + 1) for epoch in range(epochs)]
    draw_curves(axes, range(1, epochs + 1), [float("nan")] * epochs, values)
    to_png(axes.figure)  # type: ignore[arg-type]
    assert len(axes.lines) == (1 if epochs else 0)
    low, high = axes.get_xlim()
    if epochs:
        assert all(tick == round(tick) for tick in axes.get_xticks() if low <= tick <= high)


def test_confusion_matrix_counts_and_colours(axes: Axes) -> None:
    """Every count that is not zero stands in its cell; the most frequent mistake is the strongest."""
    confusion = np.array([[50, 0, 3], [1, 40, 0], [9, 2, 60]])
    draw_confusion(axes, confusion, ["a", "b", "c"])
    written = {
        (text.get_position()[1], text.get_position()[0]): text.get_text() for text in axes.texts
    }
    assert written == {
        (0, 0): "50",
        (0, 2): "3",
        (1, 0): "1",
        (1, 1): "40",
        (2, 0): "9",
        (2, 1): "2",
        (2, 2): "60",
    }
    shades = np.asarray(axes.images[0].get_array())[..., :3].sum(axis=2)
    order = [shades[2, 0], shades[0, 2], shades[2, 1], shades[1, 0], shades[0, 1]]
    assert order == sorted(order)
    assert shades[0, 1] == 3  # no mistake, no colour
    assert shades[0, 0] == shades[1, 1] == shades[2, 2]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b", "c"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("answer", "truth")


def test_large_confusion_matrix_has_colours_only(axes: Axes) -> None:
    """Numbers would not be legible in 47 × 47 cells; the names still are all there."""
    names = [chr(ord("A") + k) for k in range(47)]
    draw_confusion(axes, np.full((47, 47), 2), names)
    assert texts(axes) == []
    assert [label.get_text() for label in axes.get_xticklabels()] == names


def test_confusion_matrix_needs_a_name_for_every_row(axes: Axes) -> None:
    """Three names for five classes."""
    message = "draw_confusion: expected a confusion matrix of shape (3, 3), got (5, 5)."
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        draw_confusion(axes, np.eye(5, dtype=int), ["a", "b", "c"])


@pytest.mark.parametrize("shape", [(28, 28), (9, 15), (15, 9)])
def test_images_lie_in_rows_without_overlap(axes: Axes, shape: tuple[int, int]) -> None:
    """Seven images in rows of three: in order, with square pixels, inside the axes, apart."""
    images = np.random.default_rng(2).integers(0, 256, (7, *shape), dtype=np.uint8)
    captions = ["an apple", "b", "c", "d", "e", "f", "g"]
    draw_images(axes, images, captions, [f"{k} %" for k in range(7)], columns=3)
    assert len(axes.images) == 7
    boxes = []
    for drawn, image in zip(axes.images, images, strict=True):
        np.testing.assert_array_equal(np.asarray(drawn.get_array()), image)
        left, right, bottom, top = drawn.get_extent()
        assert (right - left) / shape[1] == pytest.approx((bottom - top) / shape[0])
        assert min(left, top) > -1e-9
        assert right <= 8 + 1e-9
        assert bottom <= 4
        boxes.append((left, top, right, bottom))
    for k, (_, _, right, bottom) in enumerate(boxes):
        for left, top, _, _ in boxes[k + 1 :]:
            assert left >= right or top >= bottom
    assert [box[1] for box in boxes] == sorted(box[1] for box in boxes)
    assert set(captions) | {"6 %"} <= set(texts(axes))


def test_ink_is_dark_and_paper_light(axes: Axes) -> None:
    """255 is drawn darker than 0, as on paper."""
    draw_images(axes, np.array([[[0, 255]]], dtype=np.uint8), ["x"], [""], columns=1)
    paper, ink = axes.images[0].to_rgba(np.array([0.0, 255.0]))[:, :3].sum(axis=1)
    assert ink < 1 < 2.5 < paper


def test_weights_are_pictures_on_one_scale_centred_at_zero(axes: Axes) -> None:
    """Each unit's column becomes its picture; zero is white; both ends are equally far away."""
    weights = np.random.default_rng(4).normal(size=(15, 7)) + 0.3
    full = draw_weights(axes, weights, (3, 5), columns=3)
    assert len(axes.images) == 7
    for unit, drawn in enumerate(axes.images):
        np.testing.assert_array_equal(np.asarray(drawn.get_array()), weights[:, unit].reshape(3, 5))
        assert drawn.get_clim() == (-full, full)
        np.testing.assert_allclose(drawn.to_rgba(np.array([0.0]))[0, :3], 1, atol=0.01)
    positive, negative = axes.images[0].to_rgba(np.array([full, -full]))[:, :3]
    assert positive[2] > positive[0]  # blue
    assert negative[0] > negative[2]  # orange
    assert 0.99 <= (np.abs(weights) <= full).mean() < 1


def test_weights_that_are_all_zero_can_be_drawn(axes: Axes) -> None:
    """A network that has not been initialised is a white picture."""
    assert draw_weights(axes, np.zeros((15, 3)), (3, 5), columns=7) == 1
    to_png(axes.figure)  # type: ignore[arg-type]


def test_weights_must_fit_the_image(axes: Axes) -> None:
    """15 inputs are no picture of 3 × 7."""
    message = "draw_weights: expected weights of shape (21, O), got (15, 4)."
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        draw_weights(axes, np.zeros((15, 4)), (3, 7), columns=3)


@pytest.mark.parametrize(("count", "columns"), [(1, 10), (7, 5), (50, 10)])
def test_digit_sheet_is_a_png_of_1600_pixels(count: int, columns: int) -> None:
    """Its height follows from the number of rows."""
    images = np.random.default_rng(6).integers(0, 256, (count, 9, 7), dtype=np.uint8)
    names = ["a $ name", "数字", "x"] * 20
    for heading in ("", "Some images"):
        sheet = digit_sheet(images, names[:count], columns=columns, heading=heading)
        assert Image.open(io.BytesIO(sheet)).size[0] == 1600


def test_digit_sheet_refuses_what_does_not_fit() -> None:
    """No images, or fewer captions than images."""
    message = "digit_sheet: expected at least one image, got none."
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        digit_sheet(np.zeros((0, 5, 7), dtype=np.uint8), [])
    message = "digit_sheet: expected images of shape (3, H, W), got (4, 5, 7)."
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        digit_sheet(np.zeros((4, 5, 7), dtype=np.uint8), ["a", "b", "c"])


def test_without_matplotlib_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bare installation trains; only the picture is missing."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    message = (
        "A sheet of images needs matplotlib, which is not installed; type: pip install '.[plots]'"
    )
    with pytest.raises(MissingExtraError, match=f"^{re.escape(message)}$"):
        digit_sheet(np.zeros((3, 5, 7), dtype=np.uint8), ["a", "b", "c"])


def test_nothing_global_is_touched() -> None:
    """Importing loads no Matplotlib; drawing loads no pyplot and leaves Matplotlib's settings alone."""
    program = """
import sys
import numpy as np
import inkling.plots.charts, inkling.plots.report
assert "matplotlib" not in sys.modules
import matplotlib
names = set(matplotlib.rcParams) - {"backend"}  # asking for it is what loads pyplot
before = {name: matplotlib.rcParams[name] for name in names}
inkling.plots.charts.digit_sheet(np.zeros((3, 5, 7), dtype=np.uint8), ["a", "b", "c"])
assert "matplotlib.pyplot" not in sys.modules
assert {name: matplotlib.rcParams[name] for name in names} == before
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=60)
