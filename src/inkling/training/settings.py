"""What can be chosen about a training run, checked in one place for everyone.

The command line, Python and a resumed run all build the same ``TrainingSettings``, so that they share
defaults, ranges and sentences. Next: ``loop.py``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import numpy as np

from inkling._checks import check_name, check_range, complain
from inkling.data.augmentation.augment import AUGMENTATIONS
from inkling.errors import SettingError
from inkling.nn.activations import Activation
from inkling.nn.losses import CrossEntropy, Loss
from inkling.nn.mlp import build_mlp
from inkling.nn.network import Network
from inkling.nn.output import check_pair
from inkling.nn.registry import ACTIVATIONS, INITIALIZERS, LOSSES
from inkling.optim.optimizer import Optimizer
from inkling.optim.optimizers import OPTIMIZERS, build_optimizer
from inkling.optim.schedules import SCHEDULES, Schedule, build_schedule

ENGINES = ("auto", "numpy", "compiled")
DTYPES = ("float32", "float64")
LEARNING_RATES = {
    "sgd": 0.2,
    "momentum": 0.05,
    "nesterov": 0.05,
    "rmsprop": 0.001,
    "adam": 0.005,
    "adamw": 0.005,
}
"""The peak learning rate of each optimizer where none is given."""
WEIGHT_DECAYS = {"adamw": 0.01}
"""The weight decay of an optimizer that exists for it, where none is given; 0 for the others."""
LABEL_SMOOTHING = 0.1
"""ε of the cross-entropy where none is given: 98.03 → 98.25 % of MNIST's validation images."""
SCHEDULE_SETTINGS = {"one_cycle": {"rise": 0.1}}
"""A short rise leaves more epochs to fall: 98.35 → 98.49 % of MNIST's validation images."""


