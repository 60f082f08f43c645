"""What a run has to tell: one record an epoch.

The loop yields records; progress bars, plots, CSV files and early stopping read them. Losses are means
over samples, accuracies shares in [0, 1]; the training figures are gathered while the epoch runs, so
they lie a little behind the weights at its end.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from inkling._checks import complain
from inkling.errors import ModelFileError
from inkling.plots.notebook import html_history, html_table

MOST_ROWS = 12
"""Of a longer history a notebook shows the first and the last epochs."""


@dataclass(frozen=True)
class EpochRecord:
    """One epoch.

    Attributes:
        epoch: its number, from 1.
        train_loss: the mean loss over the samples seen in it, without any penalty on the weights.
        train_accuracy: the share of them that was right; None where targets are not labels.
        validation_loss: the mean loss on the validation set after it; None without one.
        validation_accuracy: the share right; None without one.
        learning_rate: the learning rate of its last step.
        seconds: how long the training took, validation not included.
        images_per_second: samples trained on a second.
        test_loss: the mean loss on the test set after it; None where nobody watches the test set,
            as it should be.
        test_accuracy: the share right; None likewise.
    """

    epoch: int
    train_loss: float
    train_accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    learning_rate: float
    seconds: float
    images_per_second: float
    test_loss: float | None = None
    test_accuracy: float | None = None


class History(Sequence[EpochRecord]):
    """The records of a run, first epoch first.

    Example:
        >>> history = History([EpochRecord(1, 0.5, 0.85, None, None, 0.1, 2.0, 30000.0)])
        >>> print(history.to_csv())
        epoch,train_loss,train_accuracy,validation_loss,validation_accuracy,learning_rate,seconds,images_per_second
        1,0.5,0.85,,,0.1,2.0,30000.0
        <BLANKLINE>
    """

    def __init__(self, records: Sequence[EpochRecord] = ()) -> None:
        self._records = list(records)

    def append(self, record: EpochRecord) -> None:
        """Adds an epoch."""
        self._records.append(record)

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, index: Any) -> Any:
        return self._records[index]

    def __iter__(self) -> Iterator[EpochRecord]:
        return iter(self._records)

    def __repr__(self) -> str:
        if not self._records:
            return "History(no epoch yet)"
        last = self._records[-1]
        return f"History({len(self)} epochs; training loss {last.train_loss:.4f} at the end)"

    def _repr_html_(self) -> str:
        """Returns the curves, if Matplotlib is installed, and a table of the epochs, for notebooks."""
        kinds = [kind for kind in ("train", "validation", "test") if self._knows(f"{kind}_loss")]
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

    def _knows(self, name: str) -> bool:
        return any(value is not None for value in self.column(name))

    def column(self, name: str) -> list[Any]:
        """Returns one attribute of every record."""
        return [getattr(record, name) for record in self._records]

    def to_csv(self) -> str:
        """Returns the records as CSV text with a header; what is None is left empty.

        The columns of the test set are there only where it was watched.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        watched = any(record.test_loss is not None for record in self._records)
        names = [field.name for field in fields(EpochRecord)]
        names = [name for name in names if watched or not name.startswith("test_")]
        writer.writerow(names)
        writer.writerows([getattr(record, name) for name in names] for record in self._records)
        return text.getvalue()

    def to_list(self) -> list[dict[str, Any]]:
        """Returns the records as plain data for JSON."""
        return [asdict(record) for record in self._records]

    @classmethod
    def from_list(cls, records: Sequence[Mapping[str, Any]]) -> Self:
        """Builds the history from ``to_list``'s plain data.

        Raises:
            ModelFileError: a record has other fields than this version's.
        """
        try:
            return cls([EpochRecord(**record) for record in records])
        except TypeError as error:
            names = ", ".join(field.name for field in fields(EpochRecord))
            raise ModelFileError(complain("History", f"records with {names}", error)) from error


def _number(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{100 * value:.2f} %" if name.endswith("accuracy") else f"{value:.4f}"
