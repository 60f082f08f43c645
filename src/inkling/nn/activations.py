"""The activations: a = f(z), and the product of a gradient with the derivative of f.

An element-wise activation multiplies the gradient by f'(z). Softmax mixes the elements of a row, so its
gradient is a product with a Jacobian matrix, computed here without forming the matrix. Each class holds
two formulas, ``value`` and ``gradient``. To add one, write its class here and add a line to
``registry.py`` and to the changelog; the contract tests find it there. Next: ``losses.py``.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any, ClassVar, final

import numpy as np

from inkling._checks import check_range
from inkling._types import FloatArray
from inkling.nn.layer import Layer


class Activation(Layer):
    """A layer without parameters: a = f(z), with outputs of the same shape as the inputs."""

    output_range: ClassVar[tuple[float, float]]
    """The interval of its outputs, which decides the losses that are allowed (``output.py``)."""

    suited_initializer: ClassVar[str] = "glorot_normal"
    """The initializer that keeps the variance of signals through this activation."""

    @abstractmethod
    def value(self, z: FloatArray, /) -> FloatArray:
        """Computes a = f(z), (B, O)."""

    @abstractmethod
    def gradient(self, grad: FloatArray, z: FloatArray, a: FloatArray, /) -> FloatArray:
        """Computes ∂L/∂z from ∂L/∂a, z and a = f(z), all (B, O)."""

    @final
    def forward(
        self, z: FloatArray, /, *, rng: np.random.Generator | None = None
    ) -> tuple[FloatArray, tuple[FloatArray, FloatArray]]:
        """Computes a = f(z); the backward pass needs (z, a)."""
        a = self.value(z)
        return a, (z, a)

    @final
    def grad_inputs(self, grad: FloatArray, saved: tuple[FloatArray, FloatArray], /) -> FloatArray:
        """Computes ∂L/∂z from ∂L/∂a."""
        return self.gradient(grad, *saved)


class Identity(Activation):
    """The identity a = z, an output for regression."""

    kind: ClassVar[str] = "identity"
    output_range: ClassVar[tuple[float, float]] = (-np.inf, np.inf)

    def value(self, z: FloatArray, /) -> FloatArray:
        return z  # [identity]

    def gradient(self, grad: FloatArray, z: FloatArray, a: FloatArray, /) -> FloatArray:
        return grad  # [identity-grad]


class Sigmoid(Activation):
    """The logistic sigmoid σ(z) = 1 / (1 + e^−z), with σ' = σ (1 − σ).

    Example:
        >>> Sigmoid().value(np.array([[-1e4, 0.0, 1e4]])).round(4)
        array([[0. , 0.5, 1. ]])
    """

    kind: ClassVar[str] = "sigmoid"
    output_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def value(self, z: FloatArray, /) -> FloatArray:
        # e^−z overflows below these limits. The shorter ½ (1 + tanh ½z) is 0 at z = −17 in float32.
        z = np.maximum(z, -88.0 if z.dtype == np.float32 else -709.0)
        return 1.0 / (1.0 + np.exp(-z))  # [sigmoid]

    def gradient(self, grad: FloatArray, z: FloatArray, a: FloatArray, /) -> FloatArray:
        return grad * (a * (1.0 - a))  # [sigmoid-grad]


class Tanh(Activation):
    """The hyperbolic tangent, with tanh' = 1 − tanh²."""

    kind: ClassVar[str] = "tanh"
    output_range: ClassVar[tuple[float, float]] = (-1.0, 1.0)

    def value(self, z: FloatArray, /) -> FloatArray:
        return np.tanh(z)  # [tanh]

    def gradient(self, grad: FloatArray, z: FloatArray, a: FloatArray, /) -> FloatArray:
        return grad * (1.0 - a * a)  # [tanh-grad]


class ReLU(Activation):
    """The rectified linear unit max(0, z), with derivative 1 where z > 0 and 0 elsewhere.

    By convention the derivative at z = 0 is 0, as in PyTorch.

    Example:
        >>> ReLU().value(np.array([[-2.0, 0.0, 3.0]]))
        array([[0., 0., 3.]])

    Reference:
        Glorot, Bordes and Bengio, "Deep sparse rectifier neural networks", AISTATS 2011.
    """

    kind: ClassVar[str] = "relu"
    output_range: ClassVar[tuple[float, float]] = (0.0, np.inf)
    suited_initializer: ClassVar[str] = "he_normal"

    def value(self, z: FloatArray, /) -> FloatArray:
        return np.maximum(z, 0.0)  # [relu]

    def gradient(self, grad: FloatArray, z: FloatArray, a: FloatArray, /) -> FloatArray:
        return grad * (a > 0)  # [relu-grad]


