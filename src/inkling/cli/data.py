"""``inkling data``: look at a data set before you train on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from inkling._checks import look_up
from inkling._text import printable
from inkling.cli.inputs import DATA_NAMES, PathOption, names_of, read_data
from inkling.cli.output import JsonOption, check_out, out_file, print_json, results_table, say, show

if TYPE_CHECKING:
    from inkling._types import ByteArray
    from inkling.data.augmentation.augment import Augmentation

data: typer.Typer = typer.Typer(help="Look at a data set.", no_args_is_help=True)

STRIP = 6
"""Pictures of each allograph in a sheet of the pen."""

DataArgument = Annotated[str, typer.Argument(help=f"{DATA_NAMES}, or a path.")]


@data.command("info")
def info(data: DataArgument = "mnist", json: JsonOption = False) -> None:
    """Count the images of each class in each split of a data set."""
    import numpy as np

    dataset = read_data(data)
    height, width = dataset.train.images.shape[1:]
    splits = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
    counts = {
        name: np.bincount(split.labels, minlength=len(dataset.classes)).tolist()
        for name, split in splits.items()
    }
    if json:
        print_json(
            {
                "dataset": dataset.name,
                "image_shape": [height, width],
                "classes": list(dataset.classes),
                "sha256": dataset.sha256,
                "counts": counts,
            }
        )
        return
    table = results_table("class", *counts, left={"class"})
    for name, *row in zip(dataset.classes, *counts.values(), strict=True):
        table.add_row(printable(name), *(f"{count:,}" for count in row))
    table.add_section()
    table.add_row("all", *(f"{sum(column):,}" for column in counts.values()))
    show(f"{printable(dataset.name)}: images of {height} × {width} pixels")
    show(table)
    show(f"SHA-256  {dataset.sha256}", whole=True)


@data.command("show")
def show_sheet(
    data: DataArgument = "mnist",
    out: Annotated[Path, PathOption(help="The picture to write; - for standard output.")] = Path(
        "samples.png"
    ),
    augment: Annotated[
        str, typer.Option(help=f"Augment the images: {names_of('augment')}.")
    ] = "none",
    seed: Annotated[int, typer.Option(min=0, help="Selects other images.")] = 0,
    json: JsonOption = False,
) -> None:
    """Draw a sheet of training images, ten of each class; of the pen, all its allographs."""
    from inkling._files import atomic_write
    from inkling.data.augmentation.augment import AUGMENTATIONS
    from inkling.plots.charts import digit_sheet

    change = look_up("--augment", "a name", augment, AUGMENTATIONS)
    check_out("--out", out, {"the data": [Path(data)]}, stdout=not json)
    sheet = _allographs(seed, change) if data == "pen" else _samples(data, seed, change)
    with out_file(out) as file:
        atomic_write(file, digit_sheet(sheet.images, sheet.captions, sheet.columns))
    if json:
        print_json({"dataset": sheet.dataset, "picture": str(out), **sheet.shown})
    else:
        say(f"{sheet.what}: {out}")


class Sheet(NamedTuple):
    """The pictures of a sheet, and their captions."""

    images: ByteArray
    captions: list[str]
    columns: int
    dataset: str
    what: str
    shown: dict[str, list[Any]]  # for --json


def _samples(data: str, seed: int, change: Augmentation | None) -> Sheet:
    """Takes ten training images of each class."""
    import numpy as np

    dataset = read_data(data)
    rng = np.random.default_rng(seed)
    rows: list[int] = []
    for c in range(len(dataset.classes)):
        members = np.flatnonzero(dataset.train.labels == c)
        rows.extend(rng.permutation(members)[:10].tolist())
    images = dataset.train.images[rows]
    images = images if change is None else change(images, rng=rng)
    captions = [dataset.classes[label] for label in dataset.train.labels[rows]]
    what = f"{len(rows)} training images of {dataset.name}"
    return Sheet(images, captions, 10, dataset.name, what, {"rows": rows})


def _allographs(seed: int, change: Augmentation | None) -> Sheet:
    """Draws each allograph of the pen: as it is in the table, then at random, in one strip."""
    import numpy as np

    from inkling.data.synthetic.pen import default_pen

    pen, rng = default_pen(), np.random.default_rng(seed)
    names = [f"{one.digit} {one.name}" for one in pen.allographs]
    numbers = np.arange(len(names))
    drawn = [pen.draw(numbers, rng=rng, spread=0)]
    drawn += [pen.draw(numbers, rng=rng) for _ in range(STRIP - 1)]
    drawn = drawn if change is None else [change(images, rng=rng) for images in drawn]
    what = f"{len(names)} allographs of the pen"
    return Sheet(np.concatenate(drawn, axis=2), names, 4, "pen", what, {"allographs": names})
