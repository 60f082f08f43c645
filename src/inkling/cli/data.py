"""``inkling data``: look at a data set before you train on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkling._checks import look_up
from inkling.cli.output import JsonOption, check_out, print_json, printable, say, show

if TYPE_CHECKING:
    from inkling.data.dataset import Dataset

app: typer.Typer = typer.Typer(help="Look at a data set.", no_args_is_help=True)

DataArgument = Annotated[str, typer.Argument(help="mnist, digits, or a path.")]


@app.command("info")
def info(data: DataArgument = "mnist", json: JsonOption = False) -> None:
    """Say what is in a data set: how many images of which class, in which split."""
    dataset = _load(data)
    result: dict[str, Any] = {
        "dataset": dataset.name,
        "image_shape": list(dataset.train.images.shape[1:]),
        "classes": list(dataset.classes),
        "sha256": dataset.sha256,
        "counts": {
            name: [int((split.labels == c).sum()) for c in range(len(dataset.classes))]
            for name, split in _splits(dataset).items()
        },
    }
    if json:
        print_json(result)
        return
    from rich.table import Table

    table = Table("class", *result["counts"])
    for c, name in enumerate(dataset.classes):
        table.add_row(name, *(f"{counts[c]:,}" for counts in result["counts"].values()))
    table.add_section()
    table.add_row("all", *(f"{sum(counts):,}" for counts in result["counts"].values()))
    height, width = result["image_shape"]
    show(f"{dataset.name}: images of {height} × {width} pixels; SHA-256 {dataset.sha256}")
    show(table)


@app.command("show")
def show_sheet(
    data: DataArgument = "mnist",
    out: Annotated[Path, typer.Option(help="The picture to write.")] = Path("samples.png"),
    augment: Annotated[
        str, typer.Option(help="Show them changed as in training: none, affine, elastic, simard.")
    ] = "none",
    seed: Annotated[int, typer.Option(min=0, help="Which images are picked.")] = 0,
    json: JsonOption = False,
) -> None:
    """Draw a sheet of training images, ten of each class."""
    import numpy as np

    from inkling._files import atomic_write
    from inkling.data.augmentation.augment import AUGMENTATIONS
    from inkling.plots.charts import digit_sheet

    change = look_up("--augment", "a name", augment, AUGMENTATIONS)
    check_out("--out", out)
    dataset = _load(data)
    train = dataset.train
    rng = np.random.default_rng(seed)
    rows: list[int] = []
    for c in range(len(dataset.classes)):
        members = np.flatnonzero(train.labels == c)
        rows.extend(rng.permutation(members)[:10].tolist())
    captions = [printable(dataset.classes[label]) for label in train.labels[rows]]
    images = train.images[rows]
    images = images if change is None else change(images, rng=rng)
    atomic_write(out, digit_sheet(images, captions))
    if json:
        print_json({"dataset": dataset.name, "picture": str(out), "rows": rows})
    else:
        say(f"{len(rows)} training images of {dataset.name}: {out}")


def _load(source: str) -> Dataset:
    from inkling.cli.progress import DownloadBar
    from inkling.data.dataset import load_dataset

    with DownloadBar() as watcher:
        return load_dataset(source, watcher=watcher)


def _splits(dataset: Dataset) -> dict[str, Any]:
    return {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
