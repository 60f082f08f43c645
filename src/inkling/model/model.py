"""A trained network with everything that classifying images takes, saved in one file.

    images  →  scaling  →  network  →  logits  →  temperature, rejector  →  probabilities

``Classifier`` is what a single model and a committee (``committee.py``) have in common. Next:
``decision.py`` turns the probabilities into a digit or a reason to reject.
"""

from __future__ import annotations

import copy
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from inkling._checks import Guided, check_shape, check_type, complain, how_to_install
from inkling._text import printable
from inkling._types import AnyArray, ByteArray, FloatArray, IntArray
from inkling.compiled.jit import reason_not_to_load
from inkling.data.scaling import PixelScaling
from inkling.data.split import Split
from inkling.errors import MissingExtraError, ShapeError
from inkling.model.calibration import calibrate
from inkling.model.description import MODEL
from inkling.model.evaluate import (
    Answer,
    Evaluation,
    answer_in_batches,
    check_finite,
    checked_images,
    evaluate_answers,
    images_and_labels,
    predict_in_batches,
    scaled,
)
from inkling.model.rejection import Rejector, check_calibration, hidden_signals
from inkling.model.schema import Object, checked
from inkling.model.sklearn_reader import read_classifier
from inkling.model.tensors import save_tensors
from inkling.nn.dense import Dense
from inkling.nn.network import Network

NUMPY, COMPILED = ENGINES = ("numpy", "compiled")
FORMAT = "inkling-model-2"
INSTEAD = {
    **dict.fromkeys(("fit", "train"), "call inkling.train, which returns a new model"),
    **dict.fromkeys(
        ("parameters", "weights", "get_weights", "state_dict"), "use network.parameters"
    ),
    "layers": "use network.layers",
    **dict.fromkeys(("score", "accuracy", "confusion_matrix"), "use evaluate(images, labels)"),
    "eval": "it is not needed, because dropout acts in training only",
    "load": "use inkling.load_model(path)",
    "read": "use inkling.Recognizer(model).read(image)",
    "history": "use the history of the result that inkling.train returns",
}
"""What other libraries call something else."""
REJECTOR = "nondigits.weights"
"""The name of the rejector's weights in model files."""
CLASS_MEANS = "class_means"
"""The name of the mean images in model files."""


