"""The activations: a = f(z), and how a gradient passes back through f.

An element-wise activation multiplies the gradient by its derivative; softmax mixes the elements of a
row, so that its gradient is a product with a Jacobian matrix, written here without ever building it.
Each class holds two formulas, ``value`` and ``gradient``, on one screen. To add one: write the class
here, add its line in ``registry.py``, and a line in the changelog; the contract tests find it there.
Next: ``losses.py``.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, final

import numpy as np

from inkling._checks import check_range, check_shape
from inkling._types import FloatArray
from inkling.nn.layer import Layer, Workspace, empty


class Activation(Layer):
    """A layer without parameters: a = f(z), outputs of the same shape as the inputs."""

    output_range: ClassVar[tuple[float, float]]
    """The interval its outputs lie in, which decides the losses it can meet (``output.py``)."""

    suited_initializer: ClassVar[str] = "glorot_normal"
    """The initializer that keeps the variance of signals through this activation."""

    @abstractmethod
    def value(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """Writes a = f(z) into ``out`` and returns it; z and out are (B, O) and do not overlap."""

    @abstractmethod
    def gradient(
        self, grad_a: FloatArray, z: FloatArray, a: FloatArray, out: FloatArray
    ) -> FloatArray:
        """Writes ∂L/∂z, given ∂L/∂a, z and a = f(z), into ``out`` and returns it; all (B, O)."""

    @final
    def forward(
        self,
        inputs: FloatArray,
        *,
        training: bool = False,  # noqa: ARG002 (part of the contract; only dropout asks)
        rng: np.random.Generator | None = None,  # noqa: ARG002 (likewise)
        workspace: Workspace | None = None,
    ) -> tuple[FloatArray, tuple[FloatArray, FloatArray]]:
        """Computes a = f(z). What backward needs is (z, a)."""
        outputs = empty(workspace, self, "outputs", inputs.shape, inputs.dtype)
        self.value(inputs, outputs)
        return outputs, (inputs, outputs)

    @final
    def backward(
        self,
        grad_outputs: FloatArray,
        saved: tuple[FloatArray, FloatArray],
        *,
        wants_grad_inputs: bool = True,  # noqa: ARG002 (its only product)
        workspace: Workspace | None = None,
    ) -> tuple[FloatArray, dict[str, FloatArray]]:
        """Computes ∂L/∂z from ∂L/∂a.

        Raises:
            ShapeError: the gradient is not of the outputs' shape.
        """
        z, a = saved
        if grad_outputs.shape != z.shape:  # NumPy would repeat a single row for every sample
            check_shape(type(self).__name__, "gradients", grad_outputs, z.shape)
        grad_inputs = empty(workspace, self, "grad_inputs", z.shape, z.dtype)
        return self.gradient(grad_outputs, z, a, grad_inputs), {}


class Identity(Activation):
    """The identity a = z, for regression: ∂L/∂z = ∂L/∂a.

    Example:
        >>> Identity().forward(np.array([[-2.0, 3.0]]))[0]
        array([[-2., 3.]])
    """

    kind: ClassVar[str] = "identity"
    output_range: ClassVar[tuple[float, float]] = (-np.inf, np.inf)

    def value(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """a = z [identity]."""
        np.copyto(out, z)
        return out

    def gradient(
        self,
        grad_a: FloatArray,
        z: FloatArray,  # noqa: ARG002
        a: FloatArray,  # noqa: ARG002
        out: FloatArray,
    ) -> FloatArray:
        """∂L/∂z = ∂L/∂a [identity-grad]."""
        np.copyto(out, grad_a)
        return out


class Sigmoid(Activation):
    """The logistic sigmoid σ(z) = 1 / (1 + e^−z), with σ' = σ (1 − σ).

    Example:
        >>> Sigmoid().forward(np.array([[-1e4, 0.0, 1e4]]))[0].round(4)
        array([[0. , 0.5, 1. ]])
    """

    kind: ClassVar[str] = "sigmoid"
    output_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def value(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """a = 1 / (1 + e^−z) [sigmoid]."""
        # e^−z overflows below −88 (float32) and −709 (float64). Stopping z there changes σ(z) by less
        # than the smallest normal number, and keeps full relative precision above, which the shorter
        # ½ (1 + tanh ½z) does not: it is 0 already at z = −17 in float32.
        np.maximum(z, -88.0 if z.dtype == np.float32 else -709.0, out=out)
        np.negative(out, out=out)
        np.exp(out, out=out)
        np.add(out, 1.0, out=out)
        return np.reciprocal(out, out=out)

    def gradient(
        self,
        grad_a: FloatArray,
        z: FloatArray,  # noqa: ARG002
        a: FloatArray,
        out: FloatArray,
    ) -> FloatArray:
        """∂L/∂z = ∂L/∂a · a (1 − a) [sigmoid-grad]."""
        np.subtract(1.0, a, out=out)
        np.multiply(out, a, out=out)
        return np.multiply(out, grad_a, out=out)


class Tanh(Activation):
    """The hyperbolic tangent, with tanh' = 1 − tanh².

    Example:
        >>> Tanh().forward(np.array([[-1e4, 0.0, 1e4]]))[0]
        array([[-1., 0., 1.]])
    """

    kind: ClassVar[str] = "tanh"
    output_range: ClassVar[tuple[float, float]] = (-1.0, 1.0)

    def value(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """a = tanh z [tanh]."""
        return np.tanh(z, out=out)

    def gradient(
        self,
        grad_a: FloatArray,
        z: FloatArray,  # noqa: ARG002
        a: FloatArray,
        out: FloatArray,
    ) -> FloatArray:
        """∂L/∂z = ∂L/∂a · (1 − a²) [tanh-grad]."""
        np.multiply(a, a, out=out)
        np.subtract(1.0, out, out=out)
        return np.multiply(out, grad_a, out=out)


class ReLU(Activation):
    """The rectified linear unit max(0, z), with derivative 1 where z > 0, else 0.

    At z = 0, where there is no derivative, it takes 0, as PyTorch does.

    Example:
        >>> ReLU().forward(np.array([[-2.0, 0.0, 3.0]]))[0]
        array([[0., 0., 3.]])

    Reference:
        Glorot, Bordes and Bengio, "Deep sparse rectifier neural networks", AISTATS 2011.
    """

    kind: ClassVar[str] = "relu"
    output_range: ClassVar[tuple[float, float]] = (0.0, np.inf)
    suited_initializer: ClassVar[str] = "he_normal"

    def value(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """a = max(0, z) [relu]."""
        return np.maximum(z, 0.0, out=out)

    def gradient(
        self,
        grad_a: FloatArray,
        z: FloatArray,  # noqa: ARG002
        a: FloatArray,
        out: FloatArray,
    ) -> FloatArray:
        """∂L/∂z = ∂L/∂a where a > 0, else 0 [relu-grad]."""
        return np.multiply(grad_a, a > 0, out=out)


class LeakyReLU(Activation):
    """The leaky rectifier: z where z > 0, else slope · z.

    Args:
        slope: what is left of the gradient below zero; 0.01 by default.

    Raises:
        SettingError: the slope is not in [0, 1).

    Example:
        >>> LeakyReLU(slope=0.1).forward(np.array([[-2.0, 3.0]]))[0]
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
        """The slope below zero."""
        return {"slope": self.slope}

    def value(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """a = max(z, slope · z) [leaky-relu], which is the same as long as slope < 1."""
        np.multiply(z, self.slope, out=out)
        return np.maximum(z, out, out=out)

    def gradient(
        self,
        grad_a: FloatArray,
        z: FloatArray,
        a: FloatArray,  # noqa: ARG002
        out: FloatArray,
    ) -> FloatArray:
        """∂L/∂z = ∂L/∂a where z > 0, else slope · ∂L/∂a [leaky-relu-grad]."""
        np.multiply(grad_a, self.slope, out=out)
        np.copyto(out, grad_a, where=z > 0)
        return out


class GELU(Activation):
    """The Gaussian error linear unit, in the tanh form of its paper.

        a  = ½ z (1 + t),  t = tanh u,  u = √(2/π) (z + 0.044715 z³)
        a' = ½ (1 + t) + ½ z (1 − t²) u',  u' = √(2/π) (1 + 3 · 0.044715 z²)

    The tanh form differs from z Φ(z) by less than 5e-4. It is used because NumPy has no error function.

    Example:
        >>> GELU().forward(np.array([[-1e4, 0.0, 1.0, 100.0]]))[0].round(4)
        array([[ -0.    ,   0.    ,   0.8412, 100.    ]])

    Reference:
        Hendrycks and Gimpel, "Gaussian error linear units (GELUs)", arXiv 1606.08415, section 2.
    """

    kind: ClassVar[str] = "gelu"
    output_range: ClassVar[tuple[float, float]] = (-0.17005, np.inf)
    suited_initializer: ClassVar[str] = "he_normal"

    def value(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """a = ½ z (1 + t) [gelu]."""
        np.tanh(self._u(z), out=out)
        np.add(out, 1.0, out=out)
        np.multiply(out, z, out=out)
        return np.multiply(out, 0.5, out=out)

    def gradient(
        self,
        grad_a: FloatArray,
        z: FloatArray,
        a: FloatArray,  # noqa: ARG002
        out: FloatArray,
    ) -> FloatArray:
        """∂L/∂z = ∂L/∂a · (½ (1 + t) + ½ z (1 − t²) u') [gelu-grad]."""
        t = np.tanh(self._u(z))
        slope_u = np.sqrt(2 / np.pi).astype(z.dtype) * (1 + 3 * 0.044715 * z * z)
        np.add(0.5 * (1 + t), 0.5 * z * (1 - t * t) * slope_u, out=out)
        return np.multiply(out, grad_a, out=out)

    @staticmethod
    def _u(z: FloatArray) -> FloatArray:
        """u = √(2/π) (z + 0.044715 z³) [gelu-inner]."""
        root: FloatArray = np.sqrt(2 / np.pi).astype(z.dtype)
        u: FloatArray = root * (z + 0.044715 * z * z * z)
        return u


class Softmax(Activation):
    """Softmax: scores in, probabilities out; each row is positive and sums to 1.

        a_k = e^(z_k − m) / Σ_j e^(z_j − m),  m = max_j z_j

    Taking off the row's maximum changes nothing but keeps e^z from overflowing. The Jacobian is
    ∂a_k/∂z_j = a_k ([k = j] − a_j) [softmax-jacobian], so that a gradient passes back as

        ∂L/∂z_j = a_j (∂L/∂a_j − Σ_k ∂L/∂a_k a_k)

    The sum runs over the last axis, one sample at a time: over the first it would normalise a class
    over the whole batch, and still look like probabilities.

    Example:
        >>> Softmax().forward(np.array([[0.0, np.log(3.0)], [1e4, -1e4]]))[0]
        array([[0.25, 0.75],
               [1.  , 0.  ]])

    Reference:
        Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990.
    """

    kind: ClassVar[str] = "softmax"
    output_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def value(self, z: FloatArray, out: FloatArray) -> FloatArray:
        """a_k = e^(z_k − m) / Σ_j e^(z_j − m) [softmax], m = max_j z_j [softmax-shift]."""
        np.subtract(z, z.max(axis=-1, keepdims=True), out=out)
        np.exp(out, out=out)
        np.divide(out, out.sum(axis=-1, keepdims=True), out=out)
        return out

    def gradient(
        self,
        grad_a: FloatArray,
        z: FloatArray,  # noqa: ARG002
        a: FloatArray,
        out: FloatArray,
    ) -> FloatArray:
        """∂L/∂z_j = a_j (∂L/∂a_j − Σ_k ∂L/∂a_k a_k) [softmax-grad]."""
        np.multiply(grad_a, a, out=out)
        np.subtract(grad_a, out.sum(axis=-1, keepdims=True), out=out)
        return np.multiply(out, a, out=out)
