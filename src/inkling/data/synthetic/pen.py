"""Digits drawn by a program as people write them.

    allograph → points moved, the plane bent → curve, unsteady → brush → normalized like any digit

Each drawing differs in shape, slant, width, steadiness, ends of strokes and brush. The shapes themselves
are not derived but listed: the allographs in ``allographs.toml``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from inkling._checks import check_range
from inkling._types import BoolArray, ByteArray, FloatArray, IntArray
from inkling.data.augmentation.smooth_noise import smooth_basis
from inkling.data.split import Split
from inkling.data.synthetic.allographs import Allograph, read_allographs
from inkling.data.synthetic.brush import SIDE, draw_lines
from inkling.data.synthetic.curves import BEYOND, SAMPLES, stack_curves
from inkling.image.normalize import FIELD, normalize_ink

# Standard deviations, for digits from −1 to 1 high.
POINT = 0.05  # of each point
# Of the logarithm of a factor for points, ends and unsteadiness: some write with care.
LOOSENESS = 0.35
TAPER, BEND, SWAY, WAIST, SAG = 0.18, 0.08, 0.08, 0.10, 0.10  # of the coefficients in ``_bend``
WIDTH = 0.27  # of the logarithm of width over height
SLANT, UPRIGHT = 0.22, 0.12  # of the shear, and its mean: most people lean to the right
TURN = 0.09  # in radians
ENDS = 5.0  # of what a stroke is longer or shorter at each end, in units of the table
WANDER, TREMOR = (17.0, 0.03), (4.0, 0.01)  # reach in samples, and size, of noise along the strokes

SIZE = 34.0  # longer side of the digit on the page, in pixels, without its brush
RADIUS = (0.7, 4.0)  # of the brush, in pixels: from a hairline to a marker
EDGE = (0.7, 2.0)  # width of its soft edge, in pixels
PRESSURE = (20.0, 0.15)  # reach in samples, and largest size, of changes of the brush

BATCH = 32
"""Images drawn at a time; more are slower, because they leave the processor's cache."""


class Pen:
    """Draws allographs.

    Args:
        allographs: what it can draw; by default the table that comes with Inkling.

    Attributes:
        allographs: the same.

    Example:
        >>> pen = Pen()
        >>> pen.draw([0, 1, 1], rng=np.random.default_rng(0)).shape
        (3, 28, 28)
    """

    def __init__(self, allographs: Sequence[Allograph] | None = None) -> None:
        self.allographs: tuple[Allograph, ...] = tuple(
            read_allographs() if allographs is None else allographs
        )
        self._curves = stack_curves(self.allographs)

    def choose(self, digits: IntArray, *, rng: np.random.Generator) -> IntArray:
        """Chooses an allograph of each digit (N,) by weight, and returns their numbers (N,)."""
        weights = np.array([one.weight for one in self.allographs])
        of_digit = np.array([one.digit for one in self.allographs])
        numbers = np.empty(len(digits), np.int64)
        for digit in np.unique(digits):
            able, rows = np.flatnonzero(of_digit == digit), digits == digit
            numbers[rows] = rng.choice(able, rows.sum(), p=weights[able] / weights[able].sum())
        return numbers

    def draw(
        self, numbers: Sequence[int] | IntArray, *, rng: np.random.Generator, spread: float = 1.0
    ) -> ByteArray:
        """Draws and normalizes allographs.

        Args:
            numbers: (N,), places in ``allographs``.
            rng: draws all that varies.
            spread: how much a shape varies; 0 draws it as it is in the table, with any brush.

        Returns:
            (N, 28, 28), uint8, 0 paper to 255 ink.
        """
        numbers = np.asarray(numbers, np.int64)
        images = np.empty((len(numbers), FIELD, FIELD), np.uint8)
        for start in range(0, len(numbers), BATCH):
            rows = slice(start, start + BATCH)
            images[rows] = [normalize_ink(page) for page in self._pages(numbers[rows], rng, spread)]
        return images

    def _pages(self, numbers: IntArray, rng: np.random.Generator, spread: float) -> ByteArray:
        """Draws allographs (B,) on pages (B, R, R)."""
        curves, count = self._curves, len(numbers)
        loose = np.float32(spread) * np.exp(LOOSENESS * _normal(rng, count, 1, 1))
        points = curves.points[numbers]
        points = points + POINT * loose * _normal(rng, *points.shape)
        points = _lean(_bend(points, rng, spread), rng, spread)
        samples, rounded = curves.sharp[numbers] @ points, curves.rounded[numbers] @ points
        samples += rng.random((count, 1, 1), np.float32) ** 2 * (rounded - samples)
        for reach, size in (WANDER, TREMOR):
            noise = _smooth_noise(reach) @ _normal(rng, count, _rank(reach), 2)
            samples += size * loose * (1 + 0.4 * _normal(rng, count, 1, 1)) * noise
        inked = self._inked(numbers, loose[..., 0], rng)
        reach, size = PRESSURE
        pressure = _normal(rng, count, _rank(reach)) @ _smooth_noise(reach).T
        pressure *= size * rng.random((count, 1), np.float32)
        return draw_lines(
            _place(samples, inked, rng),
            inked,
            np.exp(_uniform(rng, np.log(RADIUS[0]), np.log(RADIUS[1]), count, 1)),
            _uniform(rng, *EDGE, count, 1),
            pressure.clip(-0.3, 0.3),
        )

    def _inked(self, numbers: IntArray, loose: FloatArray, rng: np.random.Generator) -> BoolArray:
        """Returns which samples (B, S) are drawn: strokes begin and end early or late."""
        stroke = self._curves.stroke[numbers]
        ends = ENDS * loose[..., np.newaxis] * _normal(rng, len(numbers), 2, stroke.max() + 1)
        early, late = ends.clip(-0.8 * BEYOND, BEYOND).swapaxes(0, 1)
        inked: BoolArray = self._curves.from_start[numbers] >= -np.take_along_axis(early, stroke, 1)
        inked &= self._curves.to_end[numbers] >= -np.take_along_axis(late, stroke, 1)
        inked[:, 1:] &= inked[:, :-1] & (stroke[:, 1:] == stroke[:, :-1])
        return inked


