"""Findings: the sentences of the doctor, each with what to try and the page that explains it.

The page in the browser translates templates and advice, which is why they are constants of one table.
Next: ``doctor.py``, which makes findings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from inkling._documentation import documentation

PAGE = "howto/diagnose"
"""The page of the documentation with a section for each kind."""


class Sentences(NamedTuple):
    """What was found, with ``{placeholders}``, and what to try."""

    template: str
    advice: str


KINDS: dict[str, Sentences] = {
    "dead_units": Sentences(
        "{share} of the units of hidden layer {layer} are 0 for all of {images} images (dead units).",
        "Try a learning rate of a tenth, or leaky_relu.",
    ),
    "saturated_units": Sentences(
        "{share} of the units of hidden layer {layer} are at a limit of {activation} for nearly all "
        "images (saturated units).",
        "Scale the inputs to 0 … 1, or try a learning rate of a tenth, or relu.",
    ),
    "vanishing_gradients": Sentences(
        "From the output back to hidden layer 1, the gradient shrinks to {ratio} (vanishing gradients).",
        "Try relu, or fewer hidden layers.",
    ),
    "exploding_gradients": Sentences(
        "From the output back to hidden layer 1, the gradient grows {ratio} times (exploding "
        "gradients).",
        "Try the default initializer, or limit the norm of the gradient to 1.",
    ),
    "large_updates": Sentences(
        "Within {images} images, the weights of a layer changed by {change} of their size (large "
        "updates).",
        "Try a learning rate of a tenth.",
    ),
    "small_updates": Sentences(
        "Within {images} images, the weights of no layer changed by more than {change} of their size "
        "(small updates).",
        "Try a learning rate ten times as large.",
    ),
    "high_first_loss": Sentences(
        "The loss before the first step is {loss}; equal outputs for all classes would have {equal} "
        "(high first loss).",
        "Try the default initializer, and inputs between 0 and 1.",
    ),
    "unscaled_inputs": Sentences(
        "The inputs lie between {low} and {high} (inputs not scaled).",
        "Scale them to 0 … 1, the default.",
    ),
    "sorted_labels": Sentences(
        "{share} of the images have the same label as the one before; in a random order it would be "
        "{chance} (sorted labels).",
        "Shuffle the images in every epoch, the default.",
    ),
    "overfitting": Sentences(
        "{training} of the training images are classified correctly, only {validation} of the "
        "validation images (overfitting).",
        "Try more images, augmentation, dropout, or early stopping.",
    ),
    "underfitting": Sentences(
        "At the end, only {training} of the training images are classified correctly (underfitting).",
        "Try more units, more epochs, or the default learning rate and loss.",
    ),
    "missing_class": Sentences(
        "Of {images} training images of all classes, none is classified as: {classes} (missing class).",
        "Check the labels of that class and how many images it has, and train for longer.",
    ),
}
"""What the doctor can find."""


@dataclass(frozen=True)
class Finding:
    """Something in a run that usually has a cause you can remove.

    Attributes:
        kind: what it is, such as "dead_units"; ``docs/howto/diagnose.md`` explains each kind.
        epoch: the epoch in which it was found, from 1.
        values: what the template's placeholders stand for.

    Example:
        >>> finding = Finding("missing_class", 2, {"images": 256, "classes": "8"})
        >>> finding.message
        'Of 256 training images of all classes, none is classified as: 8 (missing class).'
    """

    kind: str
    epoch: int
    values: dict[str, Any]

    @property
    def template(self) -> str:
        """The sentence that says what was found, with ``{placeholders}``."""
        return KINDS[self.kind].template

    @property
    def advice(self) -> str:
        """What to try."""
        return KINDS[self.kind].advice

    @property
    def message(self) -> str:
        """The template with its values."""
        return self.template.format(**self.values)

    @property
    def link(self) -> str:
        """The section of the documentation that explains it."""
        return documentation(PAGE, self.kind.replace("_", "-"))

    def __str__(self) -> str:
        return f"Epoch {self.epoch}: {self.message} {self.advice} {self.link}"

    def to_dict(self) -> dict[str, Any]:
        """Returns the finding as plain data for JSON."""
        names = ("kind", "epoch", "message", "template", "values", "advice", "link")
        return {name: getattr(self, name) for name in names}
