"""How well real handwriting is read, and how honestly: one table with targets and intervals.

    python benchmarks/handwriting.py FOLDER --mnist MNIST
    python benchmarks/handwriting.py FOLDER --mnist MNIST --every 1 --plain PLAIN --pictures docs/images

FOLDER holds ``unipen_strokes.json.gz``, ``hwd1000.npz`` and ``photos/`` with ``labels.json``; what is
not there is left out. PLAIN is a model trained without augmentation, to show what augmentation gains for
each style of writing. ``--pictures`` writes the pictures and tables of docs/handwriting.md. Everything
goes through ``Recognizer``, as a user's picture would; an answer that was refused counts as wrong.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Annotated

import numpy as np
import typer
from PIL import Image
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))  # run as a program, it does not see its folder

from benchmarks.writing.measures import Read, Row, calibration_row, in_order, share_row
from benchmarks.writing.nondigits import all_nondigits
from benchmarks.writing.pictures import Material, write_pictures
from benchmarks.writing.strokes import Written, draw, read_unipen
from benchmarks.writing.styles import find_styles

from inkling._types import ByteArray
from inkling.data.readers.mnist import read_mnist
from inkling.data.split import Split
from inkling.image.normalize import normalize
from inkling.model.model import Classifier
from inkling.recognize.recognizer import Recognizer

BRUSHES = (0.09, 0.10, 0.11)
"""Widths as shares of the pad: what a canvas has, and what the target is for."""
ODD_BRUSHES = (0.06, 0.08, 0.13, 0.15)
"""Thinner and thicker ones."""
USUAL = 0.10


class Reader:
    """Reads pictures one by one, and tells how long it took."""

    def __init__(self, model: Path | None) -> None:
        self.recognizer = Recognizer(model)
        self.model: Classifier = self.recognizer.model

    def read(self, pictures: Iterator[ByteArray] | list[ByteArray], labels: np.ndarray) -> Read:
        """Reads pictures of one digit each."""
        return Read.of(labels, [self.recognizer.read_digit(picture) for picture in pictures])


def mnist_rows(reader: Reader, test: Split, every: int) -> list[Row]:
    """Accuracy on the originals, and what is lost by enlarging them and coming back."""
    right = reader.model.predict(test.images) == test.labels
    answers = [reader.model.answer(part)[0] for part in np.array_split(test.images, 10)]
    confidence = np.concatenate(answers).max(axis=1)
    some = test.images[::every], test.labels[::every]
    enlarged = reader.read((enlarge(image) for image in some[0]), some[1])
    came_back = enlarged.best == enlarged.labels
    lost = 100 * (right[::every].mean() - came_back.mean())
    # Of paired answers only those that differ tell: their number has the variance of a count.
    margin = 196 * np.sqrt((right[::every] != came_back).sum()) / len(came_back)
    return [
        share_row("MNIST test", "right, before any refusal", right, target=99.55),
        calibration_row("MNIST test", confidence, right, target=0.2),
        Row(
            "MNIST test, 4 × enlarged",
            "points lost",
            lost,
            "points",
            target=0.3,
            at_most=True,
            interval=(lost - margin, lost + margin),
            n=len(came_back),
        ),
        share_row("MNIST test, 4 × enlarged", "answered", enlarged.answered),
    ]


def enlarge(image: ByteArray) -> ByteArray:
    """Makes an image four times as large, smoothly."""
    side = 4 * image.shape[0]
    return np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC))


def unipen_rows(reader: Reader, digits: list[Written]) -> tuple[list[Row], Read]:
    """Every brush; calibration and acceptance with the usual brushes together."""
    labels = np.array([digit.label for digit in digits])
    read = {
        brush: reader.read((draw(digit.strokes, brush) for digit in digits), labels)
        for brush in (*BRUSHES, *ODD_BRUSHES)
    }
    usual = read[USUAL]
    rows = []
    for brush in sorted(read):
        target = 96.5 if brush in BRUSHES else None
        name = f"UNIPEN, brush {100 * brush:.0f} %"
        rows.append(share_row(name, "read_digit right", read[brush].right, target))
    rows += [
        share_row("UNIPEN, brush 10 %", "right, refused or not", usual.best == usual.labels),
        share_row("UNIPEN, brush 10 %", "right of those answered", usual.right[usual.answered]),
        share_row("UNIPEN, brush 10 %", "answered", usual.answered, target=98.0),
    ]
    all_right, given = usual.best == usual.labels, usual.answered
    rows.append(
        calibration_row("UNIPEN, answered", usual.confidence[given], all_right[given], target=2.0)
    )
    rows.append(calibration_row("UNIPEN, refused too", usual.confidence, all_right, target=2.0))
    return rows, usual


def nondigit_rows(reader: Reader, digits: list[Written]) -> list[Row]:
    """Refused at the model's own threshold, and at the one that accepts just 98 % of UNIPEN."""
    listed = list(all_nondigits())
    answers = [reader.recognizer.read_digit(picture) for _, _, picture in listed]
    refused = np.array([answer.reason is not None for answer in answers])
    groups = np.array([group for group, _, _ in listed])
    rows = [share_row("non-digits, all", "refused", refused, target=90.0)]
    rows += [
        share_row(f"non-digits, {group}", "refused", refused[groups == group])
        for group in dict.fromkeys(groups.tolist())
    ]
    if digits and reader.model.rejector is not None:
        scores = scores_of(reader, [draw(digit.strokes, USUAL) for digit in digits])
        threshold = np.quantile(scores, 0.98)
        hits = scores_of(reader, [picture for _, _, picture in listed]) > threshold
        hits |= groups == "blank"
        measure = "refused where 98 % of UNIPEN is accepted"
        rows.append(share_row("non-digits, all", measure, hits, target=90.0))
    return rows


