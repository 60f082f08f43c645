"""From what the readers of IDX, CSV and npz find to a ``Source``: classes, scale, empty images."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from inkling._checks import complain
from inkling._types import ByteArray, IntArray
from inkling.data.readers.labels import name_numbered_classes
from inkling.data.readers.pixels import Pixels, to_common_scale
from inkling.data.split import Source, Split
from inkling.errors import DataError

SHOWN = 3  # empty images that a note names


@dataclass(frozen=True, eq=False)
class Part:
    """One split as its file gives it."""

    where: str  # the images are, for messages
    pixels: Pixels
    labels: IntArray
    where_label: Callable[[int], str]  # the label of a row, from 0, is


def assemble(parts: Mapping[str, Part], notes: Sequence[str] = ()) -> Source:
    """Returns the splits "train" and, if they are among the parts, "test" and "validation".

    Raises:
        DataError: if a label is wrong, the scale of the pixels is uncertain, or all images of a part are
            empty.
    """
    labels = {name: part.labels for name, part in parts.items()}
    classes, numbers = name_numbered_classes(labels, lambda name, row: parts[name].where_label(row))
    by_place, scale = to_common_scale({part.where: part.pixels for part in parts.values()})
    images = {name: by_place[part.where] for name, part in parts.items()}
    notes = [*notes, *scale]
    for name, part in parts.items():
        notes += note_empty(part.where, images[name], lambda row: f"number {row + 1}")
    splits = {name: Split(images[name], numbers[name]) for name in parts}
    return Source(
        classes, splits["train"], splits.get("test"), splits.get("validation"), tuple(notes)
    )


def note_empty(where: str, images: ByteArray, name: Callable[[int], str]) -> tuple[str, ...]:
    """Returns a note if some images (N, H, W) of a part have no ink; ``name`` names that of a row.

    Raises:
        DataError: if no image has ink.
    """
    empty = np.flatnonzero(~images.any(axis=(1, 2)))
    if not len(empty):
        return ()
    if len(empty) == len(images):
        raise DataError(complain(where, "images with ink", f"{len(empty):,} empty ones"))
    shown = ", ".join(name(int(row)) for row in empty[:SHOWN])
    more = ", …" if len(empty) > SHOWN else ""
    verb = "is" if len(empty) == 1 else "are"
    return (f"{where}: {len(empty):,} of {len(images):,} images {verb} empty ({shown}{more}).",)
