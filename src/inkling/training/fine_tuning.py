"""Fine-tuning: trains a copy of a model on your pictures, so that it forgets little.

    pictures  →  a part of them kept apart, by hash
              →  the others, repeated  ┐
       drawn digits, and MNIST's       ┴→  train(start=model, augment="elastic")  →  before and after

All layers are trained, at a low rate. Images by others are mixed in so that the model forgets little;
some that are not used for training show how much it forgets. Next: ``run.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from inkling._checks import check_type, complain
from inkling._types import ByteArray, IntArray
from inkling.data.dataset import Dataset, load_dataset
from inkling.data.hash_split import divide_by_hash
from inkling.data.parts import FILES, HASHED
from inkling.data.readers.published import folder_in_place
from inkling.data.split import Source, Split, identify, join
from inkling.data.synthetic.pen import draw_digits
from inkling.errors import DataError, ShapeError
from inkling.image.normalize import FIELD
from inkling.model.evaluate import checked_images, images_and_labels
from inkling.model.model import Classifier, Model
from inkling.training.callbacks import Callback, as_callbacks
from inkling.training.result import TrainingResult
from inkling.training.run import train_and_test
from inkling.training.run_directory import run_directory
from inkling.training.settings import TrainingSettings
from inkling.training.start import Start, fit_dataset, settings_from

WHO = "fine_tune"
SETTINGS = TrainingSettings(
    optimizer="adamw", learning_rate=7e-4, augment="elastic", batch_size=256, epochs=2
)
"""The settings, besides those of the network."""
LEAST = 10
"""The fewest pictures."""
REMEMBERED, VALIDATION = 1500, 1500
"""So many drawn digits, and as many of MNIST's, are trained on, and are validation images."""
MOST_REPEATS = 50
"""Your pictures are repeated until they are as many as the others, but no more often than this."""
SAMPLES = 1500
"""Digits, and as many drawn non-digits, that the rejector is fitted to. With twice as many, which take
two seconds longer, it rejects the same shares of non-digits and of digits."""
THREADS = 1
"""Threads per step. Two wait for each other: next to other work, they took three times as long."""


class Measured(NamedTuple):
    """Accuracies of a model."""

    yours: float
    """Of the pictures that were kept apart."""
    validation: float
    """Of the validation images, which are of others."""


@dataclass(frozen=True, repr=False)
class FineTuningResult(TrainingResult):
    """The outcome of a fine-tuning: that of its run, and the accuracies before and after.

    Attributes:
        before: of the model that it started from, on your pictures that were kept apart
            (``before.yours``) and on the validation images (``before.validation``).
        after: the same of the new model; ``after.yours`` is ``test_accuracy``.
    """

    before: Measured
    after: Measured

    @property
    def kept_apart(self) -> int:
        """How many of your pictures were kept apart."""
        return len(self.dataset.test)

    def __repr__(self) -> str:
        yours, validation = (
            f"{100 * before:.2f} → {100 * after:.2f} %"
            for before, after in zip(self.before, self.after, strict=True)
        )
        n = len(self.dataset.validation)
        return (
            f"FineTuningResult({self.model.summary}; {yours} of your {self.kept_apart} pictures kept "
            f"apart, {validation} of {n:,} validation images)"
        )


