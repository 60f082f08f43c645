"""The forward and backward pass of one sample, with every quantity kept.

    x → z → a → … → loss → δ → ∂L/∂W, ∂L/∂b → … → one step of gradient descent

Each quantity has the label of its formula in ``docs/derivation``, and each gradient its finite
difference. Everything is computed by a float64 copy of the network, so that the two can be compared.
The result is in ``trace_record.py``; ``cli/trace.py`` prints it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from inkling._checks import check_range, check_shape
from inkling._types import FloatArray, IntArray
from inkling.explain.trace_record import TOLERANCE, Gradient, Quantity, Step, Trace
from inkling.nn.activations import Activation, LeakyReLU, ReLU
from inkling.nn.dense import Dense
from inkling.nn.gradcheck import STEP, numeric_gradient
from inkling.nn.layer import Layer
from inkling.nn.losses import CrossEntropy, Loss
from inkling.nn.network import Network
from inkling.nn.output import CLOSED_FORMS, loss_and_delta
from inkling.optim.descent import SGD

COMPARED = 50
"""The entries of an array that are compared with finite differences: two forward passes each."""
SHORT = {"cross_entropy": "ce", "binary_cross_entropy": "bce", "poisson": "poisson"}
"""The beginning of the labels of a loss's closed forms."""


def trace_sample(
    network: Network,
    inputs: FloatArray,
    label: int,
    loss: Loss,
    *,
    rng: np.random.Generator,
    learning_rate: float = 0.1,
) -> Trace:
    """Computes both passes of one sample x (1, I) of class ``label``, and one step of gradient descent.

    Dropout is off, as in prediction. The network is not changed. ``rng`` chooses the entries of large
    arrays that are compared with finite differences.

    Raises:
        ShapeError: the inputs are not one row of the network's width, or the label is out of range.
        SettingError: loss and output cannot be combined, or the learning rate is out of range.
    """
    check_shape("trace", "inputs", inputs, (1, network.inputs))
    check_range("trace", "learning_rate", learning_rate, low=0, open_low=True)
    walk = _Walk(network.copy(np.float64), np.array([label]), loss, rng)
    walk.go_forward(inputs.astype(np.float64))
    walk.go_back()
    return Trace(
        network=network.summary,
        label=int(label),
        forward=tuple(walk.forward),
        target=walk.target(),
        loss_name=loss.kind,
        loss_formula=loss.kind.replace("_", "-"),
        loss=walk.loss_value,
        backward=tuple(walk.backward),
        corners=walk.count_corners(),
        step=walk.step(float(learning_rate)),
    )


def formula_of(layer: Layer) -> str:
    """Returns the label of a layer's formula; an activation's gradient has "-grad" appended to it."""
    return "dense-forward" if isinstance(layer, Dense) else layer.kind.replace("_", "-")


def formula_of_delta(output: Activation, loss: Loss) -> str:
    """Returns the label of the output's δ: that of its closed form, or of the chain rule."""
    if (output.kind, loss.kind) in CLOSED_FORMS:
        return f"{SHORT[loss.kind]}-{output.kind}-delta"
    return "output-delta"


