"""The curves of allographs."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.data.synthetic.allographs import Allograph, parse_stroke, read_allographs
from inkling.data.synthetic.curves import BEYOND, HALF, spline, stack_curves


def test_the_spline_is_scipys() -> None:
    """At random knots, through random points; straight beyond the ends."""
    interpolate = pytest.importorskip("scipy.interpolate")
    rng = np.random.default_rng(0)
    for count in (2, 3, 4, 9):
        knots = rng.uniform(0.2, 3, count).cumsum()
        points = rng.normal(size=(count, 2))
        expected = interpolate.CubicSpline(knots, points, bc_type="natural")
        at = np.linspace(knots[0], knots[-1], 50)
        np.testing.assert_allclose(spline(knots, at) @ points, expected(at), atol=1e-12)
        for end, beyond in ((knots[0], -1.5), (knots[-1], 1.5)):
            straight = expected(end) + beyond * expected(end, 1)
            (found,) = spline(knots, np.array([end + beyond])) @ points
            np.testing.assert_allclose(found, straight, atol=1e-12)


def test_curves_pass_through_all_points() -> None:
    """Those of every allograph that comes with Inkling, at corners too."""
    allographs = read_allographs()
    curves = stack_curves(allographs)
    samples = curves.sharp @ curves.points
    for place, one in enumerate(allographs):
        count = sum(len(run) - 1 for stroke in one.strokes for run in stroke) + len(one.strokes)
        away = np.linalg.norm(samples[place][:, None] - curves.points[place][:count], axis=2)
        assert away.min(axis=0).max() < 2.5 / HALF, one.name  # half the distance between samples


def test_a_cross_by_hand() -> None:
    """Two straight strokes: samples in proportion to length, and as far beyond both ends."""
    strokes = (parse_stroke("0,50 100,50"), parse_stroke("50,0 50,100"))
    curves = stack_curves([Allograph(0, "cross", "", 1, strokes)])
    np.testing.assert_array_equal(np.bincount(curves.stroke[0]), [80, 80])
    x, y = (curves.sharp[0] @ curves.points[0]).T
    reach = 1 + BEYOND / HALF
    np.testing.assert_allclose(x, [*np.linspace(-reach, reach, 80), *np.zeros(80)], atol=1e-6)
    np.testing.assert_allclose(y, [*np.zeros(80), *np.linspace(-reach, reach, 80)], atol=1e-6)
    np.testing.assert_allclose(curves.from_start[0], HALF * (x + y + 1), atol=1e-4)
    np.testing.assert_allclose(curves.to_end[0], 100 - curves.from_start[0], atol=1e-4)


def test_corners_are_rounded() -> None:
    """The corner of an L is cut; its straight parts stay where they are."""
    curves = stack_curves([Allograph(0, "L", "", 1, (parse_stroke("0,0 0,100 | 100,100"),))])
    sharp, rounded = curves.sharp[0] @ curves.points[0], curves.rounded[0] @ curves.points[0]
    moved = HALF * np.linalg.norm(sharp - rounded, axis=1)
    corner = np.abs(curves.from_start[0] - 100).argmin()
    assert 3 < moved[corner] < 10
    assert moved[np.abs(curves.from_start[0] - 50).argmin()] < 0.01
