"""A trained network with all it needs to answer: saved in one file, loaded anywhere.

    model.save("digits.safetensors")  →  tensors + JSON  →  load_model("digits.safetensors")

The file holds the parameters, and as JSON the architecture, the class names, the pixel scaling and the
picture size, so that a model meets the same inputs as in training, and the manifest of the run that
made it. Several models that answer together are in ``committee_model.py``; ``model_reading.py`` reads
the files, and trusts none. Next: ``recognize.py``.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from inkling._checks import check_range, check_shape, complain
from inkling._files import atomic_write
from inkling._types import ByteArray, FloatArray, IntArray
from inkling.data.scaling import PixelScaling
from inkling.errors import ModelFileError, SettingError, ShapeError
from inkling.model.calibration import calibrate
from inkling.model.evaluate import Evaluation, check_finite, evaluate, predict
from inkling.model.rejection import Rejector, hidden_signals, hidden_units
from inkling.model.tensors import tensor_bytes
from inkling.nn.activations import Softmax
from inkling.nn.losses import Loss
from inkling.nn.network import Network

FORMAT, COMMITTEE_FORMAT = "inkling-model-1", "inkling-committee-1"
UNIT = "nondigits.weights"


@dataclass(frozen=True)
class Model:
    """A network and what it takes to use it.

    Attributes:
        network: the network.
        classes: the class names, one an output.
        image_shape: (H, W) of the pictures it was trained on.
        scaling: how pixels become inputs.
        manifest: how it was made: data set, settings, versions, results; plain data.
        temperature: what makes its probabilities honest (``calibration.py``), in (0, ∞).
        nondigits: the unit that tells what is no digit; None where it was not learned.
    """

    network: Network
    classes: tuple[str, ...]
    image_shape: tuple[int, int] = (28, 28)
    scaling: PixelScaling = field(default_factory=PixelScaling)
    manifest: Mapping[str, Any] = field(default_factory=dict)
    temperature: float = 1.0
    nondigits: Rejector | None = None

    file_format: ClassVar[str] = FORMAT

    def __post_init__(self) -> None:
        """Checks that the parts fit each other."""
        if self.network.outputs != len(self.classes):
            expected = f"{self.network.outputs} class names, one an output"
            raise ShapeError(complain("Model", expected, len(self.classes)))
        if self.network.inputs != math.prod(self.image_shape):
            expected = f"an image shape of {self.network.inputs} pixels"
            raise ShapeError(complain("Model", expected, self.image_shape))
        check_range(
            "Model",
            "temperature",
            self.temperature,
            low=0,
            high=np.inf,
            open_low=True,
            open_high=True,
        )
        honest = self.temperature != 1 or self.nondigits is not None
        if honest and not isinstance(self.network.output, Softmax):
            expected = "a softmax output, which a temperature or a non-digit unit needs"
            raise SettingError(complain("Model", expected, self.network.output.kind))
        if self.nondigits is not None:
            expected_shape = (sum(map(hidden_units, self.networks)),)
            check_shape("Model", "nondigits.weights", self.nondigits.weights, expected_shape)

    @property
    def networks(self) -> tuple[Network, ...]:
        """The networks that compute: this one; those of all members where it is a committee."""
        return (self.network,)

    @property
    def summary(self) -> str:
        """What computes, in one line: "784 → 100 relu → 10 softmax", for a committee "5 × 784 → …"."""
        counts = Counter(network.summary for network in self.networks)
        kinds = [(f"{count} × " if count > 1 else "") + kind for kind, count in counts.items()]
        return " + ".join(kinds)

    def predict_proba(self, images: ByteArray) -> FloatArray:
        """Computes the outputs of the network, with a softmax output the probabilities.

        They are the network's own; ``answer`` and ``calibrated`` apply the temperature.

        Args:
            images: uint8 (N, H, W), normalised as in training (``inkling.normalize``).

        Returns:
            (N, C).

        Raises:
            ShapeError: the images are not uint8 of the model's shape.
        """
        return predict(self.network, self._checked(images), self.scaling)

    def answer(self, images: ByteArray) -> tuple[FloatArray, FloatArray | None]:
        """Computes, in one pass, calibrated probabilities (N, C) and non-digit scores (N,).

        Args:
            images: uint8 (N, H, W), a few thousand at most, as all hidden signals are kept.

        Returns:
            The probabilities, and the scores; None instead of these without the unit.

        Raises:
            ShapeError: the images are not uint8 of the model's shape.
            DivergenceError: an output is not a finite number.
        """
        outputs, saved = self._forward(self._checked(images))
        check_finite(outputs)
        if self.nondigits is None:
            return calibrate(outputs, self.temperature), None
        scores = self.nondigits.scores(self._signals(saved))
        return calibrate(
            outputs, self.temperature * self.nondigits.temperature_factor(scores)
        ), scores

    def evaluate(self, images: ByteArray, labels: IntArray, loss: Loss) -> Evaluation:
        """Computes outputs, mean loss and accuracy for images (N, H, W) with labels (N,), N at least 1.

        Raises:
            DivergenceError: an output or the loss is not a finite number.
        """
        return evaluate(self.network, images, labels, loss, self.scaling)

    def calibrated(self) -> Model:
        """Returns the same model with its temperature worked into the last layer's parameters.

            softmax((x W + b) / T) = softmax(x (W / T) + b / T)

        Its network's own outputs are then calibrated, wherever they are computed: exported, in another
        language, in ``predict_proba``. The answers stay; a loss with label smoothing grows, for it
        rewards the modesty that is taken away here.
        """
        if self.temperature == 1:
            return self
        network = self.network.copy()
        last = [name for name in network.parameters if name.endswith("weights")][-1]
        for name in (last, last.replace("weights", "bias")):
            network.parameters[name] /= self.temperature
        manifest = {**self.manifest, "temperature": self.temperature}
        return replace(self, network=network, temperature=1.0, manifest=manifest)

    def require_single(self, who: str) -> Model:
        """Returns the model, which is one network: for those who cannot do with several.

        Args:
            who: who asks, for the error.

        Raises:
            SettingError: it is a committee.
        """
        if len(self.networks) > 1:
            got = f"a committee of {len(self.networks)}"
            advice = "take one of its members, such as members/seed-0 in its run directory"
            raise SettingError(complain(who, "a model of one network", got, advice))
        return self

    def representative(self, images: ByteArray) -> Model:
        """Returns the model whose inside shows how it came to its answer: this one.

        Args:
            images: uint8 (N, H, W), what is asked about; a committee's depends on it.
        """
        del images
        return self

    def _forward(self, images: ByteArray) -> tuple[FloatArray, list[Any]]:
        """The outputs (N, C), and what was saved on the way."""
        inputs = self.scaling(images.reshape(len(images), self.network.inputs), self.network.dtype)
        with np.errstate(over="ignore", invalid="ignore"):  # the outputs tell
            forward = self.network.forward(inputs)
        return forward.outputs, forward.saved

    def _signals(self, saved: list[Any]) -> FloatArray:
        """The hidden signals (N, F) in what was saved."""
        return hidden_signals(self.network, saved)

    def _checked(self, images: ByteArray) -> ByteArray:
        images = np.asarray(images)
        if images.dtype != np.uint8:
            raise ShapeError(complain("Model", "images as uint8, 0 to 255", images.dtype))
        check_shape("Model", "images", images, ("N", *self.image_shape))
        return images

    def predict(self, images: ByteArray) -> IntArray:
        """Returns the most probable class of each image, as a number (N,); names in ``classes``."""
        answers: IntArray = self.predict_proba(images).argmax(axis=1)
        return answers

    def save(self, path: str | Path, *, half_precision: bool = False) -> None:
        """Writes the model to a ``.safetensors`` file, whole or not at all.

        Args:
            path: the file; replaced if it is there.
            half_precision: store the parameters as float16, half the size; they are computed with
                in float32 again.

        Raises:
            ModelFileError: a parameter is not finite, or too large for float16.
        """
        tensors = self.tensors()
        if half_precision:
            with np.errstate(over="ignore"):
                tensors = {name: array.astype(np.float16) for name, array in tensors.items()}
        for name, array in tensors.items():
            if not np.isfinite(array).all():
                expected = f"finite numbers in {name}"
                raise ModelFileError(complain(f"model {path}", expected, "NaN or infinity"))
        metadata = {"format": self.file_format, "model": json.dumps(self.describe())}
        atomic_write(path, tensor_bytes(tensors, metadata))

    def tensors(self) -> dict[str, FloatArray]:
        """Returns the arrays by name, as model files hold them."""
        unit = {} if self.nondigits is None else {UNIT: self.nondigits.weights}
        return {**self.network.parameters, **unit}

    def describe(self) -> dict[str, Any]:
        """Returns all but the parameters as plain data, as model files hold it."""
        return {
            "architecture": self.network.architecture(),
            "dtype": str(self.network.dtype),
            "classes": list(self.classes),
            "image_shape": list(self.image_shape),
            "scaling": {"factor": self.scaling.factor, "offset": self.scaling.offset},
            "manifest": dict(self.manifest),
            "temperature": self.temperature,
            "nondigits": None if self.nondigits is None else self.nondigits.settings(),
        }

    @classmethod
    def from_sklearn(
        cls,
        classifier: Any,
        *,
        image_shape: tuple[int, int] | None = None,
        scaling: PixelScaling | None = None,
    ) -> Model:
        """Takes over the weights of a fitted ``MLPClassifier``, scikit-learn's or Inkling's.

        Args:
            classifier: the classifier; its inputs are pictures, pixel after pixel, row after row.
            image_shape: (H, W) of the pictures; square by default.
            scaling: how pixels of 0 … 255 became its inputs; to 0 … 1 by default.

        Raises:
            ModelFileError: it is not a fitted ``MLPClassifier``, or gives a picture several classes.
            ShapeError: pictures of that shape do not have as many pixels as it has inputs.
        """
        from inkling.model.file import build_model
        from inkling.model.sklearn_reader import read_classifier

        model = build_model(*read_classifier(classifier, image_shape))
        return model if scaling is None else replace(model, scaling=scaling)


def load_model(path: str | Path) -> Model:
    """Loads a model that ``Model.save`` wrote, a committee's too, or tutorial 1.

    Args:
        path: the ``.safetensors`` file, or the run directory that holds it; or an ``.npz`` file with
            w1, b1, w2, b2 (``model/npz_reader.py``). Never a pickle: opening one runs the program in it.

    Raises:
        ModelFileError: the file is not there, not whole, of another format, or its parts do not fit.

    Example:
        >>> import tempfile
        >>> from inkling.nn.mlp import build_mlp
        >>> network = build_mlp((6, 3), rng=np.random.default_rng(0))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Model(network, ("a", "b", "c"), (2, 3)).save(Path(folder, "m.safetensors"))
        ...     load_model(Path(folder, "m.safetensors")).network
        Network(6 → 3 softmax; 21 parameters, float32)
    """
    from inkling.model.file import read_model  # it builds what is defined here

    path = Path(path)
    if path.is_dir() and (path / "model.safetensors").is_file():
        path = path / "model.safetensors"
    return read_model(path)
