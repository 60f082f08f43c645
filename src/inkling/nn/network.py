"""The network: a list of layers that ends in its output activation.

    forward      x → layer → layer → … → a           the outputs
    backward     δ = ∂L/∂z → … → ∂L/∂W, ∂L/∂b        the gradient of every parameter

All of back-propagation outside the layers is here: go through the layers, then in reverse, and give each
one what it saved. Next: ``gradcheck.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from inkling._checks import Guided, check_type, complain
from inkling._types import AnyArray, FloatArray
from inkling.errors import ShapeError
from inkling.nn.activations import Activation
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.layer import Layer
from inkling.nn.losses import Loss
from inkling.nn.output import loss_and_delta
from inkling.nn.registry import build_layers
from inkling.nn.structure import INSTEAD, as_inputs, check_layers, summarize


class ForwardPass(NamedTuple):
    """The logits z (B, O), the outputs a (B, O), and what each layer saved for the backward pass."""

    logits: FloatArray
    outputs: FloatArray
    saved: list[Any]


class LossAndGradients(NamedTuple):
    """The mean loss L of a batch, ∂L/∂parameter by name, and the outputs a (B, O)."""

    loss: float
    gradients: dict[str, FloatArray]
    outputs: FloatArray


class Network(Guided, instead=INSTEAD):
    """A list of layers that ends in its output activation.

    Args:
        layers: at least one Dense; the last is an activation.

    Attributes:
        layers: the layers; ``names``: their names, "dense1", "relu1", "dense2" and so on; ``output``:
            the last of them.
        parameters: every learned array by name ("dense1.weights" (I, O), "dense1.bias" (O,)); the
            arrays themselves, which optimizers change in place.

    Raises:
        SettingError: there is no Dense layer, a layer occurs twice, or the last is not an activation.
        ShapeError: the sizes or dtypes of two Dense layers do not match.

    Example:
        >>> from inkling.nn import He, ReLU, Softmax
        >>> rng = np.random.default_rng(0)
        >>> hidden = Dense(784, 100, rng=rng, initializer=He())
        >>> network = Network([hidden, ReLU(), Dense(100, 10, rng=rng), Softmax()])
        >>> network
        Network(784 → 100 relu → 10 softmax; 79,510 parameters, float32)
        >>> network.predict(np.zeros((3, 784))).shape
        (3, 10)
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers: tuple[Layer, ...]
        self.output: Activation
        self.layers, self.output = check_layers(layers)
        self.names: list[str] = []
        self.parameters: dict[str, FloatArray] = {}
        counts: Counter[str] = Counter()
        for layer in self.layers:
            counts[layer.kind] += 1
            self.names.append(f"{layer.kind}{counts[layer.kind]}")
            for name, parameter in layer.parameters.items():
                self.parameters[f"{self.names[-1]}.{name}"] = parameter
        dense = [layer for layer in self.layers if isinstance(layer, Dense)]
        self.inputs: int = dense[0].weights.shape[0]
        self.outputs: int = dense[-1].weights.shape[1]
        self.dtype: np.dtype[Any] = dense[0].weights.dtype
        self._first_learning = next(i for i, layer in enumerate(self.layers) if layer.parameters)

    def forward(self, x: AnyArray, /, *, rng: np.random.Generator | None = None) -> ForwardPass:
        """Computes the outputs for inputs x (B, I), floats; dropout acts only if ``rng`` is given.

        a⁽ˡ⁾ = f(a⁽ˡ⁻¹⁾ W⁽ˡ⁾ + b⁽ˡ⁾), a⁽⁰⁾ = x  [network-forward]
        """
        signal, saved = as_inputs(x, self.inputs, self.dtype), []
        for layer in self.layers:
            logits = signal
            signal, kept = layer.forward(signal, rng=rng)
            saved.append(kept)
        return ForwardPass(logits, signal, saved)

    def logits(self, x: AnyArray, /) -> FloatArray:
        """Computes z (B, O), the inputs of the output activation, for inputs (B, I)."""
        signal = as_inputs(x, self.inputs, self.dtype)
        for layer in self.layers[:-1]:
            signal, _ = layer.forward(signal)
        return signal

    def predict(self, x: AnyArray, /) -> FloatArray:
        """Computes the outputs a (B, O) for inputs (B, I); with softmax, probabilities.

        Nothing is saved, so threads can share the network. A NaN in a row makes its outputs NaN.
        """
        return self.output.value(self.logits(x))

    def backward(self, delta: FloatArray, saved: Sequence[Any], /) -> dict[str, FloatArray]:
        """Computes ∂L/∂parameter by name from ``delta``, ∂L/∂z (B, O), and what ``forward`` saved.

        δ⁽ˡ⁾ = (δ⁽ˡ⁺¹⁾ W⁽ˡ⁺¹⁾ᵀ) ⊙ f'(z⁽ˡ⁾)  [hidden-delta]
        """
        logits, _ = saved[-1]  # delta is past the output activation already, so start below it
        if delta.shape != logits.shape or delta.dtype != logits.dtype:
            expected = f"a gradient {logits.shape} of dtype {logits.dtype}"
            raise ShapeError(complain("Network", expected, f"{delta.shape} {delta.dtype}"))
        gradients: dict[str, FloatArray] = {}
        for index in reversed(range(self._first_learning, len(self.layers) - 1)):
            layer = self.layers[index]
            for name, gradient in layer.grad_parameters(delta, saved[index]).items():
                gradients[f"{self.names[index]}.{name}"] = gradient
            if index > self._first_learning:  # the inputs of the network are not learned
                delta = layer.grad_inputs(delta, saved[index])
        return gradients

    def loss_and_gradients(
        self,
        x: AnyArray,
        targets: AnyArray,
        loss: Loss,
        *,
        sample_weights: FloatArray | None = None,
        rng: np.random.Generator | None = None,
    ) -> LossAndGradients:
        """Computes the mean loss of a batch and its gradient for every parameter.

        Args:
            x: inputs (B, I), floats, scaled.
            targets: labels (B,) or (B, O).
            loss: a loss that can be combined with the output activation.
            sample_weights: (B,), at least 0; equal by default.
            rng: the source of random numbers; required if a layer has dropout.

        Raises:
            SettingError: loss and output activation cannot be combined, or dropout has no generator.
            ShapeError: the arrays do not match the network or each other.

        Example:
            >>> from inkling.nn import CrossEntropy, Softmax
            >>> network = Network([Dense.from_arrays(np.zeros((2, 2)), np.zeros(2)), Softmax()])
            >>> x, labels = np.array([[1.0, 3.0]]), np.array([0])
            >>> result = network.loss_and_gradients(x, labels, CrossEntropy())
            >>> round(result.loss, 4)  # log 2
            0.6931
            >>> result.gradients["dense1.weights"]
            array([[-0.5,  0.5],
                   [-1.5,  1.5]])
        """
        if any(isinstance(layer, Dropout) and layer.rate for layer in self.layers):
            advice = "dropout needs np.random.default_rng(seed)"
            check_type("Network", "rng", rng, np.random.Generator, advice)
        logits, outputs, saved = self.forward(x, rng=rng)
        value, delta = loss_and_delta(self.output, loss, logits, outputs, targets, sample_weights)
        return LossAndGradients(value, self.backward(delta, saved), outputs)

    def __reduce__(self) -> tuple[Any, ...]:  # parameters stay the arrays of the layers
        return type(self), (self.layers,)

    def architecture(self) -> list[dict[str, Any]]:
        """Returns the layers as plain data, from which ``build_layers`` builds them again."""
        return [{"kind": layer.kind, **layer.settings()} for layer in self.layers]

    def copy(self, dtype: DTypeLike | None = None) -> Network:
        """Returns a network with the same layers and copies of the parameters, in a dtype if given."""
        twin = Network(build_layers(self.architecture(), dtype or self.dtype))
        for name, parameter in self.parameters.items():
            twin.parameters[name][...] = parameter
        return twin

    @property
    def summary(self) -> str:
        """The layers in one line: "784 → 100 relu dropout 0.2 → 10 softmax"."""
        return f"{self.inputs}{summarize(self.layers)}"

    def __repr__(self) -> str:
        count = sum(parameter.size for parameter in self.parameters.values())
        return f"Network({self.summary}; {count:,} parameters, {self.dtype})"
