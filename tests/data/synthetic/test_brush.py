"""The brush: how far ink reaches from a curve."""

from __future__ import annotations

import numpy as np

from inkling._types import ByteArray, FloatArray
from inkling.data.synthetic.brush import SIDE, draw_lines


def line(start: tuple[float, float], end: tuple[float, float], count: int = 100) -> FloatArray:
    """Samples on a straight line."""
    return np.linspace(start, end, count, dtype=np.float32)


def drawn(samples: FloatArray, radius: float, edge: float, pressure: float = 0.0) -> ByteArray:
    """One page with a line through samples."""
    shape = (1, len(samples))
    inked, change = np.ones(shape, bool), np.full(shape, pressure, np.float32)
    (page,) = draw_lines(samples[np.newaxis], inked, column(radius), column(edge), change)
    return np.asarray(page)


def column(value: float) -> FloatArray:
    """A value for each of one page."""
    return np.array([[value]], np.float32)


def test_a_slanted_line_has_the_ink_of_its_distances() -> None:
    """To one gray level wherever the nearest point is not near an end."""
    start, end = np.array([6.3, 40.2]), np.array([40.7, 5.1])
    for radius, edge in ((0.7, 0.7), (1.8, 1.0), (4.0, 2.0)):
        page = drawn(line((6.3, 40.2), (40.7, 5.1)), radius, edge)
        y, x = np.indices((SIDE, SIDE)) + 0.5
        along = np.stack([x, y], axis=-1) - start
        direction = (end - start) / np.linalg.norm(end - start)
        share = along @ direction
        distance = np.abs(along @ [direction[1], -direction[0]])
        expected = 255 * ((radius - distance) / edge + 0.5).clip(0, 1)
        middle = (share > 4) & (share < np.linalg.norm(end - start) - 4)
        assert np.abs(page - expected)[middle].max() <= 1
        assert middle.sum() > 1000


def test_ends_are_round() -> None:
    """Ink ends about a radius beyond the line, and no farther at the sides."""
    page = drawn(line((12, 24), (36, 24)), 3.0, 1.0)
    rows, columns = (page > 127).nonzero()
    assert (rows.min(), rows.max()) == (21, 26)
    assert 9 <= columns.min() <= 10
    assert 37 <= columns.max() <= 38
    assert page[21, 9] == page[26, 38] == 0


def test_nothing_is_drawn_between_strokes() -> None:
    """Nor where the pen is up."""
    samples = np.concatenate([line((8, 8), (8, 40)), line((40, 8), (40, 40))])
    inked = np.ones((1, 200), bool)
    inked[:, [0, 100]] = False
    inked[:, 150:] = False
    change = np.zeros((1, 200), np.float32)
    (page,) = draw_lines(samples[np.newaxis], inked, column(1), column(1), change)
    assert not page[:, 12:36].any()
    assert page[30, 8] == 255
    assert page[12, 40] == 255
    assert not page[30:, 36:].any()


def test_pressure_widens_the_line() -> None:
    """r² grows by its share: from 9 to 12.6, which is 3.55²."""
    pressed = drawn(line((6, 24), (42, 24)), 3.0, 1.0, pressure=0.4)
    widened = drawn(line((6, 24), (42, 24)), 3.55, 1.0)
    assert np.abs(pressed[:, 24].astype(int) - widened[:, 24]).max() <= 4
