"""The curves of allographs: smooth runs through points, joined at corners, as one product.

    samples (S, 2) = M (S, P) @ points (P, 2)

M depends on the allograph alone, because a cubic spline is linear in the points that it passes through.
Whatever moves the points thus moves the curve, for many drawings at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inkling._types import FloatArray, IntArray
from inkling.data.synthetic.allographs import Allograph, Run

SAMPLES = 160
"""S, the number of samples along the strokes of a digit: at most 3 units of the table apart."""
BEYOND = 12.0
"""How far the samples of a stroke go on beyond its ends, straight, in units of the table."""
ROUNDING = 7.0
"""The reach of the Gaussian that rounds corners, in units of the table."""
HALF = 50.0
"""Half the height of a digit in units of the table, which is 1 in what follows."""


@dataclass(frozen=True)
class Curves:
    """A allographs, stacked: P is the largest number of points, the others have points without effect.

    Attributes:
        points: (A, P, 2), around the middle of their box; y down, and about from −1 to 1.
        sharp: (A, S, P), the M of the curves through the points.
        rounded: (A, S, P), the same with rounded corners.
        stroke: (A, S), the number of the stroke that a sample belongs to.
        from_start: (A, S), the distance along its stroke, in units of the table; negative before it.
        to_end: (A, S), the same to its end; negative beyond it.
    """

    points: FloatArray
    sharp: FloatArray
    rounded: FloatArray
    stroke: IntArray
    from_start: FloatArray
    to_end: FloatArray


def stack_curves(allographs: Sequence[Allograph]) -> Curves:
    """Computes the curves of allographs."""
    single = [_curve(allograph) for allograph in allographs]
    most = max(len(curve.points[0]) for curve in single)

    def padded(arrays: list[FloatArray], axis: int) -> FloatArray:
        """Joins arrays after padding an axis with zeros."""
        filled = []
        for array in arrays:
            widths = [(0, 0)] * array.ndim
            widths[axis] = (0, most - array.shape[axis])
            filled.append(np.pad(array, widths))
        return np.concatenate(filled).astype(np.float32)

    return Curves(
        padded([curve.points for curve in single], 1),
        padded([curve.sharp for curve in single], 2),
        padded([curve.rounded for curve in single], 2),
        np.concatenate([curve.stroke for curve in single]),
        np.concatenate([curve.from_start for curve in single]).astype(np.float32),
        np.concatenate([curve.to_end for curve in single]).astype(np.float32),
    )


def _curve(allograph: Allograph) -> Curves:
    """Computes the curves of one allograph, A = 1, with samples in proportion to length."""
    strokes = [_knots(runs) for runs in allograph.strokes]
    points = np.concatenate([_points(runs) for runs in allograph.strokes])
    lengths = np.array([knots[-1][-1] + 2 * BEYOND for knots in strokes])
    ends = np.rint(SAMPLES * lengths.cumsum() / lengths.sum()).astype(np.int64)
    sharp, rounded = np.zeros((2, SAMPLES, len(points)))
    stroke, from_start, to_end = np.zeros(SAMPLES, np.int64), *np.zeros((2, SAMPLES))
    column = 0
    for number, knots in enumerate(strokes):
        rows = slice(ends[number - 1] if number else 0, ends[number])
        length = knots[-1][-1]
        at = np.linspace(-BEYOND, length + BEYOND, rows.stop - rows.start)
        last = column + sum(map(len, knots)) - len(knots) + 1
        sharp[rows, column:last] = _stroke_matrix(knots, at)
        rounded[rows] = _gaussian(at) @ sharp[rows]
        stroke[rows], from_start[rows], to_end[rows] = number, at, length - at
        column = last
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    return Curves(
        (points - middle)[np.newaxis] / HALF,
        sharp[np.newaxis],
        rounded[np.newaxis],
        stroke[np.newaxis],
        from_start[np.newaxis],
        to_end[np.newaxis],
    )


def _points(runs: tuple[Run, ...]) -> FloatArray:
    """Returns the points (P, 2) of a stroke, those at corners once."""
    return np.array([*runs[0], *(point for run in runs[1:] for point in run[1:])])


def _knots(runs: tuple[Run, ...]) -> list[FloatArray]:
    """Returns for each run how long the stroke is at its points, measured along straight lines."""
    knots: list[FloatArray] = []
    start = 0.0
    for run in runs:
        steps = np.linalg.norm(np.diff(np.array(run), axis=0), axis=1)
        knots.append(start + np.concatenate([[0.0], steps.cumsum()]))
        start = float(knots[-1][-1])
    return knots


def _stroke_matrix(knots: list[FloatArray], at: FloatArray) -> FloatArray:
    """Returns the M (S, P) of one stroke: the spline of the run on which a sample lies."""
    corners = np.array([run[-1] for run in knots[:-1]])
    run_of = np.searchsorted(corners, at)
    matrix = np.zeros((len(at), sum(map(len, knots)) - len(corners)))
    column = 0
    for number, run in enumerate(knots):
        rows = run_of == number
        matrix[rows, column : column + len(run)] = spline(run, at[rows])
        column += len(run) - 1
    return matrix


def _gaussian(at: FloatArray) -> FloatArray:
    """Returns the matrix (S, S) that averages samples with their neighbors along the stroke."""
    weights = np.exp(-0.5 * ((at[:, np.newaxis] - at) / ROUNDING) ** 2)
    mean: FloatArray = weights / weights.sum(axis=1, keepdims=True)
    return mean


def spline(knots: FloatArray, at: FloatArray) -> FloatArray:
    """Returns M (S, P), for which M @ points is the natural cubic spline through the points (P, 2).

    Between two knots the spline is a line plus a cubic that bends it by the second derivatives m:

        C m = B @ points,    m = 0 at both ends    (first derivatives agree at every other knot)

    Before the first knot and after the last it goes on straight.

    Args:
        knots: (P,) increasing, P at least 2; where the spline reaches the points.
        at: (S,), where it is computed.

    Example:
        >>> spline(np.array([0.0, 1.0, 2.0]), np.array([0.5, 2.0, 3.0])) @ [0.0, 1.0, 0.0]
        array([ 0.6875,  0.    , -1.5   ])

    Reference:
        de Boor, "A Practical Guide to Splines", Springer 1978, chapter IV.
    """
    count, gaps = len(knots), np.diff(knots)
    left_side, right_side = np.eye(count), np.zeros((count, count))
    for k in range(1, count - 1):
        before, after = gaps[k - 1], gaps[k]
        left_side[k, k - 1 : k + 2] = before / 6, (before + after) / 3, after / 6
        right_side[k, k - 1 : k + 2] = 1 / before, -1 / before - 1 / after, 1 / after
    bends, unit = np.linalg.solve(left_side, right_side), np.eye(count)  # m = bends @ points
    inside = at.clip(knots[0], knots[-1])
    i: IntArray = np.searchsorted(knots[1:-1], inside, side="right")
    gap = gaps[i, np.newaxis]
    b = (inside - knots[i])[:, np.newaxis] / gap
    a = 1 - b
    curve = a * unit[i] + b * unit[i + 1]
    curve += ((a**3 - a) * bends[i] + (b**3 - b) * bends[i + 1]) * gap**2 / 6
    slope = (unit[i + 1] - unit[i]) / gap
    slope += ((1 - 3 * a**2) * bends[i] + (3 * b**2 - 1) * bends[i + 1]) * gap / 6
    extended: FloatArray = curve + (at - inside)[:, np.newaxis] * slope
    return extended
