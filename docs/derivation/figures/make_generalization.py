"""Trains the networks of docs/derivation/generalization.md, and writes their numbers and figures.

    python docs/derivation/figures/make_generalization.py       trains, about three minutes; then draws
    python docs/derivation/figures/make_generalization.py draw  only draws, from the CSV files

All networks are 784-H-10 with ReLU, trained by descent with momentum on a few images of MNIST and
measured on its 5,000 validation images. Every number is the mean of three seeds.
"""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from drawing import HERE, Drawing, Panel

import inkling
from inkling._files import atomic_write

SEEDS = 3
EPOCHS = 60
FEW = 1_000
"""Training images where nothing else is said."""
COMMON: dict[str, Any] = {
    "hidden": (200,),
    "optimizer": "momentum",
    "learning_rate": 0.02,
    "schedule": "constant",
    "batch_size": 50,
    "label_smoothing": 0.0,
    "epochs": EPOCHS,
}
RUNS: dict[str, dict[str, Any]] = {
    "2 units, 10,000 images": {"hidden": (2,), "images": 10_000},
    "200 units, 1,000 images": {},
    "… with early stopping": {"patience": 5},
    "… with weight decay 0.003": {"weight_decay": 0.003},
    "… with dropout 0.5": {"dropout": 0.5},
    "… with elastic distortion": {"augment": "elastic"},
}
COUNTS = (100, 300, 1_000, 3_000, 10_000, 55_000)
STEPS = 6_000
"""Steps with each number of training images."""
MEASURES = ("training loss", "validation loss", "training accuracy", "validation accuracy")


@cache
def mnist() -> inkling.Dataset:
    """Returns MNIST."""
    return inkling.load_dataset("mnist")


def with_images(count: int) -> inkling.Dataset:
    """Returns MNIST with only the first ``count`` training images."""
    train = mnist().train
    return replace(mnist(), train=inkling.Split(train.images[:count], train.labels[:count]))


class Measure(inkling.Callback):
    """Measures, after each epoch, on the training images as they are: whole network, no distortion."""

    def __init__(self, data: inkling.Dataset) -> None:
        self.data, self.rows = data, []

    def after_epoch(self, state: Any, _: Any) -> None:
        """Appends a row with the values of MEASURES."""
        model = inkling.Model(state.context.network, mnist().classes, (28, 28))
        on_both = model.evaluate(self.data.train), model.evaluate(self.data.validation)
        self.rows.append([one.loss for one in on_both] + [one.accuracy for one in on_both])


def train(changes: dict[str, Any]) -> np.ndarray:
    """Returns the means over the seeds (epochs, 4); with early stopping the best epochs (1, 4)."""
    runs = []
    settings = {**COMMON, **changes}
    data = with_images(settings.pop("images", FEW))
    for seed in range(SEEDS):
        measure = Measure(data)
        inkling.train(data, **settings, seed=seed, callbacks=[measure])
        rows = np.array(measure.rows)
        runs.append(rows[[rows[:, 1].argmin()]] if "patience" in changes else rows)
    return np.mean(runs, axis=0)


def train_with(count: int) -> list[float]:
    """Returns training and validation accuracy after STEPS steps on ``count`` images."""
    accuracies = []
    data = with_images(count)
    nothing = inkling.Split(data.validation.images[:0], data.validation.labels[:0])
    epochs = round(STEPS * COMMON["batch_size"] / count)
    for seed in range(SEEDS):
        settings = {**COMMON, "epochs": epochs, "seed": seed}
        model = inkling.train(replace(data, validation=nothing), **settings).model
        accuracies.append([model.evaluate(part).accuracy for part in (data.train, data.validation)])
    return [float(mean) for mean in np.mean(accuracies, axis=0)]


def write(name: str, rows: list[dict[str, Any]]) -> None:
    """Writes a CSV file next to this one."""
    text = io.StringIO()
    table = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    atomic_write(HERE / f"{name}.csv", text.getvalue().encode())


def read(name: str) -> list[dict[str, str]]:
    """Reads a CSV file next to this one."""
    lines = (HERE / f"{name}.csv").read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(lines))


