"""The ink of one digit: without its neighbors and fragments, and its place in the original."""

from __future__ import annotations

import numpy as np

from inkling.image.page.cut_outs import Frame, own_ink, without_fragments


def test_a_neighbor_in_the_same_rectangle_is_left_out() -> None:
    """Only the strokes of the mask remain, with one pixel of their soft edge and paper around."""
    ink = np.zeros((20, 30), dtype=np.uint8)
    ink[4:16, 7:12] = 40  # the soft edge
    ink[4:16, 8:11] = 120
    ink[4:16, 14:18] = 200  # the neighbor
    mask = np.zeros((12, 12), dtype=bool)
    mask[:, 2:5] = True
    expected = np.zeros((16, 16), dtype=np.uint8)
    expected[2:-2, 3:8] = 85  # 40 of 120
    expected[2:-2, 4:7] = 255
    assert np.array_equal(own_ink(ink, mask, left=6, top=4), expected)


def test_fragments_along_a_cut_are_removed() -> None:
    """Small components along the cut; not a bar elsewhere, and nothing large."""
    digit, foot = np.zeros((20, 20), dtype=bool), np.zeros((20, 20), dtype=bool)
    digit[5:18, 8:17] = digit[1:3, 8:14] = True  # with its bar
    foot[10:14, 0:3] = True  # a part of the neighbor
    along = np.zeros_like(digit)
    assert np.array_equal(without_fragments(digit | foot, along), digit | foot)
    along[:, [0, 16]] = True
    assert np.array_equal(without_fragments(digit | foot, along), digit)


def test_a_box_in_the_original() -> None:
    """Scaled, without the added margin, inside of the picture, and where that is in the original."""
    frame = Frame(x=2.5, y=3.0, margin=4, corner=(7, 11), size=(100, 90))
    assert frame.original((14, 14, 24, 29)) == (32, 41, 57, 86)
    assert frame.original((0, 0, 90, 90)) == (7, 11, 107, 101)
