"""Files of every kind that Inkling reads, damaged and edited; ``fuzz_files.py`` and the tests read them.

Edited texts and arrays get a valid digest, which would otherwise hide the checks behind it.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import math
import random
import struct
import traceback
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image
from safetensors.numpy import load, save

import inkling
from inkling._types import AnyArray
from inkling.cli.inputs import loss_of
from inkling.cli.streams import silence_libraries
from inkling.data.dataset import Dataset
from inkling.data.images import read_images
from inkling.data.scaling import PixelScaling
from inkling.data.split import Split
from inkling.errors import InklingError
from inkling.explain.summary import describe, list_entry, read_history
from inkling.image.open import open_image
from inkling.interop.npz import npz_bytes
from inkling.model.committee import CommitteeModel
from inkling.model.file import load_model
from inkling.model.manifest import digest_of, manifest_bytes, read_manifest
from inkling.model.model import Model
from inkling.model.rejection import Rejector
from inkling.model.tensors import DIGEST, content_digest
from inkling.nn.mlp import build_mlp
from inkling.training.checkpoint import Checkpoint
from inkling.training.early_stopping import EarlyStopping
from inkling.training.history import History
from inkling.training.run_directory import RunDirectory
from inkling.training.set_up import set_up
from inkling.training.settings import TrainingSettings

DEEP, HUGE = "@deep@", "@huge@"
"""Stand for a value nested 100,000 deep and a number of 400 digits until JSON is text."""
VALUES: list[Any] = [None, True, False, 0, 1, -1, 2, 0.5, -0.0, 1e-300, 1e30, 1e308, 2**31, 2**64]
VALUES += [math.nan, math.inf, "", "x", "\0", "\x1b[31m\n", "\ud800", "x" * 10_000]
VALUES += ["numpy", "dense", "relu", "softmax", "finished", DEEP, DEEP, HUGE, HUGE]
VALUES += [[], {}, [[]], {"": 0}, [1] * 1000, [0.5, "x"], {"kind": "dense"}]
FIELDS = ["", "nan", "1e400", "-1", "256", "0.5", "9" * 400, "x" * 200_000, *'"\0\r#٣']
NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 2**31 - 1, 2**31, 2**32 - 1)
Mutation = Callable[[bytes, random.Random], bytes]


class Kind(NamedTuple):
    """A kind of file: a valid one, the ways to damage it, and what reads it."""

    path: Path
    content: bytes
    mutations: tuple[Mutation, ...]
    read: Callable[[Path], object]

    def __repr__(self) -> str:
        return self.path.name  # Hypothesis fails instead of the test if it must print whole files


def mutate_bytes(content: bytes, rng: random.Random) -> bytes:
    """Flips bits, writes extreme numbers, and cuts, repeats and removes parts, up to four times."""
    damaged = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 4))):
        # Half of the places are near the start, where headers are.
        end = len(damaged) if rng.random() < 0.5 else min(100, len(damaged))
        place, length = rng.randrange(end + 1), rng.choice((1, 2, 4, 16, 200))
        match rng.randrange(6):
            case 0 if place < len(damaged):
                damaged[place] ^= 1 << rng.randrange(8)
            case 1:
                form = rng.choice(("<B", "<H", ">H", "<I", ">I"))
                number = rng.choice(NUMBERS) & (256 ** struct.calcsize(form) - 1)
                damaged[place : place + struct.calcsize(form)] = struct.pack(form, number)
            case 2:
                del damaged[place : place + length]
            case 3:
                damaged[place:place] = damaged[place : place + length] * rng.choice((1, 3, 50))
            case 4:
                damaged[place:place] = rng.randbytes(length)
            case _ if rng.random() < 0.3:
                del damaged[place:]
    return bytes(damaged)


def mutate_text(content: bytes, rng: random.Random) -> bytes:
    """Replaces some fields of a table."""
    fields = content.decode().replace("\n", ",\n").split(",")
    for _ in range(rng.choice((1, 2, 9))):
        fields[rng.randrange(len(fields))] = rng.choice(FIELDS)
    return ",".join(fields).replace(",\n", "\n").encode()


def edit(data: Any, rng: random.Random) -> Any:
    """Replaces, removes or adds a value somewhere in plain data."""
    if rng.random() < 0.15 or not isinstance(data, dict | list) or not data:
        return rng.choice(VALUES)
    key = rng.choice(list(data) if isinstance(data, dict) else range(len(data)))
    copy: Any = data.copy()
    match rng.randrange(12):
        case 0:
            del copy[key]
        case 1 if isinstance(data, dict):
            copy[rng.choice(("x", "", "rng", *data))] = rng.choice([*VALUES, *data.values()])
        case 1 | 2 if isinstance(data, list):
            copy.append(rng.choice([*VALUES, *data]))
        case _:
            copy[key] = edit(data[key], rng)
    return copy


def to_json(data: Any, rng: random.Random) -> str:
    """Returns data as JSON, rarely with two fields of one name or an end that is missing."""
    text = json.dumps(data).replace(f'"{DEEP}"', "[" * 100_000 + "]" * 100_000)
    text = text.replace(f'"{HUGE}"', "9" * 400)
    if rng.random() < 0.03:
        text = text.replace("{", '{"seed": 1, "seed": 2, ', 1)
    return text if rng.random() > 0.03 else text[: rng.randrange(len(text) + 1)]


def mutate_manifest(content: bytes, rng: random.Random) -> bytes:
    """Edits a manifest and, mostly, its digest."""
    data = edit(json.loads(content), rng)
    if not isinstance(data, dict) or rng.random() < 0.1:
        return to_json(data, rng).encode()
    data.pop("sha256", None)
    if rng.random() < 0.1:
        data.pop("format", None)  # as in version 0.1, without a digest
    text = to_json(data, rng)
    with contextlib.suppress(ValueError, RecursionError):
        text = f'{text[:-1]}, "sha256": "{digest_of(json.loads(text))}"}}'
    return text.encode()


def mutate_array(array: Any, rng: random.Random) -> Any:
    """Gives an array other numbers, another dtype or another shape."""
    match rng.randrange(4):
        case 0:
            return array.astype(rng.choice(("f2", "f4", "f8", "i4", "u1", "?")))
        case 1:
            shapes = (-1,), (1, *array.shape), (*array.shape, 1), array.shape[::-1]
            return array.reshape(rng.choice(shapes))
        case 2:
            return np.atleast_1d(array)[: rng.randrange(2)]
    copy = array.copy()
    if copy.size and copy.dtype.kind in "fiu":
        values = (np.nan, np.inf, 1e30, -3e38, 0.5) if copy.dtype.kind == "f" else (0, 10, 100)
        with np.errstate(over="ignore"):
            copy.flat[rng.randrange(copy.size)] = rng.choice(values)
    return copy


def mutate_arrays(arrays: dict[str, Any], rng: random.Random) -> None:
    """Changes, renames or removes one of several arrays."""
    name = rng.choice(list(arrays))
    array = arrays.pop(name)
    if rng.random() < 0.8:
        arrays[rng.choice((name, name, name, "x", f"{name}/x"))] = mutate_array(array, rng)


def mutate_tensors(content: bytes, rng: random.Random, field: str) -> bytes:
    """Edits the text or the arrays of a safetensors file, and its digest."""
    length = struct.unpack("<Q", content[:8])[0]
    text = json.loads(content[8 : 8 + length])["__metadata__"]
    arrays = load(content)
    if rng.random() < 0.7:
        data = json.loads(text[field])
        data = edit(data, rng)
        text[field] = to_json(data, rng)
    else:
        mutate_arrays(arrays, rng)
    if rng.random() < 0.05:
        text["format"] = rng.choice(
            (text["format"][:-1] + "1", "inkling-committee-2", "inkling-model-2")
        )
    del text[DIGEST]
    return save(arrays, {**text, DIGEST: content_digest(arrays, text)})


def mutate_npz(content: bytes, rng: random.Random) -> bytes:
    """Changes the arrays of an archive, or the bytes of one of its files."""
    file = io.BytesIO()
    if rng.random() < 0.5:
        arrays = dict(np.load(io.BytesIO(content)))
        name = rng.choice([name for name in arrays if arrays[name].dtype.kind != "U"])
        changed = {name: arrays.pop(name)}
        mutate_arrays(changed, rng)
        np.savez(file, **arrays, **changed)
        return file.getvalue()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w") as new:
        chosen = rng.choice(old.namelist())
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, mutate_bytes(part, rng) if name == chosen else part)
    return file.getvalue()


def bomb(content: bytes, rng: random.Random) -> bytes:
    """Rarely returns a gzip file of 4 MB whose contents take up to 4 GB, of lines or of zeros."""
    if rng.random() > 0.002:
        return mutate_bytes(content, rng)
    part = gzip.decompress(content)
    part = rng.choice((part, part.splitlines(keepends=True)[0], b"\0"))
    packed = gzip.compress(part * (10_000_000 // len(part)))
    return content + packed * min(400, 4_000_000 // len(packed))


def zipped(mutation: Mutation) -> Mutation:
    """Returns a mutation of what a gzip file contains."""
    return lambda content, rng: gzip.compress(mutation(gzip.decompress(content), rng), 1)


def use(path: Path) -> None:
    """Loads a model and does with it what the commands and the app do."""
    list_entry(path, "x")
    model = load_model(path)
    images = np.full((2, *model.image_shape), 200, np.uint8)
    model.answer(images)
    model.calibrated().predict(images)
    json.dumps(describe("x", path, model), allow_nan=False)
    loss_of(model)


def resume(path: Path) -> None:
    """Reads a manifest as ``--resume`` and as ``evaluate`` on an unfinished run do."""
    RunDirectory(path.parent, path.name).manifest_to_resume()
    load_model(path.parent)


def restore(checkpoint: Checkpoint, _: Path) -> None:
    """Restores a run."""
    checkpoint.restore()


def load_parent(path: Path) -> None:
    """Loads the data set in the folder of a file, which may be that of a class."""
    inkling.load_dataset(path.parent.parent if path.suffix == ".png" else path.parent)


def read_curves(path: Path) -> None:
    """Reads the history of a run as the app and as ``inkling report`` do."""
    read_history(path)
    History.from_csv(path.read_text(errors="replace"))


def read_picture(path: Path) -> None:
    """Opens a picture and finds the digit in it."""
    inkling.normalize(open_image(path))


def make(path: Path, content: bytes, read: Callable[[Path], object], *mutations: Mutation) -> Kind:
    """Writes a valid file, and returns its kind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return Kind(path, content, (mutate_bytes, *mutations, *mutations), read)


