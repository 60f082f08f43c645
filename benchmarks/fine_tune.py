"""Measures what a few pictures of a hand teach the model that ships, and what it forgets.

    python benchmarks/fine_tune.py FOLDER --mnist MNIST

FOLDER holds ``unipen_strokes.json.gz``. Of the writers in UNIPEN's development half who wrote two
different digits or more, the ten with the most errors are taken (of equals, those with more digits). For
each of several random splits, up to 50 digits of a writer, and at most half of them, are taught with
``inkling.fine_tune``; the others are kept apart, and read before and after by ``Recognizer.read_digit``.
A rejected digit is an error too. MNIST's test images show what is forgotten.

Illegible digits (``writing/illegible.csv``) are left out: most are parts of a digit, such as one line of
a 4, and no picture of them could be taught. ``--illegible`` takes them too, ``--ranks 11-25`` other
writers: those with which the settings were chosen.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from time import perf_counter
from typing import Annotated, NamedTuple

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

import inkling
from inkling._types import ByteArray, IntArray
from inkling.data.dataset import Dataset, load_dataset
from inkling.data.split import Split
from inkling.image.single import normalize_single_in_steps
from inkling.model.model import Model
from inkling.recognize.recognizer import Recognizer
from writing.rows import Answers, read_all
from writing.strokes import USUAL, Writers, draw, read_unipen

TAUGHT = 50
"""The most digits of a writer that are taught."""


class Writer(NamedTuple):
    """A writer's digits, as drawn and as a model sees them."""

    name: str
    images: ByteArray  # (N, 280, 280)
    pixels: ByteArray  # (N, 28, 28)
    labels: IntArray
    before: Answers  # of the model that ships

    @property
    def size(self) -> int:
        """N."""
        return len(self.labels)


class Errors(NamedTuple):
    """Errors among the digits that were kept apart."""

    misread: int
    rejected: int

    @classmethod
    def among(cls, answers: Answers) -> Errors:
        """Counts them."""
        misread = answers.answered & ~answers.found
        return cls(int(misread.sum()), int((~answers.answered).sum()))

    def __add__(self, other: object) -> Errors:
        """Returns the errors of both."""
        assert isinstance(other, Errors)
        return Errors(self.misread + other.misread, self.rejected + other.rejected)

    def __str__(self) -> str:
        return f"{sum(self)} ({self.misread} + {self.rejected})"


class Trial(NamedTuple):
    """A fine-tuning: how many digits were taught and kept apart, and what became of the latter."""

    taught: int
    kept: int
    before: Errors
    after: Errors
    mnist: float  # the accuracy after
    seconds: float


def read_writers(folder: Path, *, illegible: bool) -> list[Writer]:
    """Returns the writers who wrote two different digits or more, those with most errors first."""
    recognizer, by_writer = Recognizer(), defaultdict(list)
    for digit in read_unipen(folder / "unipen_strokes.json.gz", 1, Writers.DEVELOPMENT):
        if digit.legible or illegible:
            by_writer[digit.writer].append(digit)
    writers = []
    for name, digits in by_writer.items():
        labels = np.array([digit.label for digit in digits])
        if len(np.unique(labels)) > 1:
            images = np.stack([draw(digit.strokes, USUAL) for digit in digits])
            pixels = np.stack([normalize_single_in_steps(image).pixels for image in images])
            before = read_all(recognizer, images, labels)
            writers.append(Writer(name, images, pixels, labels, before))
    return sorted(writers, key=lambda one: (one.before.right.sum() - one.size, -one.size, one.name))


def teach(model: Model, writer: Writer, mnist: Split, seed: int) -> Trial:
    """Teaches some of a writer's digits, drawn at random, and reads the others."""
    order = np.random.default_rng(seed).permutation(writer.size)
    taught, kept = np.split(order, [min(TAUGHT, len(order) // 2)])
    every = Split(writer.pixels, writer.labels)
    parts = every.take(taught), every.take(order[:0]), every.take(kept)
    yours = Dataset("writer", tuple("0123456789"), *parts, sha256="")
    started = perf_counter()
    tuned = inkling.fine_tune(model, yours, seed=seed).model
    seconds = perf_counter() - started
    before = Answers._make(array[kept] for array in writer.before)
    after = read_all(Recognizer(tuned), writer.images[kept], writer.labels[kept])
    accuracy = tuned.evaluate(mnist).accuracy
    errors = Errors.among(before), Errors.among(after)
    return Trial(len(taught), len(kept), *errors, accuracy, seconds)


def main(
    folder: Annotated[Path, typer.Argument(help="UNIPEN's strokes.")],
    mnist: Annotated[Path, typer.Option(help="The folder of the MNIST files.")],
    splits: Annotated[int, typer.Option(min=1, help="Random splits of each writer.")] = 4,
    ranks: Annotated[str, typer.Option(help="Which writers, by their errors.")] = "1-10",
    illegible: Annotated[bool, typer.Option(help="Take illegible digits too.")] = False,
) -> None:
    """Fine-tunes the model for each writer and split."""
    model = inkling.load_model().require_single("fine_tune")
    test = load_dataset("mnist", data_dir=mnist).test
    first, last = map(int, ranks.split("-"))
    writers = read_writers(folder, illegible=illegible)[first - 1 : last]
    accuracy = model.evaluate(test).accuracy
    table = Table("writer", "digits", "taught", "kept apart", "errors before (misread + rejected)")
    for name in ("after", "MNIST, points: mean", "lowest", "seconds"):
        table.add_column(name)
    every: list[Trial] = []
    for writer in writers:
        trials = [teach(model, writer, test, seed) for seed in range(splits)]
        _add_row(table, writer.name, f"{writer.size}", trials, accuracy)
        every += trials
        typer.echo(f"{writer.name}: {len(trials)} splits", err=True)
    _add_row(table, f"{len(writers)} writers", "", every, accuracy)
    Console(width=150).print(table)


def _add_row(table: Table, name: str, count: str, trials: list[Trial], accuracy: float) -> None:
    """Adds the sums of trials over all splits, and how much the accuracy on MNIST changed."""
    before, after = Errors(0, 0), Errors(0, 0)
    for trial in trials:
        before, after = before + trial.before, after + trial.after
    points = [100 * (trial.mnist - accuracy) for trial in trials]
    table.add_row(
        name,
        count,
        f"{sum(trial.taught for trial in trials)}",
        f"{sum(trial.kept for trial in trials)}",
        f"{before}",
        f"{after}",
        f"{np.mean(points):+.2f}",
        f"{min(points):+.2f}",
        f"{np.median([trial.seconds for trial in trials]):.1f}",
    )


if __name__ == "__main__":
    typer.run(main)
