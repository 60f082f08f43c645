"""Rejects what is no digit by its context: its size, its stroke, and what its neighbors are.

    score, confidence, cut ─┐
    height, stroke width ───┴→ log-odds that a mark is no digit ─→ along the row, from both sides

An "o" alone is a 0, and "l" is a 1. But letters stand in words, digits in numbers: what is next to a
mark is probably of the same kind, less so across a space. So the kinds of the marks of a row are the
hidden states of a Markov chain, and each mark is rejected if it is probably no digit given all of them.

How much the height and the stroke width of digits vary differs from writer to writer. It is estimated on
the page, in turns with the kinds: where digits differ by a factor of two, a small mark means little.

In the cells of a printed frame, as of a form, digits are expected.

Brackets look like a 1, as high as digits and next to them. They are recognized in pairs.

Reference:
    Rabiner, "A tutorial on hidden Markov models", Proceedings of the IEEE 77(2), 1989, section III
    (forward and backward); Dempster, Laird and Rubin, "Maximum likelihood from incomplete data via the
    EM algorithm", 1977.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from inkling._types import BoolArray, ByteArray, FloatArray
from inkling.image.normalize import FIELD
from inkling.image.page.components import Box

# Log-odds of being no digit; found on pages of digits and words, of the writers for development.
AT_THRESHOLD, PER_SCORE = 0.8, 3.0  # at the rejector's threshold, and per unit of its score
DOUBT = 1.0  # per unit of −log confidence, of which at most MOST_DOUBT count
MOST_DOUBT = 2.0
CUT = 1.0  # for a mark that was cut from another
IN_CELL = -2.0  # in a cell of a printed frame, where people write digits
LEAST, MOST = -1.0, 3.0  # range of what the height, or the stroke width, contributes
STAYS, STAYS_ACROSS = 2.0, 0.5  # for a neighbor of the same kind, without and with a space between
SPACE = 0.35  # least width of a space, in heights of a digit
ROUNDS = 4  # of estimating the page's digits and the kinds in turns


class Kind(NamedTuple):
    """How the logarithm of a measure is distributed, relative to the median of the page's digits."""

    digits: float  # standard deviation for digits that is assumed at first, and counts as SAMPLES digits
    mean: float  # of what is no digit
    others: float  # its standard deviation


HEIGHT, STROKE = Kind(0.2, -0.45, 0.3), Kind(0.3, 0.0, 0.6)
SAMPLES = 3.0
TURNED, AS_IT_IS = 0.8, 0.15
"""Least correlation of a bracket with the other one of its pair, turned by 180°, and by how much less it
is without turning: a straight stroke looks the same."""
FARTHEST = 10
"""Largest distance of two brackets, in marks."""
SLIM = 0.5
"""Largest width of a bracket, in its heights."""


class Seen(NamedTuple):
    """A mark as it was read."""

    box: Box
    stroke: float  # width of its strokes
    margin: float  # the rejector's score less its threshold
    confidence: float
    cut: bool  # whether it was cut from another mark
    in_cell: bool  # whether it is in a cell of a printed frame
    best: int  # the number of its most probable class
    pixels: ByteArray  # (28, 28)


def find_non_digits(rows: Sequence[Sequence[Seen]]) -> list[list[bool]]:
    """Returns for each mark of each row whether it is probably no digit in its context.

    A mark without any other on the page has no context and is not rejected here.
    """
    marks = [mark for row in rows for mark in row]
    if len(marks) < 2:
        return [[False] * len(row) for row in rows]
    own = np.array([_own_evidence(mark) for mark in marks])
    bracket = np.concatenate([find_brackets(row) for row in rows])
    heights = np.log([max(mark.box[3] - mark.box[1], 1) for mark in marks])
    strokes = np.log([max(mark.stroke, 0.1) for mark in marks])
    is_digit = ~bracket / (1 + np.exp(own))
    odds = own
    for _ in range(ROUNDS):
        measured = own + _compare(heights, HEIGHT, is_digit) + _compare(strokes, STROKE, is_digit)
        measured[bracket] = 0  # neighbors of either kind may be in brackets
        height = np.exp(_weighted_median(heights, is_digit))
        parts, start = [], 0
        for row in rows:
            parts.append(along_row(measured[start : start + len(row)], _stays(row, height)))
            start += len(row)
        odds = np.concatenate(parts)
        is_digit = ~bracket / (1 + np.exp(odds))
    rejected = iter((bracket | (odds > 0)).tolist())
    return [[next(rejected) for _ in row] for row in rows]