def all_kinds(folder: Path) -> list[Kind]:
    """Returns each kind of file that Inkling reads, small, in folders of its own."""
    return [*data_kinds(folder), *run_kinds(folder), *picture_kinds(folder)]


def some_images() -> tuple[AnyArray, AnyArray]:
    """Returns images (40, 6, 5) and their labels (40,)."""
    images = np.random.default_rng(0).integers(0, 256, (40, 6, 5)).astype(np.uint8)
    return images, np.arange(40) % 10


def data_kinds(folder: Path) -> Iterator[Kind]:
    """Yields data sets in one or two files, and images without labels."""
    images, labels = some_images()
    buffer = io.BytesIO()
    np.savez(buffer, x_train=images, y_train=labels, x_test=images[:20], y_test=labels[:20])
    archive = buffer.getvalue()
    yield make(folder / "npz/data.npz", archive, inkling.load_dataset, mutate_npz)
    yield make(folder / "images.npz", archive, read_images, mutate_npz)
    rows = np.column_stack([labels, images.reshape(40, -1)[:, :25]])
    text = "".join(",".join(map(str, row)) + "\n" for row in rows).encode()
    yield make(folder / "data.csv", text, inkling.load_dataset, mutate_text)
    yield make(folder / "images.csv", text, read_images, mutate_text)
    scaled = np.column_stack([labels, images.reshape(40, -1)[:, :25] / 255])
    fractions = "".join(",".join(map(str, row)) + "\n" for row in scaled).encode()
    yield make(folder / "fractions.csv", fractions, inkling.load_dataset, mutate_text)
    inner = zipped(mutate_text), zipped(mutate_bytes), bomb
    table = b"id," + b",".join(b"pixel%d" % n for n in range(25)) + b"\n" + text
    yield make(folder / "images.csv.gz", gzip.compress(table), read_images, *inner)
    yield make(folder / "data.csv.gz", gzip.compress(text), inkling.load_dataset, *inner)
    pixels = struct.pack(">4I", 0x803, *images.shape) + images.tobytes()
    numbers = struct.pack(">2I", 0x801, 40) + labels.astype(np.uint8).tobytes()
    for name, content in (("images-idx3", pixels), ("labels-idx1", numbers)):
        path = folder / "idx" / f"train-{name}-ubyte"
        yield make(path, content, load_parent)
        path = folder / "idx.gz" / f"train-{name}-ubyte.gz"
        yield make(path, gzip.compress(content), load_parent, zipped(mutate_bytes), bomb)


