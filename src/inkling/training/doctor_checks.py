"""The limits beyond which a measure becomes a finding.

Each limit is far from what runs with the defaults and the presets show, and far from what a run with
the mistake shows; ``docs/howto/diagnose.md`` has an example of each. Next: ``doctor_findings.py``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from inkling._types import IntArray
from inkling.model.metrics import interval_of
from inkling.training.doctor_findings import Finding
from inkling.training.doctor_measures import Look, repeated_by_chance, repeated_labels
from inkling.training.history import EpochRecord

DEAD = 0.75
"""Dead units of a layer. The last hidden layer of the model that ships has 65 %, which does no harm."""
SATURATED = 0.5
"""Saturated units of a layer; a tanh network that learns well has about 1 %."""
VANISHING, EXPLODING = 1 / 100, 100
"""The gradient at the first hidden layer divided by that at the output; with the defaults, about 1."""
SMALL_CHANGE, LARGE_CHANGE = 1e-3, 2
"""The change of the weights within about 10,000 images, relative to their size; usually 1 to 150 %."""
HIGH_LOSS = 2
"""The first loss divided by that of equal outputs; with the defaults, 1.0 to 1.1."""
SMALL_INPUT, LARGE_INPUT = 0.1, 10
"""The largest input; initial weights are made for inputs of about 1."""
IN_ORDER = 0.5
"""How far the share of repeated labels is from chance, 0, to always, 1."""
GAP = 0.05
"""Training accuracy minus the highest plausible validation accuracy; with the defaults, 0.01."""
LOW_ACCURACY = 0.85
"""Of training and validation. A network without hidden layers reaches 92 % on MNIST."""
PRESENT = 6
"""Images of a class among those looked at; with fewer it may be missed by chance."""
LISTED = 10
"""Class names in a sentence, at most."""


def check_start(epoch: int, look: Look) -> Iterator[Finding]:
    """Checks the inputs, and if they are scaled, the loss before the first step."""
    low, high = look.inputs
    if not SMALL_INPUT <= max(-low, high) <= LARGE_INPUT:
        yield Finding("unscaled_inputs", epoch, {"low": f"{low:g}", "high": f"{high:g}"})
    elif look.loss > HIGH_LOSS * look.equal_loss:
        values = {"loss": f"{look.loss:,.1f}", "equal": f"{look.equal_loss:.1f}"}
        yield Finding("high_first_loss", epoch, values)


def check_layers(epoch: int, look: Look) -> Iterator[Finding]:
    """Checks the units of each hidden layer, and how the gradient changes on its way back."""
    images = len(look.predicted)
    for layer, units in enumerate(look.hidden, start=1):
        if units.dead > DEAD:
            values = {"share": percent(units.dead), "layer": layer, "images": images}
            yield Finding("dead_units", epoch, values)
        if units.saturated > SATURATED:
            values = {"share": percent(units.saturated), "layer": layer}
            yield Finding("saturated_units", epoch, values | {"activation": units.activation})
    first, output = look.gradients[0], look.gradients[-1]
    if 0 < first < VANISHING * output:  # 0 if a layer is dead
        yield Finding("vanishing_gradients", epoch, {"ratio": f"1/{two_digits(output / first)}"})
    if first > EXPLODING * output > 0:
        yield Finding("exploding_gradients", epoch, {"ratio": two_digits(first / output)})


def check_changes(
    epoch: int, changes: Sequence[float], images: int, *, is_first: bool
) -> Iterator[Finding]:
    """Checks how far each layer's weights have moved while so many images were trained on.

    Small changes are a finding at the first look only: later, schedules lower the learning rate.
    """
    if not changes:
        return
    largest = max(changes)
    values = {"images": f"{images:,}", "change": f"{two_digits(100 * largest)} %"}
    if largest > LARGE_CHANGE:
        yield Finding("large_updates", epoch, values)
    if is_first and largest < SMALL_CHANGE:
        yield Finding("small_updates", epoch, values)


def check_order(epoch: int, labels: IntArray, order: IntArray) -> Iterator[Finding]:
    """Checks whether images with the same label follow each other in an epoch's order."""
    share, chance = repeated_labels(labels[order]), repeated_by_chance(labels)
    by_luck = 5 * math.sqrt(chance * (1 - chance) / max(len(order) - 1, 1))  # few images
    if share > chance + max(IN_ORDER * (1 - chance), by_luck):
        values = {"share": percent(share), "chance": percent(chance)}
        yield Finding("sorted_labels", epoch, values)


def check_predicted(
    epoch: int, look: Look, labels: IntArray, classes: Sequence[str]
) -> Iterator[Finding]:
    """Checks whether each class that is among the images is predicted for some of them."""
    present = np.bincount(labels, minlength=len(classes)) >= PRESENT
    missing = np.flatnonzero(present & ~np.isin(np.arange(len(present)), look.predicted))
    if len(missing):
        names = [classes[index] for index in missing[:LISTED]]
        names += ["…"] * (len(missing) > LISTED)
        values = {"images": len(labels), "classes": ", ".join(names)}
        yield Finding("missing_class", epoch, values)


def check_gap(
    record: EpochRecord, n_validation: int, accuracy_now: Callable[[], float]
) -> Iterator[Finding]:
    """Checks whether far more training images are classified correctly than validation images.

    The record's training accuracy was measured while the weights changed. If it shows a gap, the
    accuracy with the weights of now has to show it too: on labels in order only the former does.
    """
    training, validation = record.train_accuracy, record.validation_accuracy
    if training is None or validation is None:
        return
    needed = interval_of(validation, n_validation)[1] + GAP
    if training > needed and accuracy_now() > needed:
        values = {"training": percent(training, 1), "validation": percent(validation, 1)}
        yield Finding("overfitting", record.epoch, values)


def check_end(record: EpochRecord) -> Iterator[Finding]:
    """Checks whether the training images were learned. Dropout lowers their accuracy in training."""
    accuracies = record.train_accuracy or 0.0, record.validation_accuracy or 0.0
    if max(accuracies) < LOW_ACCURACY:
        yield Finding("underfitting", record.epoch, {"training": percent(accuracies[0], 1)})


def percent(share: float, decimals: int = 0) -> str:
    """Returns a share in percent, rounded down, so that 100 % means all."""
    scale = 10**decimals
    return f"{math.floor(100 * scale * share) / scale:.{decimals}f} %"


def two_digits(number: float) -> str:
    """Returns a number of at least 1 rounded to two digits: 26 or 1,300; a smaller one as 0.013."""
    return f"{float(f'{number:.2g}'):,.0f}" if number >= 10 else f"{number:.2g}"
