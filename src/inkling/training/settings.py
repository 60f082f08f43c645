"""Everything that can be chosen about a training run, checked in one place.

The command line, Python and a resumed run all build the same ``TrainingSettings``, so that they share
defaults, ranges and error messages. Next: ``loop.py``.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import numpy as np

from inkling._checks import check_name, check_range, check_type, complain
from inkling.data.augmentation.augment import AUGMENTATIONS
from inkling.errors import SettingError
from inkling.nn.activations import Sigmoid, Softmax
from inkling.nn.losses import BinaryCrossEntropy, CrossEntropy, Loss, least_loss
from inkling.nn.mlp import build_mlp
from inkling.nn.network import Network
from inkling.nn.output import check_pair
from inkling.nn.registry import ACTIVATIONS, INITIALIZERS, LOSSES
from inkling.optim.optimizer import Optimizer
from inkling.optim.optimizers import OPTIMIZERS, build_optimizer
from inkling.optim.schedules import SCHEDULES, Schedule, build_schedule

WHO = "training"
LEARNING_RATES = {
    "sgd": 0.2,
    "momentum": 0.05,
    "nesterov": 0.05,
    "rmsprop": 0.001,
    "adam": 0.005,
    "adamw": 0.005,
}
"""The default peak learning rate of each optimizer."""
WEIGHT_DECAYS = {"adamw": 0.01}
"""The default weight decay of each optimizer; 0 for those not listed."""
LABEL_SMOOTHING = 0.1
"""The default ε of the cross-entropy: 98.03 → 98.25 % of MNIST's validation images."""
SCHEDULE_SETTINGS = {"one_cycle": {"rise": 0.1}}
"""A short rise leaves more epochs for the fall: 98.35 → 98.49 % of MNIST's validation images."""
NAMES: dict[str, Collection[str]] = {
    "activation": ACTIVATIONS,
    "output": ACTIVATIONS,
    "loss": LOSSES,
    "initializer": INITIALIZERS,
    "bias_initializer": INITIALIZERS,
    "augment": AUGMENTATIONS,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "dtype": ("float32", "float64"),
    "engine": ("auto", "numpy", "compiled"),
}
"""The allowed values of each setting that is a name."""
RANGES: dict[str, dict[str, Any]] = {
    "learning_rate": {"low": 0, "open_low": True},
    "weight_decay": {"low": 0},
    "dropout": {"low": 0, "high": 1, "open_high": True},
    "label_smoothing": {"low": 0, "high": 1, "open_high": True},
    "clip_norm": {"low": 0, "open_low": True},
    "batch_size": {"low": 1, "whole": True},
    "epochs": {"low": 1, "high": 1_000_000, "whole": True},
    "patience": {"low": 1, "whole": True},
    "seed": {"low": 0, "whole": True},
}
"""The allowed interval of each setting that is a number."""
REMOVED = ("initial_scale", "reported_loss", "watch_test", "drop_first")
"""Settings in manifests of version 0.1 that only the tutorials used; ``from_dict`` ignores them."""


