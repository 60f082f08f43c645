"""Several models that answer as one: the mean of what each of them says.

    image → network, network, network … → the mean of their probabilities → one answer

Networks that started from other random weights make other mistakes; where one is wrong, the others are
mostly right and outvote it. The committee is a ``Model`` to all who ask for an answer, and one file.
``committee.py`` trains one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from inkling._checks import complain
from inkling._types import ByteArray, FloatArray, IntArray
from inkling.errors import ShapeError
from inkling.model.evaluate import Evaluation
from inkling.model.model import COMMITTEE_FORMAT, UNIT, Model
from inkling.model.rejection import Rejector
from inkling.nn.losses import Loss
from inkling.nn.network import Network


@dataclass(frozen=True)
class CommitteeModel(Model):
    """Several models of the same classes and pictures, whose probabilities are averaged.

        p = (1 / M) Σₘ pₘ

    What a model says of itself (``network``, ``scaling``) is that of the first member; ``temperature``
    and ``nondigits`` are the committee's own. Made by ``of``.

    Attributes:
        members: the M models, each with its temperature in its weights.

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
        Hansen and Salamon, "Neural network ensembles", IEEE Transactions on Pattern Analysis and Machine
        Intelligence 12, 1990; the mean of probabilities as in Lakshminarayanan, Pritzel and Blundell,
        "Simple and scalable predictive uncertainty estimation using deep ensembles", NIPS 2017.
    """

    members: tuple[Model, ...] = ()

    file_format: ClassVar[str] = COMMITTEE_FORMAT

    @classmethod
    def of(cls, members: Sequence[Model], manifest: Mapping[str, Any] | None = None) -> Self:
        """Puts models together.

        Their temperatures go into their weights. Where each of them has a non-digit unit, the committee
        gets one over the hidden units of all, whose score and threshold are the means of theirs.

        Args:
            members: the models, at least one, of the same classes, picture size, output and dtype.
            manifest: how the committee was made.

        Raises:
            ShapeError: there is none, or one differs from the first.
        """
        if not members:
            raise ShapeError(complain("CommitteeModel", "at least one model", "none"))
        parts = tuple(replace(member.calibrated(), nondigits=None) for member in members)
        units = [member.nondigits for member in members if member.nondigits is not None]
        first = parts[0]
        return cls(
            first.network,
            first.classes,
            first.image_shape,
            first.scaling,
            manifest or {},
            nondigits=_joint_unit(units) if len(units) == len(members) else None,
            members=parts,
        )

    def __post_init__(self) -> None:
        """Checks that the members fit each other."""
        wanted = _face(self)
        for number, member in enumerate(self.members, start=1):
            if _face(member) != wanted:
                expected = f"member {number} with {_in_words(wanted)}, as the first has them"
                raise ShapeError(complain("CommitteeModel", expected, _in_words(_face(member))))
        super().__post_init__()

    @property
    def networks(self) -> tuple[Network, ...]:
        """The members' networks."""
        return tuple(member.network for member in self.members)

    def predict_proba(self, images: ByteArray) -> FloatArray:
        """Computes the mean of the members' calibrated probabilities, (N, C) for images (N, H, W).

        Raises:
            ShapeError: the images are not uint8 of the model's shape.
        """
        return _mean([member.predict_proba(images) for member in self.members])

    def evaluate(self, images: ByteArray, labels: IntArray, loss: Loss) -> Evaluation:
        """Computes outputs, mean loss and accuracy for images (N, H, W) with labels (N,), N at least 1.

        The loss is that of the mean probabilities: there are no logits behind a mean.

        Raises:
            DivergenceError: an output is not a finite number.
        """
        outputs = self.predict_proba(images)
        right = outputs.argmax(axis=1) == labels
        return Evaluation(outputs, loss.value(outputs, labels), float(right.mean()))

    def calibrated(self) -> Model:
        """Returns the committee itself: its members' temperatures are in their weights already.

        Its own stays beside them, as a mean has no last layer that could take it in; it is near 1.
        """
        return self

    def representative(self, images: ByteArray) -> Model:
        """Returns the member whose probabilities come closest to the committee's.

        A mean of softmaxes is no softmax: its reasons cannot be told in parts that add up exactly, and a
        member's can.

        Args:
            images: uint8 (N, H, W), what is asked about.
        """
        each = [member.predict_proba(images) for member in self.members]
        distances = [float(np.abs(one - _mean(each)).sum()) for one in each]
        return self.members[int(np.argmin(distances))]

    def tensors(self) -> dict[str, FloatArray]:
        """Returns the arrays by name, as model files hold them, "member1/dense1.weights" the first."""
        unit = {} if self.nondigits is None else {UNIT: self.nondigits.weights}
        of_members = {
            f"member{number}/{name}": array
            for number, member in enumerate(self.members, start=1)
            for name, array in member.tensors().items()
        }
        return {**of_members, **unit}

    def describe(self) -> dict[str, Any]:
        """Returns all but the parameters as plain data, as model files hold it."""
        return {
            "members": [member.describe() for member in self.members],
            "manifest": dict(self.manifest),
            "temperature": self.temperature,
            "nondigits": None if self.nondigits is None else self.nondigits.settings(),
        }

    def _forward(self, images: ByteArray) -> tuple[FloatArray, list[Any]]:
        passes = [member._forward(images) for member in self.members]
        return _mean([outputs for outputs, _ in passes]), [saved for _, saved in passes]

    def _signals(self, saved: list[Any]) -> FloatArray:
        pairs = zip(self.members, saved, strict=True)
        return np.concatenate([member._signals(kept) for member, kept in pairs], axis=1)


def _mean(outputs: Sequence[FloatArray]) -> FloatArray:
    mean: FloatArray = np.mean(outputs, axis=0)
    return mean


def _joint_unit(units: Sequence[Rejector]) -> Rejector:
    """The unit over the hidden units of all members whose score is the mean of their units' scores.

    (1 / M) Σₘ (hₘ · wₘ − bₘ) = h · w − b,    h, w: all hₘ, and all wₘ / M, one behind the other
    """
    weights = np.concatenate([unit.weights / len(units) for unit in units])
    bias = np.mean([unit.bias for unit in units])
    return Rejector(weights, float(bias), float(np.mean([unit.threshold for unit in units])))


def _face(model: Model) -> tuple[Any, ...]:
    """What all members must have in common."""
    network = model.network
    return model.classes, model.image_shape, network.output.kind, str(network.dtype)


def _in_words(face: tuple[Any, ...]) -> str:
    classes, (height, width), output, dtype = face
    return f"classes {', '.join(classes)}; {height} × {width} pixels; {output}; {dtype}"
