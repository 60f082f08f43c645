"""A committee: several models whose probabilities are averaged.

    image  →  network, network, network …  →  the mean of their probabilities  →  one answer

Networks with different initial weights make different mistakes; where one is wrong, most of the others
are right and outvote it. A committee is one file, and a ``Classifier`` like a single model.
``training/committee.py`` trains one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from inkling._checks import check_type, complain
from inkling._types import AnyArray, ByteArray, FloatArray
from inkling.errors import SettingError, ShapeError
from inkling.model.calibration import calibrate
from inkling.model.description import COMMITTEE
from inkling.model.evaluate import Answer, check_finite
from inkling.model.model import REJECTOR, Classifier, Model
from inkling.model.rejection import Rejector, check_calibration
from inkling.nn.activations import Softmax
from inkling.nn.losses import above_zero
from inkling.nn.network import Network

COMMITTEE_FORMAT = "inkling-committee-2"


@dataclass(frozen=True, repr=False)
class CommitteeModel(Classifier):
    """Several models of the same classes and images, whose probabilities are averaged.

        p = (1 / M) Σₘ pₘ

    Made by ``of``.

    Attributes:
        members: the M models, each with its temperature in its weights, without rejectors.
        manifest: how it was made: data set, settings, versions, results; plain data.
        temperature: what calibrates the mean, in (0, ∞).
        rejector: the unit that rejects what is not a digit, or None.

    Raises:
        ShapeError: there are no members, or one differs from the first in its classes, image shape,
            output activation or dtype.

    Example:
        >>> from inkling.nn.mlp import build_mlp
        >>> networks = [build_mlp((6, 3), rng=np.random.default_rng(seed)) for seed in range(5)]
        >>> models = [Model(network, ("a", "b", "c"), (2, 3)) for network in networks]
        >>> committee = CommitteeModel.of(models)
        >>> images = np.full((7, 2, 3), 90, np.uint8)
        >>> mean = np.mean([model.predict_proba(images) for model in models], axis=0)
        >>> np.array_equal(committee.predict_proba(images), mean)
        True

    Reference:
        Lakshminarayanan, Pritzel and Blundell, "Simple and scalable predictive uncertainty estimation
        using deep ensembles", NIPS 2017.
    """

    format = COMMITTEE_FORMAT
    schema = COMMITTEE

    members: tuple[Model, ...]
    manifest: Mapping[str, Any] = field(default_factory=dict)
    temperature: float = 1.0
    rejector: Rejector | None = None

    def __post_init__(self) -> None:
        """Checks that the members fit each other."""
        check_type("CommitteeModel", "members", self.members, Sequence, "give a list of models")
        for member in self.members:
            check_type("CommitteeModel", "a member", member, Model)
        if not self.members:
            raise ShapeError(complain("CommitteeModel", "at least one model", "none"))
        wanted = _interface(self.members[0])
        for number, member in enumerate(self.members, start=1):
            if _interface(member) != wanted:
                expected = f"member {number} with {wanted}, as the first"
                raise ShapeError(complain("CommitteeModel", expected, _interface(member)))
        check_calibration("CommitteeModel", self.temperature, self.rejector, self.networks)

    def __repr__(self) -> str:
        return f"CommitteeModel({self.summary})"

    @classmethod
    def of(cls, members: Sequence[Model], manifest: Mapping[str, Any] | None = None) -> Self:
        """Puts models together.

        Their temperatures go into their weights. If each of them has a rejector, the committee gets one
        over the hidden units of all, whose score and threshold are the means of theirs.

        Raises:
            ShapeError: there are no members, or one differs from the first.
        """
        rejectors = [member.rejector for member in members if member.rejector is not None]
        return cls(
            tuple(replace(member.calibrated(), rejector=None) for member in members),
            manifest or {},
            rejector=_joint(rejectors) if rejectors and len(rejectors) == len(members) else None,
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """The class names."""
        return self.members[0].classes

    @property
    def image_shape(self) -> tuple[int, int]:
        """(H, W) of the images."""
        return self.members[0].image_shape

    @property
    def network(self) -> Network:
        """The first member's network, which has the inputs, outputs and dtype of all."""
        return self.members[0].network

    @property
    def networks(self) -> tuple[Network, ...]:
        """The members' networks."""
        return tuple(member.network for member in self.members)

    @property
    def summary(self) -> str:
        """The layers in one line: "5 × 784 → 100 relu → 10 softmax"."""
        kinds = dict.fromkeys(network.summary for network in self.networks)
        return f"{len(self.members)} × {' or '.join(kinds)}"

    def answer_batch(self, images: ByteArray) -> Answer:
        """Computes the answers to a batch of images, whose hidden activations fit into memory."""
        scores, temperature = None, np.asarray(self.temperature)
        if self.rejector is None:
            outputs = [member.answer_batch(images).probabilities for member in self.members]
        else:
            passes = [member.logits_and_signals(images) for member in self.members]
            outputs = [self.network.output.value(logits) for logits, _ in passes]
            scores = self.rejector.scores(
                np.concatenate([signals for _, signals in passes], axis=1)
            )
            temperature = temperature * self.rejector.temperature_factor(scores)
        mean: FloatArray = np.mean(outputs, axis=0)
        if not isinstance(self.network.output, Softmax):
            return Answer(None, mean, scores)
        # As logits of the mean serve its logarithms, whose softmax it is.
        logits = log_of_mean(mean)
        calibrated = calibrate(logits, temperature)
        probabilities = mean if calibrated is logits else Softmax().value(calibrated)
        check_finite(probabilities)
        return Answer(calibrated, probabilities, scores)

    def compiled(self) -> Self:
        """Returns the same committee with layers that skip inputs of 0."""
        return replace(self, members=tuple(member.compiled() for member in self.members))

    def calibrated(self) -> Self:
        """Returns the committee itself, because a mean has no last layer to contain a temperature."""
        return self

    def require_single(self, who: str) -> Model:
        """Raises SettingError, because a committee is several networks; ``who`` needs a single one."""
        got = f"a committee of {len(self.members)}"
        advice = "take one of its members, such as members/seed-0 in its run directory"
        raise SettingError(complain(who, "a model of one network", got, advice))

    def representative(self, images: ByteArray) -> Model:
        """Returns the member closest to the committee, because a mean of softmaxes has no logits."""
        each = np.stack([member.predict_proba(images) for member in self.members])
        distances = np.abs(each - each.mean(axis=0)).sum(axis=(1, 2))
        return self.members[int(distances.argmin())]

    def tensors(self) -> dict[str, AnyArray]:
        """Returns the arrays by their names in model files, such as "member1/dense1.weights"."""
        arrays = {
            f"member{number}/{name}": array
            for number, member in enumerate(self.members, start=1)
            for name, array in member.tensors().items()
        }
        return arrays if self.rejector is None else {**arrays, REJECTOR: self.rejector.weights}

    def describe(self) -> dict[str, Any]:
        """Returns everything but the arrays as plain data, as model files store it."""
        return {
            "members": [member.describe() for member in self.members],
            "manifest": dict(self.manifest),
            "temperature": self.temperature,
            "nondigits": None if self.rejector is None else self.rejector.settings(),
        }


def log_of_mean(mean: FloatArray) -> FloatArray:
    """Returns the logarithms (N, C) of mean probabilities, with 0 as the smallest normal number."""
    logarithms: FloatArray = np.log(above_zero(mean))
    return logarithms


def _joint(rejectors: Sequence[Rejector]) -> Rejector:
    """Returns the rejector over the hidden units of all members, with the mean of their scores.

    (1 / M) Σₘ (hₘ · wₘ − bₘ) = h · w − b,    h and w: all hₘ, and all wₘ / M, concatenated
    """
    weights = np.concatenate([rejector.weights / len(rejectors) for rejector in rejectors])
    bias = np.mean([rejector.bias for rejector in rejectors])
    threshold = np.mean([rejector.threshold for rejector in rejectors])
    return Rejector(weights, float(bias), float(threshold))


def _interface(member: Model) -> str:
    """What all members must have in common, in words."""
    height, width = member.image_shape
    kind, dtype = member.network.output.kind, member.network.dtype
    return f"classes {member.classes}; {height} × {width} pixels; {kind}; {dtype}"