class Classifier(Guided, ABC, instead=INSTEAD):
    """What classifies images: a ``Model``, or a ``CommitteeModel``, which is several models."""

    format: ClassVar[str]
    """The format of its files."""

    schema: ClassVar[Object]
    """What ``describe`` returns, field by field."""

    if TYPE_CHECKING:  # attributes of a dataclass, for which these would be default values

        @property
        def classes(self) -> tuple[str, ...]:
            """The class names, one per output."""

        @property
        def image_shape(self) -> tuple[int, int]:
            """(H, W) of the images."""

        @property
        def manifest(self) -> Mapping[str, Any]:
            """How it was made: data set, settings, versions, results; plain data."""

        @property
        def rejector(self) -> Rejector | None:
            """The unit that rejects what is not a digit, if there is one."""

        @property
        def network(self) -> Network:
            """The network, or a committee's first, which has the sizes and dtype of all."""

    @property
    @abstractmethod
    def networks(self) -> tuple[Network, ...]:
        """All networks."""

    @property
    @abstractmethod
    def summary(self) -> str:
        """The layers in one line."""

    @abstractmethod
    def answer_batch(self, images: ByteArray) -> Answer:
        """Computes the same as ``answer`` for a few thousand images at most, and the logits."""

    @property
    def engine(self) -> str:
        """What computes its answers: "numpy", or "compiled" if a layer skips the inputs that are 0."""
        layers = [layer for network in self.networks for layer in network.layers]
        skips = any(isinstance(one, Dense) and type(one) is not Dense for one in layers)
        return COMPILED if skips else NUMPY

    @abstractmethod
    def compiled(self) -> Classifier:
        """Returns the same classifier with the engine "compiled" (``compiled/prediction.py``).

        Its layers after ReLU, and the first one if black pixels are inputs of 0, skip the inputs that
        are 0. Without such layers it stays NumPy's. The answers are the same up to rounding.

        Raises:
            MissingExtraError: Numba is not installed, or cannot be loaded.
        """

    @abstractmethod
    def calibrated(self) -> Classifier:
        """Returns the same classifier with its temperature in its weights, if it has one network."""

    @abstractmethod
    def require_single(self, who: str) -> Model:
        """Returns the model, or raises SettingError for a committee."""

    @abstractmethod
    def representative(self, images: ByteArray) -> Model:
        """Returns the one model that explanations of these images are about."""

    @abstractmethod
    def tensors(self) -> dict[str, AnyArray]:
        """Returns the arrays by their names in model files."""

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """Returns everything but the arrays as plain data, as model files store it."""

    def predict_proba(self, images: ByteArray) -> FloatArray:
        """Computes the calibrated probabilities (N, C), the same as the first part of ``answer``.

        Without a softmax output they are the outputs of the network.

        Args:
            images: uint8 (N, H, W), normalized as in training (``inkling.normalize``).

        Raises:
            ShapeError: the images are not uint8 of the model's shape.
            DivergenceError: an output is not finite.
        """
        return self.answer(images)[0]

    def predict(self, images: ByteArray) -> IntArray:
        """Returns the number (N,) of the most probable class of each image; names in ``classes``."""
        numbers: IntArray = self.predict_proba(images).argmax(axis=1)
        return numbers

    def answer(self, images: ByteArray) -> tuple[FloatArray, FloatArray | None]:
        """Computes calibrated probabilities and the rejector's scores in one forward pass.

        Args:
            images: uint8 (N, H, W), normalized.

        Returns:
            The probabilities (N, C), and the scores (N,), which are None without a rejector.

        Raises:
            ShapeError: the images are not uint8 of the model's shape.
            DivergenceError: an output is not finite.

        Example:
            >>> from inkling import load_model
            >>> probabilities, scores = load_model().answer(np.zeros((3, 28, 28), np.uint8))
            >>> probabilities.shape, scores.shape
            ((3, 10), (3,))
        """
        return answer_in_batches(self, checked_images(images, self.image_shape))

    def evaluate(self, images: ByteArray | Split, labels: IntArray | None = None) -> Evaluation:
        """Computes accuracy, confusion matrix and loss for labeled images, at least one.

        Args:
            images: uint8 (N, H, W), normalized; or a split of a data set, which has its labels.
            labels: (N,), the number of each image's class in ``classes``.

        Raises:
            ShapeError: the images are not uint8 of the model's shape, or labels do not match them.
            DivergenceError: an output or the loss is not finite.

        Example:
            >>> from inkling import train
            >>> result = train("digits", hidden=(20,), epochs=3)
            >>> result.model.evaluate(result.dataset.test).accuracy == result.test_accuracy
            True
        """
        images, labels = images_and_labels(images, labels)
        images = checked_images(images, self.image_shape)
        return evaluate_answers(self, images, labels)

    def save(self, path: str | Path, *, half_precision: bool = False) -> None:
        """Writes the model to a ``.safetensors`` file, completely or not at all.

        Args:
            path: the file; an existing one is replaced.
            half_precision: whether to store the parameters as float16, in half the space; they are
                converted back when the file is loaded.

        Raises:
            ModelFileError: a parameter is not finite or too large for float16, or the manifest is not
                plain data.
        """
        text = json.dumps(checked(f"model {path}", self.describe(), self.schema))
        metadata = {"format": self.format, "model": text}
        save_tensors(path, self.tensors(), metadata, half_precision=half_precision)