def draw_digits(count: int, *, rng: np.random.Generator) -> Split:
    """Draws ``count`` digits with the allographs that come with Inkling.

    Raises:
        SettingError: if ``count`` is not a whole number of at least 1.

    Example:
        >>> draw_digits(20, rng=np.random.default_rng(0))
        Split of 20 images of 28 × 28
    """
    check_range("draw_digits", "count", count, low=1, whole=True)
    pen = default_pen()
    labels = rng.integers(10, size=count)
    return Split(pen.draw(pen.choose(labels, rng=rng), rng=rng), labels)


@lru_cache(maxsize=1)
def default_pen() -> Pen:
    """Returns the pen that draws the table of allographs; its curves are computed once."""
    return Pen()


def _bend(points: FloatArray, rng: np.random.Generator, spread: float) -> FloatArray:
    """Bends the plane: head wider than base, a bent stem, a loop larger than the other, sagging bars.

    x ← (1 + a y) x + b y² + c (y³ − y),    y ← y + d (1 − y²) + e x²
    """
    x, y = points[..., 0], points[..., 1]
    deviations = np.array([TAPER, BEND, SWAY, WAIST, SAG], np.float32) * np.float32(spread)
    a, b, c, d, e = deviations[:, np.newaxis, np.newaxis] * _normal(rng, 5, len(points), 1)
    bent = (1 + a * y) * x + b * y**2 + c * (y**3 - y), y + d * (1 - y**2) + e * x**2
    return np.stack(bent, axis=-1)


def _lean(points: FloatArray, rng: np.random.Generator, spread: float) -> FloatArray:
    """Makes digits wider or narrower, slants and turns them."""
    width, slant, turn = np.float32(spread) * _normal(rng, 3, len(points), 1)
    x, y = points[..., 0] * np.exp(WIDTH * width), points[..., 1]
    x = x - (SLANT * slant + UPRIGHT * np.float32(spread)) * y  # y points down
    cos, sin = np.cos(TURN * turn), np.sin(TURN * turn)
    return np.stack([cos * x - sin * y, sin * x + cos * y], axis=-1)


def _place(samples: FloatArray, inked: BoolArray, rng: np.random.Generator) -> FloatArray:
    """Scales and moves samples (B, S, 2) to the middle of the page, up to half a pixel."""
    shown = inked[..., np.newaxis]
    low = samples.min(axis=1, keepdims=True, where=shown, initial=np.inf)
    high = samples.max(axis=1, keepdims=True, where=shown, initial=-np.inf)
    scale = SIZE / (high - low).max(axis=2, keepdims=True)
    middle = SIDE / 2 + _uniform(rng, -0.5, 0.5, len(samples), 1, 2)
    placed: FloatArray = (samples - (low + high) / 2) * scale + middle
    return placed


@lru_cache(maxsize=8)
def _smooth_noise(reach: float) -> FloatArray:
    """Returns L (S, K), for which L @ normal numbers is noise of size 1 along the strokes."""
    basis = smooth_basis(SAMPLES, reach)
    unit: FloatArray = basis / np.sqrt((basis**2).sum(axis=1).mean())
    return unit


def _rank(reach: float) -> int:
    """Returns K, how many numbers the noise of a reach is made of."""
    return len(_smooth_noise(reach).T)


def _normal(rng: np.random.Generator, *shape: int) -> FloatArray:
    return rng.standard_normal(shape, np.float32)


def _uniform(rng: np.random.Generator, low: float, high: float, *shape: int) -> FloatArray:
    return np.float32(low) + np.float32(high - low) * rng.random(shape, np.float32)
