"""Digits in printed boxes: the shares, by hand, and a box that is drawn and read."""

from __future__ import annotations

from typing import Any

import numpy as np

from boxes import Outcome, contact_sheet, read_pictures, result_rows
from inkling.recognize.reading import Reading
from inkling.recognize.recognizer import Recognizer
from writing.frames import Framed, draw_framed
from writing.strokes import Written

BLANK = np.zeros((8, 8), np.uint8)


class Answering:
    """Returns given answers, one after the other."""

    def __init__(self, *texts: str) -> None:
        self.texts = iter(texts)

    def read(self, _: object) -> Reading:
        """Returns the next answer; "/" separates rows."""
        return Reading(tuple(next(self.texts).split("/")), ())


def test_the_shares_by_hand() -> None:
    """Of four pictures two are right; without frames three, of which one has other rows."""
    truth = [("one box", "7"), ("grid", "12/3"), ("grid", "45/6"), ("grid", "89/0")]
    pictures = [Framed(kind, BLANK, BLANK, tuple(text.split("/"))) for kind, text in truth]
    # With frames: right, wrong order of rows, right, a mark too many; each followed by without frames.
    recognizer: Any = Answering("7", "7", "3/12", "1/2/3", "45/6", "456", "89/01", "89/?")
    outcomes = read_pictures(recognizer, pictures)
    assert [one.right for one in outcomes] == [True, False, True, False]
    assert [one.alone for one in outcomes] == [True, True, True, False]
    rows = {(row.material, row.measure): row.reached for row in result_rows(outcomes)}
    assert rows == {
        ("one box", "all right and in order"): "100.00 %",
        ("grid", "all right and in order"): "33.33 %",
        ("all", "all right and in order"): "50.00 %",
        ("all", "digits right without frames"): "75.00 %",
        ("all", "points lost to frames"): "25.00 points",
    }
    assert contact_sheet(outcomes).size == (2000, 240)


def test_a_box_is_drawn_and_read() -> None:
    """The frames are on one of the two pictures; on both, a straight stroke per box is a 1."""
    one = Written(1, "", "", (np.array([[0.2, 0.0], [0.0, 1.0]]),), legible=True)
    picture = draw_framed("row of boxes", [one], np.random.default_rng(0))
    lines = picture.unframed.astype(int) - picture.gray > 30
    assert lines.sum() > 2 * picture.gray.shape[1]  # the upper and the lower sides are that long
    (outcome,) = read_pictures(Recognizer(), [picture])
    assert outcome == Outcome(picture, picture.text, alone=True)
    assert set("".join(picture.text)) == {"1"}