@dataclass(frozen=True, repr=False)
class Model(Classifier):
    """A network and everything needed to use it.

    Attributes:
        network: the network.
        classes: the class names, one per output.
        image_shape: (H, W) of the images.
        scaling: how pixels become inputs.
        manifest: how it was made: data set, settings, versions, results; plain data.
        temperature: what calibrates its probabilities (``calibration.py``), in (0, ∞).
        rejector: the unit that rejects what is not a digit, or None; like a temperature other than 1
            it needs a softmax output.
        class_means: the mean training image of each class, uint8 (C, H, W), with which an explanation
            compares a picture; or None, as in files of version 0.1.

    Raises:
        ShapeError: class names, image shape, rejector or mean images do not fit the network.
        SettingError: the temperature is not positive, or the output is not softmax.

    Example:
        >>> from inkling.nn.mlp import build_mlp
        >>> network = build_mlp((6, 3), rng=np.random.default_rng(0))
        >>> model = Model(network, ("a", "b", "c"), image_shape=(2, 3))
        >>> model.predict_proba(np.zeros((5, 2, 3), np.uint8)).shape
        (5, 3)
    """

    format = FORMAT
    schema = MODEL

    network: Network
    classes: tuple[str, ...]
    image_shape: tuple[int, int] = (28, 28)
    scaling: PixelScaling = field(default_factory=PixelScaling)
    manifest: Mapping[str, Any] = field(default_factory=dict)
    temperature: float = 1.0
    rejector: Rejector | None = None
    class_means: ByteArray | None = None

    def __post_init__(self) -> None:
        """Checks that the parts fit each other."""
        check_type("Model", "network", self.network, Network)
        advice = "give their names, such as ('0', '1')"
        check_type("Model", "classes", self.classes, Sequence, advice)
        object.__setattr__(self, "classes", tuple(self.classes))  # the class is frozen
        for name in self.classes:
            check_type("Model", "the name of a class", name, str)
        check_type("Model", "image_shape", self.image_shape, Sequence, "give (height, width)")
        check_type("Model", "scaling", self.scaling, PixelScaling)
        if self.network.outputs != len(self.classes):
            expected = f"{self.network.outputs} class names, one per output"
            raise ShapeError(complain("Model", expected, len(self.classes)))
        if len(self.image_shape) != 2 or self.network.inputs != math.prod(self.image_shape):
            expected = f"an image shape of {self.network.inputs} pixels"
            raise ShapeError(complain("Model", expected, self.image_shape))
        check_calibration("Model", self.temperature, self.rejector, self.networks)
        if self.class_means is not None:
            shape = (len(self.classes), *self.image_shape)
            check_shape("Model", CLASS_MEANS, self.class_means, shape)
            if self.class_means.dtype != np.uint8:
                raise ShapeError(complain(CLASS_MEANS, "uint8", self.class_means.dtype))

    def __repr__(self) -> str:
        height, width = self.image_shape
        names = ", ".join(printable(name, 20) for name in self.classes[:10])
        more = ", …" if len(self.classes) > 10 else ""
        return f"Model({self.summary}; images of {height} × {width}; classes {names}{more})"

    @classmethod
    def from_sklearn(
        cls,
        classifier: Any,
        *,
        image_shape: tuple[int, int] | None = None,
        scaling: PixelScaling | None = None,
    ) -> Model:
        """Copies a fitted ``MLPClassifier``, scikit-learn's or Inkling's, alone or in a pipeline.

        Scalers before it in a pipeline become part of the first layer. How you scaled pixels before a
        classifier or pipeline received them is not recorded in it: if ``scaling`` is another than that,
        the model is wrong, without an error.

        Args:
            classifier: the classifier; a pipeline of StandardScaler, MinMaxScaler or MaxAbsScaler that
                ends in it; or a search such as GridSearchCV, for its best estimator. Its inputs are
                images, pixel by pixel, row by row.
            image_shape: (H, W) of the images; square by default.
            scaling: how pixels of 0 … 255 become its inputs. By default they are divided by 255; for a
                pipeline whose scaler was fitted on more than 0 … 1, they stay as they are.

        Raises:
            ModelFileError: it is another estimator or not fitted, has another step, or gives one image
                several classes.
            SettingError: the pipeline was not fitted on 0 … 255, and there is no ``scaling``.
            ShapeError: images of that shape do not have as many pixels as it has inputs.
        """
        network, classes, scaling = read_classifier(classifier, scaling)
        side = math.isqrt(network.inputs)
        return cls(network, classes, image_shape or (side, side), scaling)

    @property
    def networks(self) -> tuple[Network, ...]:
        """The network, as a tuple of one."""
        return (self.network,)

    @property
    def summary(self) -> str:
        """The layers in one line: "784 → 100 relu → 10 softmax"."""
        return self.network.summary

    def logits(self, images: ByteArray) -> FloatArray:
        """Computes the logits (N, C) of the network, from which the temperature makes probabilities.

            probabilities = softmax(logits / temperature)

        For images that a rejector rejects, the temperature is higher (``rejection.py``).

        Raises:
            ShapeError: the images are not uint8 of the model's shape.
            DivergenceError: an output is not finite.

        Example:
            >>> from inkling.nn.mlp import build_mlp
            >>> network = build_mlp((6, 3), rng=np.random.default_rng(0))
            >>> model = Model(network, ("a", "b", "c"), image_shape=(2, 3), temperature=2.0)
            >>> z = model.logits(np.full((5, 2, 3), 200, np.uint8)) / model.temperature
            >>> shares = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
            >>> np.allclose(shares, model.predict_proba(np.full((5, 2, 3), 200, np.uint8)))
            True
        """
        images = checked_images(images, self.image_shape)
        return predict_in_batches(self.network, images, self.scaling, logits=True)

    def answer_batch(self, images: ByteArray) -> Answer:
        """Computes the answers to a batch of images, whose hidden activations fit into memory."""
        scores, temperature = None, np.asarray(self.temperature)
        with np.errstate(over="ignore", invalid="ignore"):  # the outputs are checked
            if self.rejector is None:
                logits = self.network.logits(scaled(images, self.network, self.scaling))
            else:
                logits, signals = self.logits_and_signals(images)
                scores = self.rejector.scores(signals)
                temperature = temperature * self.rejector.temperature_factor(scores)
            logits = calibrate(logits, temperature)
            probabilities = self.network.output.value(logits)
        check_finite(probabilities)
        return Answer(logits, probabilities, scores)

    def logits_and_signals(self, images: ByteArray) -> tuple[FloatArray, FloatArray]:
        """Computes the logits (B, C) and the activations (B, F) of all hidden units of a batch."""
        with np.errstate(over="ignore", invalid="ignore"):  # the outputs are checked
            inputs = scaled(images, self.network, self.scaling)
            logits, outputs, saved = self.network.forward(inputs)
        check_finite(outputs)
        return logits, hidden_signals(self.network, saved)

    def compiled(self) -> Model:
        """Returns the same model with layers that skip inputs of 0."""
        problem = reason_not_to_load()
        if problem:
            advice = f"{how_to_install('fast')}, or use the engine numpy"
            raise MissingExtraError(complain("Model", "a working Numba", problem, advice))
        from inkling.compiled.prediction import skip_zeros

        network = skip_zeros(self.network, first=self.scaling.offset == 0)
        return replace(self, network=network)

    def calibrated(self) -> Model:
        """Returns the same model with its temperature in the parameters of the last layer.

            softmax((x W + b) / T) = softmax(x (W / T) + b / T)

        Exports need it, because other programs have no temperature; so does a difference of logits that
        explains calibrated probabilities.
        """
        if self.temperature == 1:
            return self
        network = copy.deepcopy(self.network)  # whose layers are of the same engine
        for name in list(network.parameters)[-2:]:  # weights and bias of the last layer
            with np.errstate(over="ignore"):  # outputs are checked
                network.parameters[name] /= self.temperature
        manifest = {**self.manifest, "temperature": self.temperature}
        return replace(self, network=network, temperature=1.0, manifest=manifest)

    def require_single(self, who: str) -> Model:
        """Returns this model; a committee raises an error instead, which names ``who``."""
        del who
        return self

    def representative(self, images: ByteArray) -> Model:
        """Returns the model whose activations explain the answers to these images: this one."""
        del images
        return self

    def tensors(self) -> dict[str, AnyArray]:
        """Returns the arrays by their names in model files."""
        rejector = {} if self.rejector is None else {REJECTOR: self.rejector.weights}
        means = {} if self.class_means is None else {CLASS_MEANS: self.class_means}
        return {**self.network.parameters, **rejector, **means}

    def describe(self) -> dict[str, Any]:
        """Returns everything but the arrays as plain data, as model files store it."""
        return {
            "architecture": self.network.architecture(),
            "dtype": str(self.network.dtype),
            "classes": list(self.classes),
            "image_shape": list(self.image_shape),
            "scaling": {"factor": self.scaling.factor, "offset": self.scaling.offset},
            "manifest": dict(self.manifest),
            "temperature": self.temperature,
            "nondigits": None if self.rejector is None else self.rejector.settings(),
        }
