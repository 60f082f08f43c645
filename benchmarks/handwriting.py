"""Measures how well the model that ships reads real handwriting, and what it rejects.

    python benchmarks/handwriting.py FOLDER --mnist MNIST
    python benchmarks/handwriting.py FOLDER --mnist MNIST --every 1 --before RUN --pictures docs/images

FOLDER holds ``unipen_strokes.json.gz``, ``hwd1000.npz`` and ``photos/`` with ``labels.json``. RUN is a
model trained on MNIST alone, to show what drawn digits gain for each style of writing.
``--pictures`` writes the images and tables of docs/handwriting.md. Everything is read by ``Recognizer``,
as a user's image would be; a rejected answer counts as wrong.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from PIL import Image
from rich.console import Console
from rich.table import Table

from inkling._types import ByteArray, FloatArray
from inkling.data.dataset import load_dataset
from inkling.data.split import Split
from inkling.image.normalize import normalize
from inkling.recognize.recognizer import Recognizer
from writing.nondigits import all_nondigits
from writing.pictures import write_pictures
from writing.rows import (
    Answers,
    Row,
    calibration_row,
    difference_row,
    in_order,
    read_all,
    share_row,
)
from writing.strokes import USUAL, Writers, Written, draw, find_styles, read_unipen

BRUSHES = {0.06: "", 0.08: "", 0.09: "", USUAL: "≥ 98.3", 0.11: "", 0.13: "", 0.15: ""}
"""Widths as shares of the pad, with the target for the usual one."""
TARGETS = {"1 with an upstroke": "≥ 97", "all 0s": "≥ 97"}
"""Of styles."""
HEADINGS = ("measure", "target", "reached", "95 % interval", "n")
ACCEPTED = 0.993
"""The share of legible digits that are accepted where the rejection of non-digits is compared."""


def mnist_rows(recognizer: Recognizer, test: Split, every: int) -> list[Row]:
    """Accuracy on the originals, and what is lost when they are enlarged and normalized again."""
    answers = [recognizer.model.answer(part)[0] for part in np.array_split(test.images, 10)]
    probabilities = np.concatenate(answers)
    right = probabilities.argmax(axis=1) == test.labels
    large = read_all(recognizer, map(enlarge, test.images[::every]), test.labels[::every])
    name = "MNIST test, 4 × enlarged"
    return [
        share_row("MNIST test", "right, before any rejection", right, "≥ 99.55"),
        calibration_row("MNIST test", probabilities.max(axis=1), right, "≤ 0.3"),
        difference_row(name, "points lost", right[::every], large.found, "≤ 0.3"),
        share_row(name, "answered", large.answered),
    ]


def enlarge(image: ByteArray) -> ByteArray:
    """Makes an image four times as large, smoothly."""
    side = 4 * image.shape[0]
    return np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC))


def unipen_rows(recognizer: Recognizer, digits: list[Written]) -> tuple[list[Row], Answers]:
    """Every brush; calibration and acceptance for the usual one, whose answers are returned."""
    labels = np.array([digit.label for digit in digits])
    read, rows = {}, []
    for brush, target in BRUSHES.items():
        images = (draw(digit.strokes, brush) for digit in digits)
        read[brush] = read_all(recognizer, images, labels)
        name = f"UNIPEN, brush {100 * brush:.0f} %"
        rows.append(share_row(name, "read_digit right", read[brush].right, target))
    usual, name = read[USUAL], f"UNIPEN, brush {100 * USUAL:.0f} %"
    given = usual.answered
    legible = np.array([digit.legible for digit in digits])
    rows += [
        share_row(name, "read_digit right, of legible digits", usual.right[legible]),
        share_row(name, "right, rejected or not", usual.found),
        share_row(name, "right of those answered", usual.right[given]),
        share_row(name, "answered", given),
        share_row(name, "answered, of legible digits", given[legible], "≥ 99.3"),
        calibration_row("UNIPEN, answered", usual.confidence[given], usual.found[given], ""),
        calibration_row("UNIPEN, rejected too", usual.confidence, usual.found, "≤ 1"),
    ]
    return rows, usual


def photo_rows(recognizer: Recognizer, folder: Path) -> list[Row]:
    """Digits that are right and in order, and photos with the right number of digits."""
    right, total, counts = 0, 0, []
    for name, page in json.loads((folder / "labels.json").read_text(encoding="utf-8")).items():
        written = "".join(page["rows"]).replace(" ", "")
        read = "".join(recognizer.read(folder / name).text)
        right += in_order(read, written)
        total += len(written)
        counts.append(len(read) == len(written))
    return [
        share_row("photos", "digits right and in order", np.arange(total) < right, "≥ 99"),
        share_row("photos", "with the right number of digits", np.array(counts), "≥ 75"),
    ]


def nondigit_rows(recognizer: Recognizer, digits: list[Written]) -> list[Row]:
    """Rejection at the model's threshold, and at the one that accepts 99.3 % of the legible digits."""
    groups, _, images = zip(*all_nondigits(), strict=True)
    rejected = np.array([recognizer.read_digit(image).reason is not None for image in images])
    of_group = {group: np.array(groups) == group for group in dict.fromkeys(groups)}
    rows = [share_row("non-digits, all", "rejected", rejected)]
    for group, members in of_group.items():
        rows.append(share_row(f"non-digits, {group}", "rejected", rejected[members]))
    legible = [draw(digit.strokes, USUAL) for digit in digits if digit.legible]
    threshold = np.quantile(scores(recognizer, legible), ACCEPTED)
    hits = (scores(recognizer, images) > threshold) | of_group["blank"]
    threshold = np.quantile(energies(recognizer, legible), ACCEPTED)
    by_energy = energies(recognizer, images) > threshold
    measure = f"rejected where {100 * ACCEPTED:.1f} % of the legible digits are accepted"
    letters = hits[of_group["letters"]]
    return [
        *rows,
        share_row("non-digits, all", measure, hits, "≥ 95"),
        share_row("non-digits, letters", measure, letters, "≥ 88"),
        share_row("non-digits, letters", "the same, by energy", by_energy[of_group["letters"]]),
    ]


