"""The records of a run: as a sequence, as CSV, and as plain data."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest

from inkling.errors import ModelFileError, SettingError
from inkling.training.history import EpochRecord, History

FIRST = EpochRecord(1, 0.5, 0.85, 0.4, 0.88, 0.1, 2.0, 30_000.0)
SECOND = EpochRecord(2, 0.1 + 0.2, None, None, None, 0.05, 2.5, 24_000.0)


def test_is_a_sequence() -> None:
    """Records come out in the order in which they went in."""
    history = History([FIRST])
    history.append(SECOND)
    assert list(history) == [FIRST, SECOND]
    assert len(history) == 2
    assert history[-1] is SECOND
    assert history[:1] == [FIRST]
    assert history.column("train_accuracy") == [0.85, None]
    assert repr(history) == "History(2 epochs; training loss 0.3000 at the end)"
    assert repr(History()) == "History(no epoch yet)"


def test_columns_have_names() -> None:
    """A wrong one is named, with those that exist."""
    with pytest.raises(
        SettingError, match=r"a column to be one of epoch, train_loss, .* got 'loss'"
    ):
        History().column("loss")


def test_csv_gives_every_digit_and_leaves_out_what_is_none() -> None:
    """A reader gets the very numbers back; what was not measured is an empty field, not "None"."""
    rows = list(csv.DictReader(io.StringIO(History([FIRST, SECOND]).to_csv())))
    assert float(rows[1]["train_loss"]) == 0.1 + 0.2
    assert rows[1]["validation_accuracy"] == ""
    assert rows[0]["images_per_second"] == "30000.0"
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert list(History.from_csv(History([FIRST, SECOND]).to_csv())) == [FIRST, SECOND]


@pytest.mark.parametrize(
    "text",
    ["epoch,mood\n1,good\n", "epoch\n1,2,3\n", "\0", "epoch\n\n1e999\n", '"epoch\n', "epoch\nx\n"],
)
def test_csv_that_is_no_history(text: str) -> None:
    """One sentence, whatever was made of the file."""
    with pytest.raises(
        ModelFileError, match=r"^History: expected (records|a table) with [^\n]+\.$"
    ):
        History.from_csv(text)


def test_plain_data_and_back() -> None:
    """Through JSON, bit for bit."""
    history = History([FIRST, SECOND])
    assert list(History.from_list(json.loads(json.dumps(history.to_list())))) == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"epoch": 1}, "[0].train_loss to be given, got none."),
        ({**vars(FIRST), "mood": "good"}, "[0] to be no fields but epoch, train_loss, "),
        (5, "[0] to be named fields, got 5."),
        ({**vars(FIRST), "seconds": 0}, "[0].seconds to be a number in (0, ∞), got 0."),
        ({**vars(FIRST), "train_loss": float("nan")}, "[0].train_loss to be a number in (−∞, ∞), "),
        (
            {**vars(FIRST), "train_accuracy": 2},
            "[0].train_accuracy to be a number in [0, 1], got 2.",
        ),
    ],
)
def test_records_of_another_version_are_errors(record: Any, reason: str) -> None:
    """Missing fields, unknown fields, no fields at all, wrong values: one sentence."""
    with pytest.raises(ModelFileError, match=rf"^History: expected {re.escape(reason)}"):
        History.from_list([record])


def test_histories_of_version_0_1_load() -> None:
    """Their records have two more fields."""
    old = {**vars(FIRST), "test_loss": 0.6, "test_accuracy": None}
    assert list(History.from_list([old])) == [FIRST]


def test_the_speed_of_all_epochs() -> None:
    """60,000 images in 2 s and 60,000 in 2.5 s."""
    history = History([FIRST, SECOND])
    assert history.train_seconds == 4.5
    assert history.images_per_second == pytest.approx(120_000 / 4.5)
