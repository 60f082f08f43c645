"""One digit's own ink: without its neighbours, without fragments, in its place in the original."""

from __future__ import annotations

import numpy as np

from inkling.image.page.cut_outs import Frame, own_ink, without_crumbs


def test_a_neighbour_in_the_same_rectangle_is_left_out() -> None:
    """Only the strokes of the mask, with one pixel of their soft edge and paper around."""
    ink = np.zeros((20, 30), dtype=np.uint8)
    ink[4:16, 8:11] = 120
    ink[4:16, 7] = ink[4:16, 11] = 40  # the soft edge
    ink[4:16, 14:18] = 200  # the neighbour
    mask = np.zeros((12, 12), dtype=bool)
    mask[:, 2:5] = True
    own = own_ink(ink, mask, left=6, top=4)
    assert own.shape == (16, 16)
    assert (own[2:-2, 4:7] == 255).all()
    assert (own[2:-2, 3] == 85).all()  # 40 of 120
    assert not own[:, 8:].any()
    assert not own[:, :3].any()


def test_at_the_corner_of_the_picture() -> None:
    """Paper is added where the picture ends."""
    ink = np.full((6, 7), 90, dtype=np.uint8)
    own = own_ink(ink, np.ones((6, 7), dtype=bool), left=0, top=0)
    assert own.shape == (10, 11)
    assert (own[2:-2, 2:-2] == 255).all()
    assert own.sum() == 6 * 7 * 255


def test_crumbs_along_a_cut_go() -> None:
    """What is small and lies along the cut; a bar elsewhere and what is large stay."""
    mask = np.zeros((20, 20), dtype=bool)
    mask[5:18, 8:14] = True  # the digit
    mask[1:3, 8:16] = True  # its bar
    mask[10:14, 0:3] = True  # the neighbour's foot
    along = np.zeros_like(mask)
    along[:, 0] = True
    kept = without_crumbs(mask, along)
    assert kept[5:18, 8:14].all()
    assert kept[1:3, 8:16].all()
    assert not kept[:, :8].any()
    along[:, :] = False
    assert np.array_equal(without_crumbs(mask, along), mask)


def test_a_box_in_the_original() -> None:
    """Scaled, without the added margin, and inside of the picture."""
    frame = Frame(x=2.5, y=3.0, margin=4, size=(100, 90))
    assert frame.original((14, 14, 24, 29)) == (25, 30, 50, 75)
    assert frame.original((0, 0, 90, 90)) == (0, 0, 100, 90)
