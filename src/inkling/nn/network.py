"""The network: layers in a row, the last one its output activation.

    forward      x → layer → layer → … → a           what it says
    backward     δ = ∂L/∂z → … → ∂L/∂W, ∂L/∂b        how every parameter should move

This file is the whole of back-propagation that is not in a layer: go through the layers, then go
through them backwards, and hand each one what it saved. Next: ``gradcheck.py``, which proves it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import DTypeLike

from inkling._checks import check_array, check_shape, complain
from inkling._types import AnyArray, FloatArray
from inkling.errors import SettingError, ShapeError
from inkling.nn.activations import Activation, Softmax
from inkling.nn.architecture import build_layers, describe_layers
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.layer import Layer, Workspace
from inkling.nn.losses import Loss
from inkling.nn.output import check_pair, loss_and_delta
from inkling.plots.notebook import html_table


class LossAndGradients(NamedTuple):
    """What one batch teaches."""

    loss: float
    """L, the mean loss of the batch."""
    gradients: dict[str, FloatArray]
    """∂L/∂parameter by name, each of the parameter's shape."""
    outputs: FloatArray
    """a (B, O), what the network said."""


class Network:
    """A row of layers that ends in its output activation.

    Args:
        layers: at least one Dense; each takes what the one before gives; the last is an activation.

    Attributes:
        layers: the layers. Their Dense layers are named "dense1", "dense2" ... in order.
        parameters: every learned array by name ("dense1.weights" (I, O), "dense1.bias" (O,)); the
            arrays themselves, which optimizers change in place.

    Raises:
        ShapeError: a layer does not take what the one before gives, or dtypes differ.
        SettingError: there is no Dense layer, a layer is there twice, the last layer is not an
            activation, or it is a softmax over a single output.

    Example:
        >>> from inkling.nn.activations import ReLU, Softmax
        >>> rng = np.random.default_rng(0)
        >>> network = Network([Dense(784, 100, rng=rng), ReLU(), Dense(100, 10, rng=rng), Softmax()])
        >>> network
        Network(784 → 100 relu → 10 softmax; 79,510 parameters, float32)
        >>> network.predict(np.zeros((3, 784))).shape
        (3, 10)
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers: tuple[Layer, ...] = tuple(layers)
        self._dense = [layer for layer in self.layers if isinstance(layer, Dense)]
        self._check_layers()
        counts: Counter[str] = Counter()
        self.parameters: dict[str, FloatArray] = {}
        self._names: list[str] = []  # a layer's own name is that of the last network it was put in
        for layer in self.layers:
            counts[layer.kind] += 1
            layer.name = f"{layer.kind}{counts[layer.kind]}"
            self._names.append(layer.name)
            for name, parameter in layer.parameters.items():
                self.parameters[f"{layer.name}.{name}"] = parameter
        self._first_learning = next(i for i, layer in enumerate(self.layers) if layer.parameters)

    @property
    def inputs(self) -> int:
        """I, how many numbers a sample has."""
        return self._dense[0].inputs

    @property
    def outputs(self) -> int:
        """O, how many numbers come out."""
        return self._dense[-1].outputs

    @property
    def output(self) -> Activation:
        """The output activation."""
        last = self.layers[-1]
        assert isinstance(last, Activation)
        return last

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of parameters and results: float32 or float64."""
        return self._dense[0].weights.dtype

    def predict(self, inputs: AnyArray) -> FloatArray:
        """Computes the outputs and keeps nothing, so that threads may share the network.

        Args:
            inputs: (B, I), floats, scaled as in training.

        Returns:
            (B, O); with a softmax output, probabilities. A NaN in a row of inputs makes its outputs NaN.

        Raises:
            ShapeError: the inputs are not floats of shape (B, I).
        """
        outputs = self._floats(inputs)
        for layer in self.layers:
            if isinstance(layer, Dense) and outputs.shape == (1, layer.inputs):
                outputs = _forward_one(layer, outputs)
            else:
                outputs, _ = layer.forward(outputs)
        return outputs

    def forward(
        self,
        inputs: AnyArray,
        *,
        training: bool = False,
        rng: np.random.Generator | None = None,
        workspace: Workspace | None = None,
    ) -> tuple[FloatArray, list[Any]]:
        """Computes the outputs (B, O) and what each layer saved for its ``backward``.

            a⁽ⁿ⁾ = f(a⁽ⁿ⁻¹⁾ W⁽ⁿ⁾ + b⁽ⁿ⁾), a⁽⁰⁾ = x  [network-forward]

        Args:
            inputs: (B, I), floats.
            training: True lets dropout act, which then needs ``rng``.
            rng: the source of random numbers.
            workspace: arrays to use again; the results are then valid until the next call.
        """
        outputs, saved = self._floats(inputs), []
        for layer in self.layers:
            outputs, kept = layer.forward(outputs, training=training, rng=rng, workspace=workspace)
            saved.append(kept)
        return outputs, saved

    def backward(
        self, delta: FloatArray, saved: Sequence[Any], *, workspace: Workspace | None = None
    ) -> dict[str, FloatArray]:
        """Computes ∂L/∂parameter for every parameter.

            δ⁽ⁿ⁾ = (δ⁽ⁿ⁺¹⁾ W⁽ⁿ⁺¹⁾ᵀ) ⊙ f'(z⁽ⁿ⁾)  [hidden-delta]

        Args:
            delta: ∂L/∂z (B, O), the gradient with respect to the output activation's *inputs*, as
                ``output.py`` gives it.
            saved: what ``forward`` returned beside the outputs.
            workspace: arrays to use again.
        """
        gradients: dict[str, FloatArray] = {}
        grad: FloatArray | None = delta
        for index in range(len(self.layers) - 2, self._first_learning - 1, -1):
            layer = self.layers[index]
            assert grad is not None
            grad, layer_gradients = layer.backward(
                grad,
                saved[index],
                wants_grad_inputs=index > self._first_learning,
                workspace=workspace,
            )
            for name, gradient in layer_gradients.items():
                gradients[f"{self._names[index]}.{name}"] = gradient
        return gradients

    def loss_and_gradients(
        self,
        inputs: AnyArray,
        targets: AnyArray,
        loss: Loss,
        *,
        sample_weights: FloatArray | None = None,
        rng: np.random.Generator | None = None,
        workspace: Workspace | None = None,
    ) -> LossAndGradients:
        """Computes the mean loss of a batch and its gradient for every parameter.

        Args:
            inputs: (B, I), floats, scaled.
            targets: labels (B,) or (B, O).
            loss: the loss, one that can meet the output activation.
            sample_weights: (B,), at least 0; equal by default.
            rng: needed where the network has dropout.
            workspace: arrays to use again; the results are then valid until the next call.

        Raises:
            SettingError: the loss cannot meet the output activation.
            ShapeError: the arrays do not fit the network or each other.

        Example:
            >>> from inkling.nn.activations import Softmax
            >>> from inkling.nn.losses import CrossEntropy
            >>> network = Network([Dense(2, 2, rng=np.random.default_rng(0)), Softmax()])
            >>> network.parameters["dense1.weights"][...] = 0
            >>> batch = np.array([[1.0, 3.0]]), np.array([0])
            >>> result = network.loss_and_gradients(*batch, CrossEntropy())
            >>> round(result.loss, 4)  # log 2: it knows nothing yet
            0.6931
            >>> result.gradients["dense1.weights"]
            array([[-0.5,  0.5],
                   [-1.5,  1.5]], dtype=float32)
        """
        outputs, saved = self.forward(inputs, training=True, rng=rng, workspace=workspace)
        logits = saved[-1][0]
        value, delta = loss_and_delta(self.output, loss, logits, outputs, targets, sample_weights)
        return LossAndGradients(value, self.backward(delta, saved, workspace=workspace), outputs)

    def check_loss(self, loss: Loss) -> None:
        """Raises SettingError unless the loss can meet the output activation."""
        check_pair(self.output, loss)

    def architecture(self) -> list[dict[str, Any]]:
        """Returns the layers as plain data, from which ``from_architecture`` builds them again."""
        return describe_layers(self.layers)

    @classmethod
    def from_architecture(
        cls, architecture: Sequence[Mapping[str, Any]], dtype: DTypeLike = np.float32
    ) -> Self:
        """Builds a network with all parameters zero from ``architecture()``'s plain data.

        Raises:
            SettingError: a kind of layer is unknown, or its settings are not what it takes.
        """
        return cls(build_layers(architecture, dtype))

    def copy(self, dtype: DTypeLike | None = None) -> Self:
        """Returns a network with the same layers and copies of the parameters, in another dtype."""
        twin = self.from_architecture(self.architecture(), self.dtype if dtype is None else dtype)
        for name, parameter in self.parameters.items():
            twin.parameters[name][...] = parameter
        return twin

    @property
    def summary(self) -> str:
        """The layers in one line: "784 → 100 relu → 10 softmax"."""
        text = str(self.inputs)
        for layer in self.layers:
            if isinstance(layer, Dense):
                text += f" → {layer.outputs}"
            elif isinstance(layer, Dropout):
                text += f" dropout {layer.rate:g}"
            else:
                text += f" {layer.kind}"
        return text

    def __repr__(self) -> str:
        count = sum(parameter.size for parameter in self.parameters.values())
        return f"Network({self.summary}; {count:,} parameters, {self.dtype})"

    def _repr_html_(self) -> str:
        """The layers as a table, for notebooks."""
        rows, outputs = [], self.inputs
        for name, layer in zip(self._names, self.layers, strict=True):
            outputs = layer.outputs if isinstance(layer, Dense) else outputs
            count = sum(parameter.size for parameter in layer.parameters.values())
            rows.append((f"{name} = {layer}", f"(B, {outputs})", f"{count:,}"))
        total = sum(parameter.size for parameter in self.parameters.values())
        foot = (f"all, {self.dtype}", "", f"{total:,}")
        return html_table(self.summary, ("layer", "outputs", "parameters"), rows, foot)

    def _check_layers(self) -> None:
        for layer, count in Counter(self.layers).items():
            if not isinstance(layer, Layer):
                advice = "write ReLU(), not ReLU"
                raise SettingError(complain("Network", "layers", layer, advice))
            if count > 1:  # the two would share one array in a workspace
                advice = "make a new one for each place"
                raise SettingError(complain("Network", "each layer once", f"{layer} twice", advice))
        dense = self._dense
        if not dense:
            raise SettingError(complain("Network", "at least one Dense layer", list(self.layers)))
        if not isinstance(self.layers[-1], Activation):
            raise SettingError(
                complain(
                    "Network",
                    "an activation as the last layer",
                    self.layers[-1],
                    "Softmax() for classes, Identity() for regression",
                )
            )
        for before, after in pairwise(dense):
            if before.outputs != after.inputs:
                expected = f"a Dense layer with {before.outputs} inputs after {before}"
                raise ShapeError(complain("Network", expected, after))
            if before.weights.dtype != after.weights.dtype:
                got = f"{before.weights.dtype} and {after.weights.dtype}"
                raise ShapeError(complain("Network", "Dense layers of one dtype", got))
        if isinstance(self.layers[-1], Softmax) and dense[-1].outputs == 1:  # it would always say 1
            advice = "use sigmoid for a single yes or no"
            raise SettingError(complain("Network", "at least two outputs for softmax", 1, advice))

    def _floats(self, inputs: AnyArray) -> FloatArray:
        check_array("Network", "inputs", inputs)
        if inputs.dtype == self.dtype and inputs.ndim == 2:
            return inputs
        if inputs.dtype.kind != "f":
            advice = "scale pixels first, for example images / 255"
            raise ShapeError(complain("Network", "floats as inputs", inputs.dtype, advice))
        advice = "flatten images with images.reshape(len(images), -1)" if inputs.ndim > 2 else ""
        check_shape("Network", "inputs", inputs, ("B", self.inputs), advice)
        return inputs.astype(self.dtype)


def _forward_one(layer: Dense, inputs: FloatArray) -> FloatArray:
    """z = x W + b for a single sample (1, I): the rows of W for inputs of 0 are not read.

    A single product takes as long as reading W does. Of a digit three quarters are 0, and behind a ReLU
    nine tenths: 106 → 61 µs for 784-1280-640-10.
    """
    sample = inputs[0]
    seen = sample.nonzero()[0]
    if 2 * len(seen) > len(sample):  # picking rows out costs a copy
        return layer.forward(inputs)[0]
    outputs: FloatArray = sample[seen].dot(layer.weights.take(seen, axis=0))
    np.add(outputs, layer.bias, out=outputs)
    return outputs[np.newaxis]
