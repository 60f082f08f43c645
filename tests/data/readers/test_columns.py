"""Finding the columns of labels and pixels."""

from __future__ import annotations

import pytest

from inkling.data.readers.columns import find_columns, is_header
from inkling.errors import DataError

PIXELS = [f"pixel{number}" for number in range(9)]
COUNTED = [str(number) for number in range(9)]


@pytest.mark.parametrize(
    ("fields", "label", "number"),
    [
        (["label", *PIXELS], 0, None),
        ([*PIXELS, "class"], 9, None),
        ([*PIXELS, ' "Label"'], 9, None),
        (PIXELS, None, None),
        (["id", *PIXELS], None, 0),
        (["", "label", *PIXELS], 1, 0),
        (["Unnamed: 0", *PIXELS, "label"], 10, 0),
        (["ImageId", "which", *PIXELS], 1, 0),
        (["which", *PIXELS], 0, None),
        (["id", "label", *COUNTED], 1, 0),
        ([*COUNTED, "target"], 9, None),
        (["5", *["0"] * 9], 0, None),
        (["0"] * 9, None, None),
    ],
)
def test_columns(fields: list[str], label: int | None, number: int | None) -> None:
    """By their names in any case; without a name for it the label comes first, if there is one."""
    columns = find_columns("here", fields)
    assert (columns.label, columns.number, columns.side) == (label, number, 3)
    assert columns.pixels == [place for place in range(len(fields)) if place not in (label, number)]


@pytest.mark.parametrize(
    "fields",
    [["label"], ["label", *PIXELS[:8]], ["id", "label", "fold", *PIXELS], ["5", *["0"] * 12]],
)
def test_no_square_is_an_error(fields: list[str]) -> None:
    """The number of columns is in the message."""
    with pytest.raises(
        DataError, match=f"^here: expected a label and H · H .* {len(fields)} columns"
    ):
        find_columns("here", fields)


def test_a_header_that_only_counts_exceeds_pixels() -> None:
    """0, 1, ..., 784 is a header; 0, 1, ..., 255 could be an image, as could a row with a mistake."""
    assert is_header([str(number) for number in range(785)])
    assert is_header([str(number) for number in range(1, 786)])
    assert not is_header([str(number) for number in range(256)])
    for row in ("5,0,x,0", "five,0,0,7", ",0,0,9", "nan,nan,nan,nan", "0,x,x,x"):
        assert not is_header(row.split(","))