def scores_of(reader: Reader, pictures: list[ByteArray]) -> np.ndarray:
    """The non-digit scores of pictures."""
    scores = reader.model.answer(np.stack([normalize(picture) for picture in pictures]))[1]
    assert scores is not None
    return scores


def photo_rows(reader: Reader, folder: Path) -> list[Row]:
    """Digits right and in order, and how many photos have the right number of digits."""
    pages = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    right, total, counts = 0, 0, []
    for name, page in pages.items():
        written = "".join(page["rows"]).replace(" ", "")
        read = "".join(reader.recognizer.read(folder / name).text)
        right += in_order(read, written)
        total += len(written)
        counts.append(len(read) == len(written))
    hits = np.arange(total) < right
    return [
        share_row("photos", "digits right and in order", hits, target=95.0),
        share_row("photos", "with the right number of digits", np.array(counts), target=75.0),
    ]


def style_rows(reader: Reader, plain: Reader | None, digits: list[Written]) -> list[Row]:
    """Likeliest digit right, by style and by site; beside it, the gain over a plain model."""
    if not digits:
        return []
    labels = np.array([digit.label for digit in digits])
    pictures = [draw(digit.strokes, USUAL) for digit in digits]
    right = reader.read(pictures, labels).best == labels
    before = None if plain is None else plain.read(pictures, labels).best == labels
    sites = np.array([digit.site for digit in digits])
    groups = find_styles(digits)
    groups |= {f"site {site}": sites == site for site in sorted(set(sites))}
    rows = []
    for name, members in groups.items():
        if not members.any():
            continue
        rows.append(share_row(name, "right, refused or not", right[members]))
        if before is not None:
            gain = 100 * (right[members].mean() - before[members].mean())
            spread = 196 * np.sqrt((right != before)[members].sum()) / members.sum()
            rows.append(
                Row(
                    name,
                    "gained over the plain model",
                    gain,
                    "points",
                    interval=(gain - spread, gain + spread),
                    n=int(members.sum()),
                )
            )
    writers: dict[str, list[bool]] = {}
    for digit, hit in zip(digits, right, strict=True):
        writers.setdefault(digit.writer, []).append(bool(hit))
    shares = np.array([np.mean(hits) for hits in writers.values() if len(hits) >= 5])
    if len(shares):
        lowest = 100 * float(np.quantile(shares, 0.1))
        rows.append(Row("writers with 5 digits or more", "lowest tenth", lowest, n=len(shares)))
    return rows


def timing_rows(reader: Reader, image: ByteArray) -> list[Row]:
    """The middle of 300 calls each; ratios hold on other machines, milliseconds do not."""
    model = reader.model.representative(image[np.newaxis])
    inputs = model.scaling(image.reshape(1, -1), model.network.dtype)
    read_digit, alone = (
        _middle_time(partial(reader.recognizer.read_digit, image)),
        _middle_time(partial(model.network.predict, inputs)),
    )
    return [
        Row("one 28 × 28 image", "read_digit", read_digit, "ms", 0.5, at_most=True),
        Row("one 28 × 28 image", "read_digit over the network alone", read_digit / alone, "×"),
    ]


def _middle_time(call: Callable[[], object]) -> float:
    times = []
    for _ in range(300):
        started = perf_counter()
        call()
        times.append(perf_counter() - started)
    return 1000 * float(np.median(times))


def show(rows: list[Row]) -> None:
    """Prints the table."""
    table = Table(*rows[0].cells())
    for row in rows:
        table.add_row(*row.cells().values())
    Console(width=130).print(table)


def write_csv(path: Path, rows: list[Row]) -> None:
    """Writes rows as a table for the documentation, without the column that the reader can see."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([list(row.cells().values())[:-1] for row in rows])


def main(
    folder: Annotated[Path, typer.Argument(help="UNIPEN's strokes, HwD-1000, photos.")],
    mnist: Annotated[Path, typer.Option(help="The folder of the MNIST files.")],
    model: Annotated[Path | None, typer.Option(help="The model that ships by default.")] = None,
    plain: Annotated[Path | None, typer.Option(help="A model without augmentation.")] = None,
    every: Annotated[int, typer.Option(min=1, help="Read every n-th digit of UNIPEN.")] = 4,
    pictures: Annotated[Path | None, typer.Option(help="Where docs' pictures go.")] = None,
    json_output: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Measures everything that is there."""
    started = perf_counter()
    reader = Reader(model)
    test = read_mnist(mnist).test
    assert test is not None
    rows = mnist_rows(reader, test, every)
    strokes, drawings = folder / "unipen_strokes.json.gz", folder / "hwd1000.npz"
    digits = read_unipen(strokes, every) if strokes.is_file() else []
    usual = None
    if digits:
        unipen, usual = unipen_rows(reader, digits)
        rows += unipen
    if drawings.is_file():
        with np.load(drawings) as archive:
            hwd = reader.read(list(archive["images"]), archive["labels"])
        rows.append(share_row("HwD-1000", "read_digit right", hwd.right, target=99.8))
    if (folder / "photos" / "labels.json").is_file():
        rows += photo_rows(reader, folder / "photos")
    rows += nondigit_rows(reader, digits)
    rows += timing_rows(reader, test.images[0])
    of_styles = style_rows(reader, None if plain is None else Reader(plain), digits)
    if pictures is not None and usual is not None:
        write_pictures(pictures, Material(reader.model, digits, usual))
        write_csv(pictures / "handwriting.csv", rows)
        write_csv(pictures / "handwriting-styles.csv", of_styles)
    rows += of_styles
    if json_output:
        print(json.dumps([row.to_dict() for row in rows]))
        return
    show(rows)
    print(f"{perf_counter() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    typer.run(main)
