"""The history of a run: one record per epoch.

The loop appends records; progress bars, plots, CSV files and early stopping read them. Losses are means
over samples, accuracies shares in [0, 1]. Training loss and accuracy are measured while the epoch runs,
so they describe slightly older weights than those at its end.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from inkling._checks import Guided, check_name, check_type, complain
from inkling.errors import ModelFileError
from inkling.model.manifest import SHARE
from inkling.model.schema import MOST_TEXT, PLAIN, List, Maybe, Object, checked, number
from inkling.plots.charts import history_figure
from inkling.plots.notebook import html_history, html_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_ROWS = 12
"""Epochs in a notebook's table; a longer history is shortened to the first and last ones."""


@dataclass(frozen=True)
class EpochRecord:
    """One epoch."""

    epoch: int  # from 1
    train_loss: float  # without any penalty on the weights
    train_accuracy: float | None  # None if targets are not labels
    validation_loss: float | None  # None without a validation set
    validation_accuracy: float | None
    learning_rate: float  # of the last step
    seconds: float  # of training, without validation
    images_per_second: float


NAMES = tuple(field.name for field in fields(EpochRecord))
COLUMNS: dict[str, str] = {
    **dict.fromkeys(("train_loss", "history", "keys", "epoch", "loss"), "train_loss"),
    **dict.fromkeys(("train_accuracy", "accuracy"), "train_accuracy"),
    **dict.fromkeys(("validation_loss", "val_loss"), "validation_loss"),
    **dict.fromkeys(("validation_accuracy", "val_accuracy"), "validation_accuracy"),
}
INSTEAD: dict[str, str] = {name: f'use column("{column}")' for name, column in COLUMNS.items()}
"""What other libraries call something else."""
REMOVED = ("test_loss", "test_accuracy")
"""Fields of records that version 0.1 wrote; ``from_list`` ignores them."""
RECORD = Object(
    {
        "epoch": number(1, whole=True),
        "train_loss": number(),
        "train_accuracy": Maybe(SHARE),
        "validation_loss": Maybe(number()),
        "validation_accuracy": Maybe(SHARE),
        "learning_rate": number(0),
        "seconds": number(0, open_low=True),
        "images_per_second": number(0),
        **dict.fromkeys(REMOVED, PLAIN),
    },
    optional=REMOVED,
)
"""A record as plain data."""


class History(Guided, Sequence[EpochRecord], instead=INSTEAD):
    """The records of a run, first epoch first.

    Example:
        >>> history = History([EpochRecord(1, 0.5, 0.85, None, None, 0.1, 2.0, 30000.0)])
        >>> print(history.to_csv())
        epoch,train_loss,train_accuracy,validation_loss,validation_accuracy,learning_rate,seconds,images_per_second
        1,0.5,0.85,,,0.1,2.0,30000.0
        <BLANKLINE>
    """

    def __init__(self, records: Sequence[EpochRecord] = ()) -> None:
        check_type("History", "records", records, Iterable)
        self._records = list(records)
        for record in self._records:
            advice = "History.from_list reads plain data"
            check_type("History", "a record", record, EpochRecord, advice)

    def append(self, record: EpochRecord) -> None:
        """Adds an epoch."""
        self._records.append(record)

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, str):
            got, advice = repr(index), f"use column({index!r})"
            raise TypeError(complain("History", "the index of an epoch", got, advice))
        return self._records[index]

    def __repr__(self) -> str:
        if not self._records:
            return "History(no epoch yet)"
        last = self._records[-1]
        return f"History({len(self)} epochs; training loss {last.train_loss:.4f} at the end)"

    def _repr_html_(self) -> str:
        """Returns the curves, if Matplotlib is installed, and a table of the epochs, for notebooks."""
        columns = {kind: self.column(f"{kind}_loss") for kind in ("train", "validation")}
        kinds = [kind for kind, losses in columns.items() if any(x is not None for x in losses)]
        names = [f"{kind}_{what}" for kind in kinds for what in ("loss", "accuracy")]
        rows = [
            [str(record.epoch), *(_number(name, getattr(record, name)) for name in names)]
            for record in self._records
        ]
        if len(rows) > MOST_ROWS:
            half = MOST_ROWS // 2
            rows = [*rows[:half], ["…"] * len(rows[0]), *rows[-half:]]
        heads = ("epoch", *(name.replace("_", " ") for name in names))
        return html_history(self) + html_table(repr(self), heads, rows)

    def plot(self) -> Figure:
        """Draws loss and accuracy per epoch.

        Returns:
            A Matplotlib figure, which a notebook shows; ``figure.savefig("history.png")`` writes it.

        Raises:
            MissingExtraError: Matplotlib is not installed.
        """
        return history_figure(self)

    @property
    def train_seconds(self) -> float:
        """The training time of all epochs, without validation."""
        return float(sum(self.column("seconds")))

    @property
    def images_per_second(self) -> float:
        """Samples trained on per second, over all epochs."""
        images = sum(record.seconds * record.images_per_second for record in self._records)
        return float(images / self.train_seconds) if self._records else 0.0

    def column(self, name: str) -> list[Any]:
        """Returns one attribute of every record, such as "train_loss"; SettingError if unknown."""
        check_name("History", "a column", name, NAMES)
        return [getattr(record, name) for record in self._records]

    def to_csv(self) -> str:
        """Returns the records as CSV text with a header; None becomes an empty field."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(NAMES)
        writer.writerows([getattr(record, name) for name in NAMES] for record in self._records)
        return text.getvalue()

    @classmethod
    def from_csv(cls, text: str) -> Self:
        """Builds the history from the text of ``to_csv``.

        Raises:
            ModelFileError: the text is something else.
        """
        try:
            reader = csv.DictReader(io.StringIO(text), strict=True)
            if not {*NAMES} <= {*(reader.fieldnames or ())}:
                raise ValueError("others")
            rows: list[dict[str, Any]] = [
                {name: float(value) if value else None for name, value in row.items()}
                for row in reader
            ]
            for row in rows:
                row["epoch"] = int(row["epoch"] or 0)
        except (csv.Error, ValueError, TypeError, OverflowError) as error:
            expected = f"a table with the columns {', '.join(NAMES)}"
            raise ModelFileError(complain("History", expected, error)) from error
        return cls.from_list(rows)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Reads the ``history.csv`` of a run.

        Raises:
            OSError: the file cannot be read.
            ValueError: it is something else; a ModelFileError unless it is no text.
        """
        if path.stat().st_size > MOST_TEXT or not path.is_file():
            raise ModelFileError(complain("History", "a table", "another file"))
        return cls.from_csv(path.read_text(encoding="utf-8"))

    def to_list(self) -> list[dict[str, Any]]:
        """Returns the records as plain data for JSON."""
        return [asdict(record) for record in self._records]

    @classmethod
    def from_list(cls, records: Sequence[Mapping[str, Any]]) -> Self:
        """Builds the history from the plain data of ``to_list``.

        Raises:
            ModelFileError: a record lacks a field, has an unknown one, or one of a wrong value.
        """
        checked("History", records, List(RECORD))
        return cls([EpochRecord(**{name: record[name] for name in NAMES}) for record in records])


def _number(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{100 * value:.2f} %" if name.endswith("accuracy") else f"{value:.4f}"