def scores(recognizer: Recognizer, images: list[ByteArray] | tuple[ByteArray, ...]) -> np.ndarray:
    """Returns the non-digit scores of images."""
    found = recognizer.model.answer(np.stack([normalize(image) for image in images]))[1]
    assert found is not None, "the model has no rejector"
    return found


def energies(recognizer: Recognizer, images: list[ByteArray] | tuple[ByteArray, ...]) -> FloatArray:
    """Returns −log Σ exp z of images, a score that needs no unit of its own."""
    pixels = np.stack([normalize(image) for image in images])
    logits = recognizer.model.representative(pixels[:1]).logits(pixels)
    return -np.asarray(np.logaddexp.reduce(logits, axis=1))


def style_rows(digits: list[Written], usual: Answers, before: Answers | None) -> list[Row]:
    """By style and site: share of correct answers, and the gain over a model of MNIST alone."""
    sites = np.array([digit.site for digit in digits])
    groups = {"all digits": np.ones(len(digits), bool)} | find_styles(digits)
    groups |= {f"all {digit}s": usual.labels == digit for digit in range(10)}
    groups |= {f"site {site}": sites == site for site in sorted(set(sites))}
    rows = []
    for name, members in groups.items():
        if members.any():
            right = usual.right[members]
            rows.append(share_row(name, "read_digit right", right, TARGETS.get(name, "")))
            if before is not None:
                gained = difference_row(
                    name, "gained over MNIST alone", right, before.right[members]
                )
                rows.append(gained)
    by_writer = pd.Series(usual.right).groupby([digit.writer for digit in digits])
    shares = by_writer.mean()[by_writer.size() >= 5]
    if len(shares):
        lowest = f"{100 * shares.quantile(0.1):.2f} %"
        name = "writers with 5 digits or more"
        rows.append(Row(name, "lowest tenth", "", lowest, n=f"{len(shares)}"))
    return rows