def fine_tune(
    model: Classifier | str | Path,
    images: ByteArray | Split | Dataset,
    labels: IntArray | None = None,
    *,
    remember: Dataset | None = None,
    run: str | Path | None = None,
    callbacks: Sequence[Callback] = (),
    **changes: Any,
) -> FineTuningResult:
    """Trains a copy of a model on a few pictures of yours, among images of others.

    About a fifth of the pictures is kept apart, to measure what was learned: those whose pixels have a
    hash below 0.2, as in any source without a test set (``data/hash_split.py``). So a picture that is
    kept apart stays so when you add others, but of a class with few pictures there may be none.

    Args:
        model: a model of one network, its file or run directory; it is not changed.
        images: uint8 (N, H, W), normalized as in training (``inkling.normalize``), N at least 10; or a
            split, which has its labels; or a data set. If that has a test set of its own, this is what
            is kept apart.
        labels: (N,), the number of each picture's class in ``model.classes``; two classes or more.
        remember: the images of others: its training images are mixed in, 3,000 at most, and 3,000 at
            most of its validation images show what is forgotten. By default digits drawn by a program
            and, if MNIST is on this machine, as many of MNIST's, for a model of digits of 28 × 28
            pixels.
        run: a directory for the model, its history and manifest, all written at the end; nothing is
            written without one.
        callbacks: called during the training.
        **changes: single settings by name, such as ``epochs=8``, ``learning_rate=1e-4`` or ``seed=1``.

    Returns:
        The new model, and the accuracies before and after. Its temperature, rejector and mean images
        are fitted again.

    Raises:
        SettingError: a setting is wrong, or the model is a committee.
        ShapeError: the images are not uint8 of the model's shape, or labels do not match them.
        DataError: there are too few pictures, only one class of them, one without ink, one of a class
            that the model does not have, or no images to remember.
        RunError: the directory holds a run already, or cannot be written to.
        DivergenceError: the loss is not finite or too large.

    Example:
        >>> from inkling.training.run import train
        >>> digits = load_dataset("digits")
        >>> first = train(digits, hidden=(30,), epochs=4).model
        >>> mirrored = digits.train.images[:60, :, ::-1]  # the pictures of a strange hand
        >>> result = fine_tune(first, mirrored, digits.train.labels[:60], remember=digits)
        >>> result.before.yours < result.after.yours
        True
        >>> first.evaluate(digits.validation).accuracy == result.before.validation
        True
    """
    start = Start.of(WHO, model)
    settings = settings_from(WHO, start.model, SETTINGS, changes)
    watchers, directory = as_callbacks(WHO, callbacks), run_directory(WHO, run)
    yours = _pictures(start.model, images, labels)
    rng = np.random.default_rng(settings.seed)
    others = _others(start.model, remember, rng)
    repeats = int(np.clip(len(others.train) / len(yours.train), 1, MOST_REPEATS))
    again = yours.train.take(np.tile(np.arange(len(yours.train)), repeats))
    mixed = replace(yours, train=join(again, others.train), validation=others.validation)
    with nullcontext() if directory is None else directory.locked(new=True):
        if directory is not None:
            directory.check_new()
        trained = train_and_test(
            mixed, settings, watchers, start=start, threads=THREADS, samples=SAMPLES
        )
        result = _measured(start, trained, {"pictures": len(yours.train), "repeats": repeats})
        if directory is None:
            return result
        directory.write_finished(result.model, result.history)
    return replace(result, run=directory.path)


def _pictures(
    model: Model, images: ByteArray | Split | Dataset, labels: IntArray | None
) -> Dataset:
    """Returns pictures to teach, and as the test set those kept apart."""
    if isinstance(images, Dataset):
        if labels is not None:
            raise ShapeError(
                complain(WHO, "images and labels, or a data set", "a data set and labels")
            )
        yours = images
        if yours.split != FILES:  # the data had no validation images of their own
            yours = replace(yours, train=join(yours.train, yours.validation))
    else:
        images, labels = images_and_labels(images, labels, WHO)
        given = Split(checked_images(images, model.image_shape), _whole(labels))
        _check_pictures(given, model.classes)
        parts, source = divide_by_hash(given, 0), Source(model.classes, given)
        yours = Dataset("pictures", model.classes, *parts, identify(source), split=HASHED)
    yours = fit_dataset(WHO, yours, model)
    _check_pictures(join(yours.train, yours.test), model.classes)
    _check_pictures(yours.train, model.classes, least=1)
    if not len(yours.test):
        expected = "pictures that can be kept apart for testing"
        raise DataError(complain(WHO, expected, "none", "add a few more, all different"))
    return yours


def _whole(labels: IntArray) -> IntArray:
    """Returns labels of any whole type as int64, others as they are."""
    return labels.astype(np.int64) if labels.dtype.kind in "iu" else labels