def run_kinds(folder: Path) -> Iterator[Kind]:
    """Yields models, and what a run directory holds."""
    run = folder / "run"
    settings = TrainingSettings(hidden=(4,), epochs=2, dropout=0.2, patience=5, engine="numpy")
    images, labels = some_images()
    part = Split(images, labels)
    dataset = Dataset("some", tuple("0123456789"), part, part, part, "5" * 64, "", "files")
    inkling.train(dataset, settings, run=run)
    manifest = read_manifest(run / "manifest.json", "run")
    network = build_mlp(
        (30, 4, 10), rng=np.random.default_rng(0), activation="leaky_relu", dropout=0.1
    )
    rejector = Rejector(np.ones(4, np.float32), 0.1, 2.0)
    model = Model(network, dataset.classes, (6, 5), PixelScaling(), manifest, 0.7, rejector)
    committee = CommitteeModel.of([model, replace(model, temperature=2.0)], manifest)
    saved = folder / "saved"
    for name, each in (("model", model), ("committee", committee)):
        each.save(saved)
        path = folder / f"{name}.safetensors"
        yield make(path, saved.read_bytes(), use, partial(mutate_tensors, field="model"))
    yield make(folder / "model.npz", npz_bytes(replace(model, rejector=None)), use, mutate_npz)
    started = {**manifest, "status": "running", "members": 3}
    for name in ("manifest.json", "committee.json"):
        yield make(folder / name[:-5] / name, manifest_bytes(started), resume, mutate_manifest)
    parts = set_up(dataset, settings)
    stopping = EarlyStopping(parts.state.context.network, 5)
    read = partial(restore, Checkpoint(folder / "state", parts, [stopping], manifest))
    content = (run / "checkpoint").read_bytes()
    yield make(folder / "state/checkpoint", content, read, partial(mutate_tensors, field="state"))
    yield make(folder / "history.csv", (run / "history.csv").read_bytes(), read_curves, mutate_text)