def timing_rows(recognizer: Recognizer, image: ByteArray) -> list[Row]:
    """Median times; the ratio carries over to other machines, milliseconds do not."""
    model = recognizer.model.representative(image[np.newaxis])
    network, inputs = model.network, model.scaling(image.reshape(1, -1), model.network.dtype)
    read_digit = milliseconds(lambda: recognizer.read_digit(image))
    ratio = read_digit / milliseconds(lambda: network.predict(inputs))
    name = "one 28 × 28 image"
    return [
        Row(name, "read_digit", "≤ 0.4", f"{read_digit:.2f} ms"),
        Row(name, "read_digit over the network alone", "", f"{ratio:.2f} ×"),
    ]


def milliseconds(call: Callable[[], object]) -> float:
    """Returns the median time of 300 calls."""
    times = []
    for _ in range(300):
        started = perf_counter()
        call()
        times.append(perf_counter() - started)
    return 1000 * float(np.median(times))


def measure(
    recognizer: Recognizer, test: Split, digits: list[Written], folder: Path, every: int
) -> tuple[list[Row], Answers]:
    """Returns the rows of the first table, and the answers to the digits drawn by the usual brush."""
    rows = mnist_rows(recognizer, test, every)
    unipen, usual = unipen_rows(recognizer, digits)
    with np.load(folder / "hwd1000.npz") as archive:
        hwd = read_all(recognizer, archive["images"], archive["labels"])
    rows += [*unipen, share_row("HwD-1000", "read_digit right", hwd.right, "≥ 99.8")]
    rows += photo_rows(recognizer, folder / "photos")
    rows += nondigit_rows(recognizer, digits)
    return rows + timing_rows(recognizer, test.images[0]), usual


def main(
    folder: Annotated[Path, typer.Argument(help="UNIPEN's strokes, HwD-1000, photos.")],
    mnist: Annotated[Path, typer.Option(help="The folder of the MNIST files.")],
    model: Annotated[Path | None, typer.Option(help="By default the model that ships.")] = None,
    before: Annotated[Path | None, typer.Option(help="A model trained on MNIST alone.")] = None,
    every: Annotated[int, typer.Option(min=1, help="Read every n-th digit of UNIPEN.")] = 4,
    writers: Annotated[Writers, typer.Option(help="Whose digits of UNIPEN.")] = Writers.ALL,
    pictures: Annotated[Path | None, typer.Option(help="Folder for the images of docs/.")] = None,
) -> None:
    """Measures everything."""
    test = load_dataset("mnist", data_dir=mnist).test
    digits = read_unipen(folder / "unipen_strokes.json.gz", every, writers)
    recognizer = Recognizer(model)
    rows, usual = measure(recognizer, test, digits, folder, every)
    results, compared = pd.DataFrame(rows, columns=["material", *HEADINGS]), None
    if before is not None:
        rows, compared = measure(Recognizer(before), test, digits, folder, every)
        place = results.columns.get_loc("reached") + 1
        results.insert(place, "MNIST alone", [row.reached for row in rows])
    styles = style_rows(digits, usual, compared)
    by_style = pd.DataFrame(styles, columns=["style or site", *HEADINGS])
    if pictures is not None:
        write_pictures(pictures, recognizer.model, digits, usual)
        results.to_csv(pictures / "handwriting.csv", index=False)
        by_style.to_csv(pictures / "handwriting-styles.csv", index=False)
    for frame in (results, by_style):
        table = Table(*frame.columns)
        for row in frame.itertuples(index=False):
            table.add_row(*row)
        Console(width=130).print(table)


if __name__ == "__main__":
    typer.run(main)