@dataclass(frozen=True)
class TrainingSettings:
    """The settings of a training run.

    Args:
        hidden: units of each hidden layer; empty for softmax regression.
        activation: the hidden layers' activation.
        output: the output activation.
        loss: the loss.
        label_smoothing: ε of the cross-entropy, in [0, 1); None for 0.1 there and 0 elsewhere.
        dropout: the rate with which hidden units are silenced while training, in [0, 1).
        initializer: how weights start; None for the one that suits each activation.
        bias_initializer: how biases start.
        initial_scale: what the first weights and biases are multiplied by, in (0, ∞).
        input_range: what pixels of 0 … 255 become, low and high.
        augment: how training images are changed each time they are seen: none, affine, elastic, simard.
        shuffle: a new random order every epoch; False for the order of the file.
        optimizer: the optimizer.
        learning_rate: its peak learning rate; None for the optimizer's default.
        weight_decay: λ ≥ 0: L2, or decoupled with adamw; None for 0.01 there and 0 elsewhere.
        schedule: how the learning rate goes over the run.
        clip_norm: the largest global norm of a gradient; None for no limit.
        batch_size: samples a step.
        epochs: how often every sample is seen.
        patience: epochs without a better validation loss before the run stops and the best weights
            are taken; None to run to the end.
        reported_loss: the loss measured on validation and test set; None for the one trained with.
        watch_test: measure the test set after every epoch too. Only to repeat a run that did: what
            is watched is no longer a test.
        drop_first: images left out at the head of the training and the test set. Only to repeat a
            run that lost them.
        seed: fixes weights, order and dropout.
        dtype: "float32" or "float64".
        engine: "auto", "numpy" or "compiled"; ``engines.py`` has the rule of "auto".

    Raises:
        SettingError: a name is unknown, a number out of range, or output and loss cannot meet.

    Example:
        >>> TrainingSettings(hidden=(100,), optimizer="sgd").learning_rate
        0.2
    """

    hidden: tuple[int, ...] = (256,)
    activation: str = "relu"
    output: str = "softmax"
    loss: str = "cross_entropy"
    label_smoothing: float | None = None
    dropout: float = 0.0
    initializer: str | None = None
    bias_initializer: str = "zeros"
    initial_scale: float = 1.0
    input_range: tuple[float, float] = (0.0, 1.0)
    augment: str = "none"
    shuffle: bool = True
    optimizer: str = "adam"
    learning_rate: float | None = None
    weight_decay: float | None = None
    schedule: str = "one_cycle"
    clip_norm: float | None = None
    batch_size: int = 128
    epochs: int = 10
    patience: int | None = None
    reported_loss: str | None = None
    watch_test: bool = False
    drop_first: int = 0
    seed: int = 0
    dtype: str = "float32"
    engine: str = "auto"

    def __post_init__(self) -> None:
        """Checks every setting."""
        who = "training"
        object.__setattr__(self, "hidden", tuple(self.hidden))
        for units in self.hidden:
            check_range(who, "hidden", units, low=1, high=1_000_000, whole=True)
        check_name(who, "activation", self.activation, ACTIVATIONS)
        check_name(who, "output", self.output, ACTIVATIONS)
        check_name(who, "loss", self.loss, LOSSES)
        check_name(who, "optimizer", self.optimizer, OPTIMIZERS)
        check_name(who, "schedule", self.schedule, SCHEDULES)
        check_name(who, "augment", self.augment, AUGMENTATIONS)
        check_name(who, "dtype", self.dtype, DTYPES)
        check_name(who, "engine", self.engine, ENGINES)
        if self.initializer is not None:
            check_name(who, "initializer", self.initializer, INITIALIZERS)
        check_name(who, "bias_initializer", self.bias_initializer, INITIALIZERS)
        check_range(who, "initial_scale", self.initial_scale, low=0, open_low=True, open_high=True)
        object.__setattr__(self, "input_range", tuple(self.input_range))
        low, high = self.input_range
        check_range(who, "input_range's low end", low, high=high, open_high=True)
        check_range(who, "input_range's high end", high, low=low, open_high=True)
        if self.learning_rate is None:
            object.__setattr__(self, "learning_rate", LEARNING_RATES[self.optimizer])
        if self.weight_decay is None:
            object.__setattr__(self, "weight_decay", WEIGHT_DECAYS.get(self.optimizer, 0.0))
        if self.label_smoothing is None:
            smoothing = LABEL_SMOOTHING if self.loss == CrossEntropy.kind else 0.0
            object.__setattr__(self, "label_smoothing", smoothing)
        assert self.learning_rate is not None
        assert self.label_smoothing is not None
        assert self.weight_decay is not None
        check_range(who, "learning_rate", self.learning_rate, low=0, open_low=True, open_high=True)
        check_range(who, "weight_decay", self.weight_decay, low=0, open_high=True)
        check_range(who, "dropout", self.dropout, low=0, high=1, open_high=True)
        check_range(who, "label_smoothing", self.label_smoothing, low=0, high=1, open_high=True)
        check_range(who, "batch_size", self.batch_size, low=1, whole=True)
        check_range(who, "epochs", self.epochs, low=1, high=1_000_000, whole=True)
        check_range(who, "drop_first", self.drop_first, low=0, whole=True)
        check_range(who, "seed", self.seed, low=0, whole=True)
        if self.clip_norm is not None:
            check_range(who, "clip_norm", self.clip_norm, low=0, open_low=True, open_high=True)
        if self.patience is not None:
            check_range(who, "patience", self.patience, low=1, whole=True)
        if self.label_smoothing and self.loss != CrossEntropy.kind:
            expected = "label_smoothing 0 with a loss other than cross_entropy"
            raise SettingError(complain(who, expected, self.label_smoothing))
        check_pair(self._output_activation(), self.build_loss())
        if self.reported_loss is not None:
            check_name(who, "reported_loss", self.reported_loss, LOSSES)
            check_pair(self._output_activation(), self.build_reported_loss())

    def _output_activation(self) -> Activation:
        return ACTIVATIONS[self.output]()

    def build_loss(self) -> Loss:
        """Builds the loss."""
        if self.loss == CrossEntropy.kind and self.label_smoothing is not None:
            return CrossEntropy(self.label_smoothing)
        return LOSSES[self.loss]()

    def build_reported_loss(self) -> Loss:
        """Builds the loss measured on validation and test set."""
        return self.build_loss() if self.reported_loss is None else LOSSES[self.reported_loss]()

    def build_network(self, n_inputs: int, n_outputs: int, rng: np.random.Generator) -> Network:
        """Builds the network with its first weights."""
        network = build_mlp(
            (n_inputs, *self.hidden, n_outputs),
            rng=rng,
            activation=self.activation,
            output=self.output,
            dropout=self.dropout,
            initializer=None if self.initializer is None else INITIALIZERS[self.initializer],
            bias_initializer=INITIALIZERS[self.bias_initializer],
            dtype=np.dtype(self.dtype),
        )
        for parameter in network.parameters.values():
            np.multiply(parameter, self.initial_scale, out=parameter)
        return network

    def build_optimizer(self) -> Optimizer:
        """Builds the optimizer."""
        return build_optimizer(
            self.optimizer, learning_rate=self.learning_rate, weight_decay=self.weight_decay
        )

    def build_schedule(self, steps_per_epoch: int) -> Schedule:
        """Builds the schedule for the whole run."""
        assert self.learning_rate is not None
        steps = steps_per_epoch * self.epochs
        settings = SCHEDULE_SETTINGS.get(self.schedule, {})
        return build_schedule(self.schedule, self.learning_rate, steps, **settings)

    def with_changes(self, **changes: Any) -> Self:
        """Returns the settings with some changed, and the defaults that hang on those made anew.

        A learning rate and a weight decay belong to their optimizer, label smoothing to its loss: who
        changes the one without the other gets the new one's default.

        Raises:
            SettingError: a setting is unknown or wrong.

        Example:
            >>> TrainingSettings(optimizer="sgd").with_changes(optimizer="adam").learning_rate
            0.005
        """
        hanging: dict[str, Any] = {}
        if changes.get("optimizer", self.optimizer) != self.optimizer:
            hanging |= {"learning_rate": None, "weight_decay": None}
        if changes.get("loss", self.loss) != self.loss:
            hanging["label_smoothing"] = None
        return self.from_dict({**self.to_dict(), **hanging, **changes})

    def to_dict(self) -> dict[str, Any]:
        """Returns the settings as plain data for JSON."""
        # NumPy's numbers, as a sweep with np.logspace gives them, become plain ones.
        text = json.dumps(asdict(self), default=lambda number: number.item())
        return dict(json.loads(text))

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> Self:
        """Builds the settings from plain data.

        Raises:
            SettingError: a setting is unknown or wrong.
        """
        known = [field.name for field in fields(cls)]
        for name in settings:
            check_name("training", "settings", name, known)
        try:
            return cls(**settings)
        except TypeError as error:  # a value of another kind, such as a number for a list
            raise SettingError(complain("training", "settings of this version", error)) from error