def picture_kinds(folder: Path) -> Iterator[Kind]:
    """Yields pictures of each format, and one in a folder per class."""
    images, _ = some_images()
    picture = Image.fromarray(images[0].repeat(5, 0).repeat(6, 1)).convert("RGB")
    for form in ("ppm", "webp", "tiff", "bmp", "gif", "jpeg", "png"):
        buffer = io.BytesIO()
        picture.save(buffer, form)
        yield make(folder / f"picture.{form}", buffer.getvalue(), read_picture)
        in_folder = make(folder / "folder" / form[0] / f"1.{form}", buffer.getvalue(), load_parent)
    yield in_folder


def damage(kind: Kind, rng: random.Random) -> bytes:
    """Returns a damaged file of a kind."""
    return rng.choice(kind.mutations)(kind.content, rng)


def fault_of(kind: Kind, content: bytes) -> str:
    """Reads a file; returns what is wrong with the way it is rejected, or an empty text."""
    kind.path.write_bytes(content)
    try:
        with warnings.catch_warnings(record=True) as shown:
            warnings.simplefilter("always")
            silence_libraries()  # as the commands do
            kind.read(kind.path)
        if shown:
            return f"{shown[0].category.__name__}: {shown[0].message}"
    except InklingError as error:
        if "\n" in str(error):
            return "a message of several lines"
        return f"{shown[0].category.__name__}: {shown[0].message}" if shown else ""
    except KeyboardInterrupt:
        raise
    except BaseException:
        return traceback.format_exc()
    finally:
        kind.path.write_bytes(kind.content)
    return ""
