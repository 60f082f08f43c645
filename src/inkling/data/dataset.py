"""Loading a data set: from a name or a path to disjoint training, validation and test sets.

    name or path → a reader → Source → splits → Dataset

Training fits the model to ``train``, makes its decisions on ``validation``, and reads ``test`` once, at
the end. Splits that a source lacks are made here, independently of the seed of the training run. A
model is tested on ``dataset.unseen_by(model).test``, which has no image that it was trained on.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from inkling._checks import Guided, check_shape, check_type, complain
from inkling._files import expand, resolve
from inkling.data.parts import FILES, HASHED, make_parts
from inkling.data.readers.digits import read_digits
from inkling.data.readers.download import DownloadWatcher
from inkling.data.readers.layouts import read_path
from inkling.data.readers.named import NAMES, PUBLISHED
from inkling.data.readers.pen import add_pen, read_pen
from inkling.data.readers.published import read_published
from inkling.data.split import Source, Split, identify
from inkling.errors import DataError, ShapeError

KNOWN = f"{', '.join(map(repr, NAMES))} or the path of a file or folder of images"
MOST_NAMES = 10
"""So many classes are named in a note."""


class Trained(Protocol):
    """What has a manifest: a ``Model`` or a ``CommitteeModel``."""

    @property
    def manifest(self) -> Mapping[str, Any]:
        """How it was made."""


_PARTS = ("train", "validation", "test")
INSTEAD = {
    **{f"x_{part}": f"use {part}.images" for part in _PARTS},
    **{f"y_{part}": f"use {part}.labels" for part in _PARTS},
    **dict.fromkeys(("images", "data"), "use train.images, validation.images or test.images"),
    **dict.fromkeys(("labels", "target"), "use train.labels, validation.labels or test.labels"),
}
"""What other libraries call something else."""


@dataclass(frozen=True, eq=False)
class Dataset(Guided, instead=INSTEAD):
    """Images and labels in three disjoint sets, and the names of the classes.

    Args:
        name: the name of ``load_dataset``, such as "mnist", or the name of the file or folder.
        classes: the names of the C classes; label c means ``classes[c]``.
        train: the images that the network is fitted to.
        validation: the images for decisions during training; may be empty.
        test: the images for the final measurement.
        sha256: identifies the images, labels and classes of the source, independent of the file format
            and of the size of the validation set; for drawn digits, what they are drawn from.
        source: the name or absolute path, so that a resumed run finds the data again; empty for a data
            set made from arrays.
        split: how the test set was made: "files", the source has one; "hash-1", by a hash of the
            pixels; "seed-1998", drawn, for "digits" alone.
        notes: what the user should know about the images, such as that pixels were rescaled; one
            sentence each, which the commands print.

    Raises:
        ShapeError: if a label has no class, or the image size differs between splits.
    """

    name: str
    classes: tuple[str, ...]
    train: Split
    validation: Split
    test: Split
    sha256: str
    source: str = ""
    split: str = FILES
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for part in _PARTS:
            check_type("Dataset", part, getattr(self, part), Split, "give Split(images, labels)")
        shape = ("N", *self.train.images.shape[1:])
        for part in ("train", "validation", "test"):
            split: Split = getattr(self, part)
            who = f"data set {self.name!r}, {part}"
            check_shape(who, "images", split.images, shape, "as in training")
            if len(split) and split.labels.max() >= len(self.classes):
                expected = f"labels below {len(self.classes)}, the number of classes"
                raise ShapeError(complain(who, expected, split.labels.max()))

    @property
    def title(self) -> str:
        """The name, with what must not be overlooked where a result is given."""
        return f"{self.name} (digits drawn by a program)" if self.source == "pen" else self.name

    if not TYPE_CHECKING:  # type checkers complain of the unpacking itself

        def __iter__(self) -> None:
            parts = "train, validation and test, each with images and labels"
            raise TypeError(f"a Dataset cannot be unpacked; use its parts {parts}.")

    def unseen_by(self, model: Trained) -> Dataset:
        """Returns a data set whose test images played no part in the training of a model.

        For data that the model was trained on, this is the same data set. Of other data, all images
        are test images, unless the source has a test set of its own.

        Args:
            model: the model; its manifest records the data it was trained on.

        Raises:
            DataError: if the source has changed since the model was trained, or was divided by another
                rule, so that its test images may be training images of the model.

        Example:
            >>> from inkling.model.file import load_model
            >>> model, digits = load_model(), load_dataset("digits")
            >>> len(digits.test), len(digits.unseen_by(model).test)
            (359, 1797)
        """
        recorded = model.manifest.get("dataset")
        recorded = recorded if isinstance(recorded, Mapping) else {}
        from_source = self.source != "" and recorded.get("source") == self.source
        if from_source or recorded.get("sha256") == self.sha256:
            self._check_unchanged(recorded)
            return self
        if self.split == FILES:
            return self
        parts = (self.train, self.validation, self.test)
        images, labels = zip(*((part.images, part.labels) for part in parts), strict=True)
        whole = Split(np.concatenate(images), np.concatenate(labels))
        none, gaps = whole.take(np.arange(0)), _note_gaps(self)
        note = (
            f"All {len(whole):,} images of {self.name} are tested; "
            "the accuracy holds only if none of them was used in training."
        )
        notes = (*(text for text in self.notes if text not in gaps), note)
        return replace(self, train=none, validation=none, test=whole, notes=notes)

    def with_classes(self, classes: tuple[str, ...]) -> Dataset:
        """Returns the same images with labels that are numbers of other classes.

        Args:
            classes: the names of all classes of this data set, in any order and possibly among others.

        Raises:
            DataError: if a class of this data set is not one of them.

        Example:
            >>> split = Split(np.zeros((2, 5, 5), np.uint8), np.array([0, 1]))
            >>> pets = Dataset("pets", ("dog", "cat"), split, split, split, sha256="")
            >>> pets.with_classes(("cat", "cow", "dog")).test.labels
            array([2, 0])
        """
        unknown = [name for name in self.classes if name not in classes]
        if unknown:
            expected = f"images of the classes {', '.join(classes)}"
            raise DataError(complain(f"data {self.name}", expected, ", ".join(unknown)))
        numbers = np.array([classes.index(name) for name in self.classes], np.int64)
        train, validation, test = (
            Split(part.images, numbers[part.labels])
            for part in (self.train, self.validation, self.test)
        )
        return replace(self, classes=classes, train=train, validation=validation, test=test)

    def _check_unchanged(self, recorded: Mapping[str, Any]) -> None:
        """Raises DataError unless images and split are those of the data set in a manifest."""
        who, advice = f"data {self.name}", "train again, or test on other images"
        sha256, rule = recorded.get("sha256"), recorded.get("split")
        if sha256 and sha256 != self.sha256:
            expected = "the images that the model was trained on"
            raise DataError(complain(who, expected, "others: the data have changed since", advice))
        if not self.has_split_of(recorded):
            expected = f"a model whose test images were chosen by the rule {self.split!r}"
            got = f"one of the rule {rule!r}" if rule else "one of version 0.1"
            raise DataError(complain(who, expected, got, advice))

    def has_split_of(self, recorded: Mapping[str, Any]) -> bool:
        """Returns whether the data set in a manifest was divided by the same rule.

        Version 0.1 recorded none; sources that are now divided by hashes were divided otherwise.
        """
        rule = recorded.get("split")
        return self.split == rule if rule is not None else self.split != HASHED


def load_dataset(
    source: str | Path = "mnist",
    *,
    data_dir: str | Path | None = None,
    validation: int | None = None,
    watcher: DownloadWatcher | None = None,
) -> Dataset:
    """Loads a data set by its name or from a path.

    Args:
        source: "mnist"; "fashion-mnist", pictures of clothes; "kmnist", Japanese letters; "pen", digits
            drawn by a program; "mnist+pen", MNIST with drawn digits for training and validation;
            "digits", scikit-learn's small set; or a path: a folder of IDX
            files, a folder of images with a subfolder per class, a CSV file (label first, or in a
            column named "label"; a file with "train" in its name is paired with those that have "test"
            or "val" instead), a Keras npz archive, a file of IDX images, or a folder with one of these.
            A ``Path`` is never treated as a name.
        data_dir: the folder of the four files of a published set such as MNIST; by default the folder
            named by INKLING_DATA (of others than MNIST a subfolder of it, such as FashionMNIST),
            otherwise the user's cache, to which they are downloaded if necessary.
        validation: how many training images to hold out; by default a tenth, and at most 5,000 if the
            source has a test set. 0 holds out none.
        watcher: receives the progress of a download.

    Returns:
        The data set. A source with a test set keeps it, and the validation images are drawn, stratified
        by class. Of other sources about a fifth becomes the test set; the part of an image depends on a
        hash of its pixels, so that it stays the same when images are added (``divide_by_hash``).

    Raises:
        DataError: if the source is unknown or its files are wrong.
        ShapeError: if training and test images differ in size.
        DataUnavailableError: if a published set is neither on this machine nor available from a mirror.
        SettingError: if ``validation`` is out of range, or the source has a validation set.
        MissingExtraError: if "digits" needs scikit-learn, which is not installed.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "noise.npz")
        ...     images = np.arange(50 * 9, dtype=np.uint8).reshape(50, 3, 3)
        ...     np.savez(path, x_train=images, y_train=np.arange(50) % 10)
        ...     dataset = load_dataset(path)
        >>> dataset.name, len(dataset.train), len(dataset.validation), len(dataset.test)
        ('noise.npz', 37, 6, 7)
    """
    name, whole = _read(source, data_dir, validation, watcher)
    parts, rule = make_parts(whole, validation, drawn=source == "digits")
    origin = name if source in NAMES else str(resolve(expand(source)))
    dataset = Dataset(name, whole.classes, *parts, identify(whole), origin, rule)
    notes = (*whole.notes, *_note_gaps(dataset))
    if validation is not None and len(dataset.validation) < validation:
        held_out = f"{len(dataset.validation):,} of {validation:,} validation images"
        notes += (f"{name}: {held_out}, because copies of an image stay in one part.",)
    return replace(dataset, notes=notes)


def _note_gaps(dataset: Dataset) -> tuple[str, ...]:
    """Returns a note for each part that lacks a class of which there are images."""
    counts = {
        part: np.bincount(getattr(dataset, part).labels, minlength=len(dataset.classes))
        for part in ("train", "validation", "test")
    }
    present, notes = sum(counts.values()) > 0, []
    for part, words in (("train", "training"), ("test", "test")):
        missing = np.flatnonzero(present & (counts[part] == 0))
        if counts[part].any() and len(missing):
            names = [dataset.classes[c] for c in missing[:MOST_NAMES]]
            more = f" and {len(missing) - MOST_NAMES} more" if len(missing) > MOST_NAMES else ""
            notes.append(f"{dataset.name}: no {words} images of {', '.join(names)}{more}.")
    return tuple(notes)


def _read(
    source: str | Path,
    data_dir: str | Path | None,
    validation: int | None,
    watcher: DownloadWatcher | None,
) -> tuple[str, Source]:
    """Returns the name of the data set and its parts."""
    if not isinstance(source, str | os.PathLike):
        advice = "make an inkling.Dataset of arrays, with an inkling.Split for each part"
        raise DataError(complain("load_dataset", KNOWN, type(source).__name__, advice))
    if isinstance(source, str) and source in PUBLISHED:
        return source, read_published(source, data_dir, watcher=watcher)
    if source == "mnist+pen":
        mnist = read_published("mnist", data_dir, watcher=watcher)
        return source, add_pen(mnist, validation)
    if source == "pen":
        return "pen", read_pen()
    if source == "digits":
        return "digits", read_digits()
    path = expand(source)
    found = read_path(path) if source != "" else None  # Path("") is the current folder
    if found is None:
        message = complain("data", KNOWN, f"{str(source)!r}, which does not exist")
        close = difflib.get_close_matches(str(source).lower(), NAMES, n=1)
        raise DataError(message[:-1] + f"; did you mean {close[0]!r}?" if close else message)
    return resolve(path).name, found