class _Walk:
    """Both passes; ``signals[i]`` are the inputs of layer i and ``signals[i + 1]`` its outputs."""

    def __init__(
        self, network: Network, labels: IntArray, loss: Loss, rng: np.random.Generator
    ) -> None:
        self.network, self.labels, self.loss, self.rng = network, labels, loss, rng
        self.symbols = ["x"]
        self.signals: list[FloatArray] = []
        self.saved: list[Any] = []
        self.forward: list[Quantity] = []
        self.backward: list[Gradient] = []
        self.gradients: dict[str, FloatArray] = {}

    def go_forward(self, inputs: FloatArray) -> None:
        """Computes and keeps the outputs of every layer."""
        self.signals.append(inputs)
        self.forward.append(Quantity("x", "", inputs))
        number = 0
        for layer in self.network.layers:
            outputs, kept = layer.forward(self.signals[-1])
            self.signals.append(outputs)
            self.saved.append(kept)
            number += isinstance(layer, Dense)
            if isinstance(layer, Dense | Activation):
                symbol = f"{'z' if isinstance(layer, Dense) else 'a'}{number}"
                self.forward.append(Quantity(symbol, formula_of(layer), outputs))
                self.symbols.append(symbol)
            else:  # dropout, which does nothing in prediction
                self.symbols.append(self.symbols[-1])

    def go_back(self) -> None:
        """Computes every gradient and compares it with finite differences."""
        network = self.network
        self.loss_value, grad = loss_and_delta(
            network.output, self.loss, self.signals[-2], self.signals[-1], self.labels
        )
        formula = formula_of_delta(network.output, self.loss)
        self._keep_signal(len(network.layers) - 1, formula, grad)
        for index in reversed(range(len(network.layers) - 1)):
            layer = network.layers[index]
            for name, gradient in layer.grad_parameters(grad, self.saved[index]).items():
                self._keep_parameter(index, name, gradient)
            if not any(before.parameters for before in network.layers[:index]):
                return  # the inputs are not learned
            grad = layer.grad_inputs(grad, self.saved[index])
            if isinstance(layer, Dense):
                self._keep_signal(index, "dense-grad-inputs", grad)
            elif isinstance(layer, Activation):
                self._keep_signal(index, f"{formula_of(layer)}-grad", grad)

    def _keep_signal(self, index: int, formula: str, gradient: FloatArray) -> None:
        """Keeps the gradient with respect to the inputs of layer ``index``."""
        symbol, signal = self.symbols[index], self.signals[index].copy()
        name = f"δ{symbol[1:]}" if symbol.startswith("z") else f"∂L/∂{symbol}"
        self._compare(name, formula, gradient, signal, lambda: self._loss_from(index, signal))

    def _keep_parameter(self, index: int, name: str, gradient: FloatArray) -> None:
        self.gradients[f"{self.network.names[index]}.{name}"] = gradient
        letter = {"weights": "W", "bias": "b"}[name]
        symbol = f"∂L/∂{letter}{self.symbols[index + 1][1:]}"
        parameter = self.network.layers[index].parameters[name]
        formula, inputs = f"dense-grad-{name}", self.signals[0]
        self._compare(symbol, formula, gradient, parameter, lambda: self._loss_from(0, inputs))

    def _loss_from(self, index: int, outputs: FloatArray) -> float:
        """Computes the loss for given inputs of layer ``index``."""
        for layer in self.network.layers[index:]:
            outputs, _ = layer.forward(outputs)
        return self.loss.value(outputs, self.labels)

    def _compare(
        self,
        symbol: str,
        formula: str,
        gradient: FloatArray,
        moved: FloatArray,
        loss_now: Callable[[], float],
    ) -> None:
        """Compares the largest entry of a gradient and some others with finite differences."""
        largest = int(np.abs(gradient).argmax())
        others = self.rng.permutation(gradient.size)[:COMPARED]
        chosen = np.unique(np.append(others, largest))
        numeric = np.array([_difference(loss_now, moved, int(entry)) for entry in chosen])
        errors = np.abs(gradient.ravel()[chosen] - numeric)
        sizes = np.maximum(np.abs(numeric), 0.01 * np.abs(numeric).max())
        # A difference has a rounding error of about ε L / h, to which a tiny gradient is compared.
        rounding = 10 * np.finfo(np.float64).eps * max(1.0, abs(self.loss_value)) / STEP
        relative = float((errors / np.maximum(sizes, rounding / TOLERANCE)).max())
        index = tuple(int(i) for i in np.unravel_index(largest, gradient.shape))
        measured = float(numeric[np.searchsorted(chosen, largest)])
        self.backward.append(
            Gradient(symbol, formula, gradient, index, measured, len(chosen), relative)
        )

    def target(self) -> Quantity:
        """Returns y, (1, C)."""
        smoothed = isinstance(self.loss, CrossEntropy) and self.loss.label_smoothing > 0
        formula = "label-smoothing" if smoothed else "one-hot"
        return Quantity("y", formula, self.loss.dense_targets(self.labels, self.signals[-1]))

    def count_corners(self) -> int:
        """Counts the units that a finite difference could carry across the kink of ReLU."""
        reach = 2 * STEP * max(1.0, *(float(np.abs(signal).max()) for signal in self.signals))
        return sum(
            int((np.abs(signal) < reach).sum())
            for layer, signal in zip(self.network.layers, self.signals, strict=False)
            if isinstance(layer, ReLU | LeakyReLU)
        )

    def step(self, learning_rate: float) -> Step:
        """Changes the parameters of the copy by one step against their gradients."""
        squares = sum(float((gradient**2).sum()) for gradient in self.gradients.values())
        # An enormous rate gives an infinite loss.
        with np.errstate(over="ignore", invalid="ignore"):
            SGD(learning_rate).update(self.network.parameters, self.gradients)
            after = self.loss.value(self.network.predict(self.signals[0]), self.labels)
        return Step("sgd", learning_rate, self.loss_value, -learning_rate * squares, after)


def _difference(function: Callable[[], float], array: FloatArray, entry: int) -> float:
    """Computes the central difference ∂f/∂θ for one entry of an array, by its flat index."""
    index = np.unravel_index(entry, array.shape)
    one = array[tuple(slice(int(i), int(i) + 1) for i in index)]  # a view, changed in place
    return float(numeric_gradient(function, one).item())