def along_row(odds: FloatArray, stays: FloatArray) -> FloatArray:
    """Combines the log-odds of the marks of a row (N,), given those that neighbors agree (N − 1,).

    fᵢ₊₁ = log(e^(fᵢ + oᵢ + sᵢ) + 1) − log(e^(fᵢ + oᵢ) + e^(sᵢ)),    the same from the right
    """
    before, after = np.zeros(len(odds)), np.zeros(len(odds))
    for i, stay in enumerate(stays):
        before[i + 1] = _pass_on(before[i] + odds[i], stay)
    for i, stay in reversed(list(enumerate(stays))):
        after[i] = _pass_on(after[i + 1] + odds[i + 1], stay)
    total: FloatArray = before + odds + after
    return total


def find_brackets(row: Sequence[Seen]) -> BoolArray:
    """Returns which marks (N,) are one of a pair of brackets with another mark between them."""
    found = np.zeros(len(row), dtype=np.bool_)
    slim = [i for i, mark in enumerate(row) if _is_slim(mark.box)]
    if len(slim) < 2:
        return found
    views = {i: _views(row[i].pixels) for i in slim}
    for number, left in enumerate(slim):
        for right in slim[number + 1 : number + FARTHEST]:
            # A 6 is a turned 9, but the brackets of a pair are read as the same digit.
            able = left + 1 < right <= left + FARTHEST and row[left].best == row[right].best
            if able and _are_a_pair(views[left], views[right]):
                found[[left, right]] = True
    return found


def _own_evidence(mark: Seen) -> float:
    doubt = min(-float(np.log(max(mark.confidence, 1e-6))), MOST_DOUBT)
    evidence = AT_THRESHOLD + PER_SCORE * mark.margin + DOUBT * doubt
    evidence += CUT * mark.cut + IN_CELL * mark.in_cell
    return float(np.clip(evidence, -3, 4))


def _compare(values: FloatArray, kind: Kind, is_digit: FloatArray) -> FloatArray:
    """Returns the log-odds (N,) by one measure, whose spread among digits is that of the page."""
    away = values - _weighted_median(values, is_digit)
    squares = is_digit @ away**2 + SAMPLES * kind.digits**2
    spread = np.sqrt(squares / (is_digit.sum() + SAMPLES))
    as_digit = -np.log(spread) - (away / spread) ** 2 / 2
    as_other = -np.log(kind.others) - ((away - kind.mean) / kind.others) ** 2 / 2
    odds: FloatArray = np.clip(as_other - as_digit, LEAST, MOST)
    return odds


def _weighted_median(values: FloatArray, weights: FloatArray) -> float:
    order = np.argsort(values, kind="stable")
    totals = weights[order].cumsum()
    return float(values[order][np.searchsorted(totals, totals[-1] / 2)])


def _stays(row: Sequence[Seen], height: float) -> FloatArray:
    gaps = np.array([after.box[0] - mark.box[2] for mark, after in itertools.pairwise(row)])
    stays: FloatArray = np.where(gaps < SPACE * height, STAYS, STAYS_ACROSS)
    return stays


def _pass_on(odds: float, stay: float) -> float:
    return float(np.logaddexp(odds + stay, 0) - np.logaddexp(odds, stay))


def _is_slim(box: Box) -> bool:
    return box[2] - box[0] <= SLIM * (box[3] - box[1])


class _Views(NamedTuple):
    """A mark's 28 × 28 pixels as vectors (784,) of mean 0 and length 1."""

    still: FloatArray  # (784,)
    moved: FloatArray  # (9, 784), by up to one pixel to each side
    turned: FloatArray  # (9, 784), turned by 180° and moved


def _views(pixels: ByteArray) -> _Views:
    # A center of mass is on pixel 14 of 0 … 27; turned, it is on 13, and is brought back.
    turned = np.roll(pixels[::-1, ::-1], (1, 1), (0, 1))
    return _Views(_as_vectors(pixels[np.newaxis])[0], _moved(pixels), _moved(turned))


def _moved(pixels: ByteArray) -> FloatArray:
    return _as_vectors(sliding_window_view(np.pad(pixels, 1), pixels.shape))


def _as_vectors(images: ByteArray) -> FloatArray:
    vectors = images.reshape(-1, FIELD * FIELD).astype(np.float32)
    vectors -= vectors.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: FloatArray = vectors / np.maximum(lengths, np.float32(1e-9))
    return unit


def _are_a_pair(one: _Views, other: _Views) -> bool:
    alike = float((other.turned @ one.still).max())
    return alike > TURNED and float((other.moved @ one.still).max()) < alike - AS_IT_IS


def stroke_width(ink: ByteArray) -> float:
    """Returns the width of the strokes of a mark's ink (h, w): twice the area over the outline."""
    mask = ink > 100
    edges = sum(int((a != b).sum()) for a, b in _neighbors(mask))
    return 2 * int(mask.sum()) / (0.8 * max(edges, 1))  # 0.8: steps make an outline longer


def _neighbors(mask: BoolArray) -> Iterable[tuple[BoolArray, BoolArray]]:
    return (mask[1:], mask[:-1]), (mask[:, 1:], mask[:, :-1])