def measure_all() -> None:
    """Trains all networks and writes the CSV files."""
    curves, ends = [], []
    for name, changes in RUNS.items():
        rows = train(changes)
        for epoch, row in enumerate(rows, start=1):
            if "patience" not in changes:
                losses = {what: f"{x:.4f}" for what, x in zip(MEASURES[:2], row[:2], strict=True)}
                curves.append({"run": name, "epoch": epoch, **losses})
        loss, accuracies = rows[-1, 1], 100 * rows[-1, 2:]
        ends.append(
            {
                "network": name,
                "training accuracy in %": f"{accuracies[0]:.1f}",
                "validation accuracy in %": f"{accuracies[1]:.1f}",
                "gap in points": f"{accuracies[0].round(1) - accuracies[1].round(1):.1f}",
                "validation loss": f"{loss:.2f}",
            }
        )
    write("generalization-curves", curves)
    write("generalization", ends)
    counts = []
    for count in COUNTS:
        both = train_with(count)
        shares = {what: f"{100 * x:.1f}" for what, x in zip(MEASURES[2:], both, strict=True)}
        counts.append({"images": count, **shares})
    write("generalization-images", counts)


def curve(run: str, what: str) -> list[float]:
    """Returns a column of the curves of a run."""
    return [float(row[what]) for row in read("generalization-curves") if row["run"] == run]


def draw_curves() -> None:
    """Draws training and validation loss of three runs side by side."""
    drawing = Drawing(720, 250)
    runs = {  # places of the words below and above the curves, by run
        "2 units, 10,000 images": ("2 units", (32, 0.74), (32, 1.22)),
        "200 units, 1,000 images": ("200 units", (32, 0.09), (32, 0.55)),
        "… with elastic distortion": ("200 units, distorted", (15, 0.12), (38, 0.38)),
    }
    for i, (run, (title, *places)) in enumerate(runs.items()):
        panel = Panel(drawing, (44 + 228 * i, 40, 196, 160), x=(1, EPOCHS), y=(0, 1.5))
        ticks = [0, 0.5, 1, 1.5]
        panel.axes([1, 20, 40, 60], ticks, below="epoch", above=title, numbers=i == 0)
        for part, kind, place in zip(
            ("training", "validation"), ("one", "two"), places, strict=True
        ):
            panel.curve(range(1, EPOCHS + 1), curve(run, f"{part} loss"), kind)
            panel.label(*place, part, f"note {kind}", anchor="middle")
    drawing.write("generalization-curves")


def draw_remedies() -> None:
    """Draws the validation loss with each remedy."""
    drawing = Drawing(600, 300)
    panel = Panel(drawing, (44, 40, 400, 210), x=(1, EPOCHS), y=(0, 0.8))
    panel.axes(
        [1, 10, 20, 30, 40, 50, 60], [0, 0.2, 0.4, 0.6, 0.8], below="epoch", above="validation loss"
    )
    runs = {
        "200 units, 1,000 images": ("no regularization", "two", 0),
        "… with dropout 0.5": ("dropout", "three", 4),
        "… with weight decay 0.003": ("weight decay", "four", 21),
        "… with elastic distortion": ("distorted images", "one", 4),
    }
    for run, (word, kind, by) in runs.items():
        losses = curve(run, "validation loss")
        panel.curve(range(1, EPOCHS + 1), losses, kind)
        panel.label(EPOCHS, losses[-1], word, kind, by=(8, by))
    plain = curve("200 units, 1,000 images", "validation loss")
    best = int(np.argmin(plain))
    drawing.dot(*panel.at(best + 1, plain[best]), "two", 5)
    panel.label(3, 0.33, "early stopping", "note two")
    drawing.write("generalization-remedies")


def draw_images() -> None:
    """Draws both accuracies against the number of training images."""
    drawing = Drawing(600, 290)
    panel = Panel(drawing, (44, 40, 440, 200), x=(100, 55_000), y=(60, 100), log_x=True)
    panel.axes(COUNTS, [60, 70, 80, 90, 100], below="training images", above="accuracy in %")
    rows = read("generalization-images")
    for part, kind in (("training", "one"), ("validation", "two")):
        shares = [float(row[f"{part} accuracy"]) for row in rows]
        panel.curve(COUNTS, shares, kind)
        for count, share in zip(COUNTS, shares, strict=True):
            drawing.dot(*panel.at(count, share), kind)
        by = (10, -2 if part == "training" else 14)
        panel.label(COUNTS[-1], shares[-1], part, kind, by=by)
    drawing.write("generalization-images")


def draw() -> None:
    """Draws all figures."""
    draw_curves()
    draw_remedies()
    draw_images()


def main() -> None:
    """Measures unless only asked to draw; then draws."""
    if sys.argv[1:] != ["draw"]:
        measure_all()
    draw()


if __name__ == "__main__":
    main()