class LeakyReLU(Activation):
    """The leaky rectifier: z where z > 0, else slope · z.

    Args:
        slope: the derivative below zero, in [0, 1); 0.01 by default.

    Raises:
        SettingError: the slope is outside [0, 1).

    Example:
        >>> LeakyReLU(slope=0.1).value(np.array([[-2.0, 3.0]]))
        array([[-0.2, 3. ]])

    Reference:
        Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models",
        ICML workshop 2013.
    """

    kind: ClassVar[str] = "leaky_relu"
    output_range: ClassVar[tuple[float, float]] = (-np.inf, np.inf)
    suited_initializer: ClassVar[str] = "he_normal"

    def __init__(self, slope: float = 0.01) -> None:
        check_range("LeakyReLU", "slope", slope, low=0, high=1, open_high=True)
        self.slope: float = float(slope)

    def settings(self) -> dict[str, Any]:
        """Returns the slope below zero."""
        return {"slope": self.slope}

    def value(self, z: FloatArray, /) -> FloatArray:
        return np.maximum(z, self.slope * z)  # [leaky-relu], because slope < 1

    def gradient(self, grad: FloatArray, z: FloatArray, a: FloatArray, /) -> FloatArray:
        return np.where(z > 0, grad, self.slope * grad)  # [leaky-relu-grad]


class GELU(Activation):
    """The Gaussian error linear unit, in the tanh form of its paper, because NumPy has no erf.

        a = ½ z (1 + t),  t = tanh u,  u = √(2/π) (z + 0.044715 z³)

    It differs from z Φ(z) by less than 5e-4.

    Example:
        >>> GELU().value(np.array([[-1e4, 0.0, 1.0, 100.0]])).round(4)
        array([[ -0.    ,   0.    ,   0.8412, 100.    ]])

    Reference:
        Hendrycks and Gimpel, "Gaussian error linear units (GELUs)", arXiv 1606.08415, section 2.
    """

    kind: ClassVar[str] = "gelu"
    output_range: ClassVar[tuple[float, float]] = (-0.17005, np.inf)
    suited_initializer: ClassVar[str] = "he_normal"

    def value(self, z: FloatArray, /) -> FloatArray:
        return 0.5 * z * (1.0 + np.tanh(self._u(z)))  # [gelu]

    def gradient(self, grad: FloatArray, z: FloatArray, a: FloatArray, /) -> FloatArray:
        t = np.tanh(self._u(z))
        du = math.sqrt(2 / math.pi) * (1.0 + 3 * 0.044715 * z * z)
        return grad * (0.5 * (1.0 + t) + 0.5 * z * (1.0 - t * t) * du)  # [gelu-grad]

    @staticmethod
    def _u(z: FloatArray) -> FloatArray:
        return math.sqrt(2 / math.pi) * (z + 0.044715 * z * z * z)  # [gelu-inner]


class Softmax(Activation):
    """Softmax turns a row of scores into probabilities: positive numbers that sum to 1.

    Subtracting the largest score of the row changes nothing and keeps e^z from overflowing. The Jacobian
    is ∂a_k/∂z_j = a_k ([k = j] − a_j) [softmax-jacobian]. The sum runs over the last axis, one sample at
    a time: over the first it would normalize a class over the batch and still look like probabilities.

    Example:
        >>> Softmax().value(np.array([[0.0, np.log(3.0)], [1e4, -1e4]]))
        array([[0.25, 0.75],
               [1.  , 0.  ]])

    Reference:
        Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990.
    """

    kind: ClassVar[str] = "softmax"
    output_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def value(self, z: FloatArray, /) -> FloatArray:
        powers = np.exp(z - z.max(axis=-1, keepdims=True))  # [softmax-shift]
        return powers / powers.sum(axis=-1, keepdims=True)  # [softmax]

    def gradient(self, grad: FloatArray, z: FloatArray, a: FloatArray, /) -> FloatArray:
        return a * (grad - (grad * a).sum(axis=-1, keepdims=True))  # [softmax-grad]