@dataclass(frozen=True)
class TrainingSettings:
    """The settings of a training run.

    Args:
        hidden: units of each hidden layer; empty for softmax regression.
        activation: the hidden layers' activation, a name in ``inkling.nn.ACTIVATIONS`` such as "relu",
            "tanh" or "gelu".
        output: the output activation, one of the same.
        loss: "squared_error", "cross_entropy", "binary_cross_entropy" or "poisson"; by default
            "binary_cross_entropy" with sigmoid outputs, otherwise "cross_entropy".
        label_smoothing: ε of the cross-entropy, in [0, 1); by default 0.1, and 0 for other losses.
        dropout: the probability with which a hidden unit is dropped in a training step, in [0, 1).
        initializer: the weights' initial distribution: "zeros", "normal", "uniform", "glorot_normal",
            "glorot_uniform", "he_normal", "he_uniform", "lecun_normal" or "lecun_uniform"; by default
            the one that suits each activation.
        bias_initializer: the biases' initial distribution, one of the same.
        input_range: the interval (low, high) that pixels of 0 … 255 are scaled to.
        augment: how training images are changed each time: "none", "affine", "elastic" or "simard".
        shuffle: a new random order every epoch; False for the order of the data set.
        sort: arrange the training images by label first; without ``shuffle`` they stay in this order,
            which shows why they are shuffled.
        optimizer: "sgd", "momentum", "nesterov", "rmsprop", "adam" or "adamw".
        learning_rate: the peak learning rate; by default the optimizer's.
        weight_decay: λ ≥ 0 of L2 regularization, decoupled for adamw; by default 0.01 there, else 0.
        schedule: the learning rate over the run: "constant", "step", "cosine", "one_cycle" or
            "warm_up".
        clip_norm: the largest global norm of a gradient; None for no limit.
        batch_size: samples per step.
        epochs: the number of passes over the training samples.
        patience: epochs without a better validation loss after which the run ends with its best
            weights; None to train for all epochs.
        seed: determines initial weights, order, dropout and augmentation.
        dtype: "float32" or "float64".
        engine: "auto", "numpy" or "compiled"; ``engine/choice.py`` has the rule of "auto".

    Raises:
        SettingError: a name is unknown, a number out of range, or the loss does not fit the output.

    Example:
        >>> TrainingSettings(hidden=(100,), optimizer="sgd").learning_rate
        0.2
    """

    hidden: tuple[int, ...] = (256,)
    activation: str = "relu"
    output: str = "softmax"
    loss: str | None = None
    label_smoothing: float | None = None
    dropout: float = 0.0
    initializer: str | None = None
    bias_initializer: str = "zeros"
    input_range: tuple[float, float] = (0.0, 1.0)
    augment: str = "none"
    shuffle: bool = True
    sort: bool = False
    optimizer: str = "adam"
    learning_rate: float | None = None
    weight_decay: float | None = None
    schedule: str = "one_cycle"
    clip_norm: float | None = None
    batch_size: int = 128
    epochs: int = 10
    patience: int | None = None
    seed: int = 0
    dtype: str = "float32"
    engine: str = "auto"

    def __post_init__(self) -> None:
        """Checks every setting, and fills in the defaults that depend on others."""
        self._check_sequence("hidden", "a sequence of layer sizes such as (128, 64)")
        for units in self.hidden:
            check_range(WHO, "hidden", units, low=1, high=1_000_000, whole=True)
        for name, known in NAMES.items():
            if getattr(self, name) is not None or name not in ("initializer", "loss"):
                check_name(WHO, name, getattr(self, name), known)
        if self.loss is None:
            self._set("loss", default_loss(self.output))
        self._check_sequence("input_range", "a pair such as (0, 1)", length=2)
        low, high = self.input_range
        for end in self.input_range:
            check_range(WHO, "input_range", end)
        for name in ("shuffle", "sort"):
            if not isinstance(getattr(self, name), bool | np.bool_):
                got = repr(getattr(self, name))
                raise SettingError(complain(WHO, f"{name} as True or False", got))
        check_range(WHO, "input_range's low end", low, high=high, open_high=True)
        check_range(WHO, "input_range's high end", high, low=low, open_high=True)
        if self.learning_rate is None:
            self._set("learning_rate", LEARNING_RATES[self.optimizer])
        if self.weight_decay is None:
            self._set("weight_decay", WEIGHT_DECAYS.get(self.optimizer, 0.0))
        smooths = self.loss == CrossEntropy.kind
        if self.label_smoothing is None:
            self._set("label_smoothing", LABEL_SMOOTHING if smooths else 0.0)
        for name, limits in RANGES.items():
            if getattr(self, name) is not None or name not in ("clip_norm", "patience"):
                check_range(WHO, name, getattr(self, name), **limits)
        if self.label_smoothing and not smooths:
            expected = "label_smoothing 0 with a loss other than cross_entropy"
            raise SettingError(complain(WHO, expected, self.label_smoothing))
        check_pair(ACTIVATIONS[self.output](), self.build_loss())
        if is_one_sided(self.output, self.loss):
            expected = "a loss for sigmoid outputs that counts wrong classes too"
            advice = (
                "use binary_cross_entropy, or softmax outputs; with cross_entropy, saying yes to every "
                "class has zero loss"
            )
            raise SettingError(complain(WHO, expected, self.loss, advice))

    def _check_sequence(self, name: str, expected: str, length: int | None = None) -> None:
        value = getattr(self, name)
        is_sequence = isinstance(value, Iterable) and not isinstance(value, str | bytes)
        given = tuple(value) if is_sequence else ()
        if not is_sequence or length not in (None, len(given)):
            raise SettingError(complain(WHO, f"{name} as {expected}", repr(value)))
        self._set(name, given)

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)  # the class is frozen

    def build_loss(self) -> Loss:
        """Builds the loss."""
        assert self.loss is not None
        if self.loss == CrossEntropy.kind and self.label_smoothing is not None:
            return CrossEntropy(self.label_smoothing)
        return LOSSES[self.loss]()

    def least_loss(self, n_classes: int) -> float:
        """Returns the smallest loss that label smoothing allows; 0 without it."""
        smoothed = self.output == Softmax.kind and self.loss == CrossEntropy.kind
        return least_loss(self.label_smoothing or 0.0, n_classes) if smoothed else 0.0

    def build_network(self, n_inputs: int, n_outputs: int, rng: np.random.Generator) -> Network:
        """Builds the network with its initial weights."""
        return build_mlp(
            (n_inputs, *self.hidden, n_outputs),
            rng=rng,
            activation=self.activation,
            output=self.output,
            dropout=self.dropout,
            initializer=None if self.initializer is None else INITIALIZERS[self.initializer],
            bias_initializer=INITIALIZERS[self.bias_initializer],
            dtype=np.dtype(self.dtype),
        )

    def build_optimizer(self) -> Optimizer:
        """Builds the optimizer."""
        return build_optimizer(
            self.optimizer, learning_rate=self.learning_rate, weight_decay=self.weight_decay
        )

    def build_schedule(self, n_samples: int) -> Schedule:
        """Builds the schedule for the whole run on ``n_samples`` samples."""
        assert self.learning_rate is not None
        steps = -(-n_samples // self.batch_size) * self.epochs
        settings = SCHEDULE_SETTINGS.get(self.schedule, {})
        return build_schedule(self.schedule, self.learning_rate, steps, **settings)

    def with_changes(self, **changes: Any) -> Self:
        """Returns the settings with some changed, and with new defaults where these depend on them.

        Learning rate and weight decay belong to an optimizer, label smoothing to a loss: a new
        optimizer or loss gets its own defaults, unless you give these too. So does a new output, if the
        loss was the default of the old one.

        Raises:
            SettingError: a setting is unknown or wrong.

        Example:
            >>> TrainingSettings(optimizer="sgd").with_changes(optimizer="adam").learning_rate
            0.005
        """
        dependent: dict[str, Any] = {}
        if changes.get("optimizer", self.optimizer) != self.optimizer:
            dependent |= {"learning_rate": None, "weight_decay": None}
        output, loss = changes.get("output", self.output), changes.get("loss", self.loss)
        if loss is None or (loss == default_loss(self.output) and "loss" not in changes):
            loss = dependent["loss"] = default_loss(output)
        if loss != self.loss:
            dependent["label_smoothing"] = None
        return self.from_dict({**self.to_dict(), **dependent, **changes})

    def to_dict(self) -> dict[str, Any]:
        """Returns the settings as plain data for JSON."""
        # NumPy's numbers, which a sweep with np.logspace yields, become plain ones.
        text = json.dumps(asdict(self), default=lambda number: number.item())
        return dict(json.loads(text))

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> Self:
        """Builds the settings from plain data; those that only version 0.1 had are ignored.

        Raises:
            SettingError: a setting is unknown or wrong.
        """
        check_type(WHO, "settings", settings, Mapping)
        known = [field.name for field in fields(cls)]
        given = {name: value for name, value in settings.items() if name not in REMOVED}
        for name in given:
            check_name(WHO, "settings", name, known)
        return cls(**given)

    @classmethod
    def from_manifest(cls, settings: Mapping[str, Any]) -> Self:
        """Builds the settings of a run that exists, to read it.

        Version 0.1 trained sigmoid outputs with the one-sided cross-entropy, which is an error now.

        Raises:
            SettingError: a setting is unknown or wrong.
        """
        if not is_one_sided(settings.get("output"), settings.get("loss")):
            return cls.from_dict(settings)
        recorded = cls.from_dict({**settings, "loss": None, "label_smoothing": None})
        recorded._set("loss", CrossEntropy.kind)
        recorded._set("label_smoothing", settings.get("label_smoothing", 0.0))
        recorded.build_loss()  # checks the smoothing
        return recorded


def default_loss(output: str) -> str:
    """Returns the loss that fits an output activation: sigmoid outputs need the two-sided one."""
    return BinaryCrossEntropy.kind if output == Sigmoid.kind else CrossEntropy.kind


def is_one_sided(output: str | None, loss: str | None) -> bool:
    """Returns whether a loss counts the right class only, although the outputs do not share a whole."""
    return output == Sigmoid.kind and loss == CrossEntropy.kind