def _check_pictures(pictures: Split, classes: tuple[str, ...], least: int = LEAST) -> None:
    """Raises DataError unless there are enough pictures, of two classes or more, all with ink."""
    if len(pictures) < least:
        advice = "write each class a few times"
        raise DataError(complain(WHO, f"at least {least} pictures", len(pictures), advice))
    found = np.unique(pictures.labels)
    if len(found) == 1:
        expected, name = "pictures of at least two classes", classes[found[0]]
        raise DataError(complain(WHO, expected, f"only {name!r}"))
    empty = np.flatnonzero(~pictures.images.any(axis=(1, 2)))
    if len(empty):
        name = classes[pictures.labels[empty[0]]]
        got = f"{len(empty)} without, one of class {name!r}"
        raise DataError(complain(WHO, "ink in every picture", got, "leave these out"))


def _others(model: Model, remember: Dataset | None, rng: np.random.Generator) -> Dataset:
    """Returns images of others to train on, and validation images, at random among those there are."""
    if remember is None:
        return _digits(model, rng)
    check_type(WHO, "remember", remember, Dataset, "give what inkling.load_dataset returns")
    remember = fit_dataset(WHO, remember, model)
    for part in ("train", "validation"):
        if not len(getattr(remember, part)):
            raise DataError(complain(WHO, f"{part} images to remember", f"none in {remember.name}"))
    train = _draw(remember.train, 2 * REMEMBERED, rng)
    return replace(
        remember, train=train, validation=_draw(remember.validation, 2 * VALIDATION, rng)
    )


def _digits(model: Model, rng: np.random.Generator) -> Dataset:
    """Returns drawn digits and, if they are on this machine, MNIST's, of the model's classes."""
    if not set(model.classes) <= set("0123456789") or model.image_shape != (FIELD, FIELD):
        height, width = model.image_shape
        expected = f"a model of digits of {FIELD} × {FIELD} pixels"
        names = ", ".join(model.classes[:10]) + (" …" if len(model.classes) > 10 else "")
        got = f"one of {names}, {height} × {width}"
        raise DataError(complain(WHO, expected, got, "for others, images to remember are needed"))
    drawn = draw_digits(REMEMBERED + VALIDATION, rng=rng)
    train, validation = (drawn.take(rows) for rows in np.split(np.arange(len(drawn)), [REMEMBERED]))
    if folder_in_place("mnist") is not None:
        mnist = load_dataset("mnist")
        train = join(train, _draw(mnist.train, REMEMBERED, rng))
        validation = join(validation, _draw(mnist.validation, VALIDATION, rng))
    numbers = np.array([model.classes.index(d) if d in model.classes else -1 for d in "0123456789"])
    train, validation = (
        Split(part.images[known], numbers[part.labels[known]])
        for part in (train, validation)
        for known in [numbers[part.labels] >= 0]
    )
    return Dataset("digits", model.classes, train, validation, validation.take(np.arange(0)), "")


def _draw(split: Split, count: int, rng: np.random.Generator) -> Split:
    """Returns that many images of a split, drawn at random, or all if there are fewer."""
    return split.take(rng.permutation(len(split))[:count])


def _measured(start: Start, trained: TrainingResult, taught: dict[str, Any]) -> FineTuningResult:
    """Returns the result of a run with the accuracies before and after, in its manifest too."""
    kept, validation = trained.dataset.test, trained.dataset.validation
    before, after = (
        Measured(model.evaluate(kept).accuracy, model.evaluate(validation).accuracy)
        for model in (start.model, trained.model)
    )
    manifest = trained.model.manifest
    measured = {"before": before._asdict(), "after": after._asdict()}
    manifest = {
        **manifest,
        "fine_tuning": taught,
        "results": {**manifest["results"], **measured},
    }
    outcome = {field.name: getattr(trained, field.name) for field in fields(trained)}
    outcome["model"] = replace(trained.model, manifest=manifest)
    return FineTuningResult(**outcome, before=before, after=after)
