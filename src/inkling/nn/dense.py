"""The fully connected layer, the only one that learns: z = x W + b, and its three gradients.

The gradients are the core of back-propagation: two matrix products and a sum. Next: ``activations.py``;
without a nonlinear function between them, several Dense layers compute no more than a single one.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import DTypeLike

from inkling._checks import check_dtype, check_floats, check_range, check_shape
from inkling._types import FloatArray
from inkling.nn.initializers import Initializer, LeCun, Zeros, check_drawing
from inkling.nn.layer import Layer


class Dense(Layer):
    """The fully connected layer z = x W + b, with x (B, I), W (I, O) and b (O,).

    Args:
        inputs: I, the number of inputs.
        outputs: O, the number of outputs.
        rng: the source of the initial weights.
        initializer: draws the weights; LeCun's normal by default. ``build_mlp`` chooses the one that
            suits the activation after it, such as He for ReLU.
        bias_initializer: draws the bias; zeros by default.
        dtype: float32 (default) or float64.

    Example:
        >>> layer = Dense.from_arrays(np.array([[1.0, 0], [0, 1], [1, 1]]), np.zeros(2))
        >>> z, saved = layer.forward(np.array([[1.0, 2.0, 3.0]]))
        >>> z
        array([[4., 5.]])
        >>> layer.grad_inputs(np.array([[1.0, 10.0]]), saved)
        array([[ 1., 10., 11.]])

    Reference:
        Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors",
        Nature 323 (1986), equations 1 and 4 to 7 (their sums run over one sample).
    """

    kind: ClassVar[str] = "dense"

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        rng: np.random.Generator,
        initializer: Initializer = LeCun(),  # noqa: B008 (frozen)
        bias_initializer: Initializer = Zeros(),  # noqa: B008 (frozen)
        dtype: DTypeLike = np.float32,
    ) -> None:
        check_range("Dense", "inputs", inputs, low=1, whole=True)
        check_range("Dense", "outputs", outputs, low=1, whole=True)
        check_dtype("Dense", dtype)
        check_drawing("Dense", rng, initializer, bias_initializer)
        shape = (inputs, outputs)
        self.weights: FloatArray = initializer(shape, shape, rng=rng).astype(dtype)
        self.bias: FloatArray = bias_initializer((outputs,), shape, rng=rng).astype(dtype)

    @classmethod
    def from_arrays(cls, weights: FloatArray, bias: FloatArray) -> Self:
        """Returns a layer whose parameters are these very arrays: W (I, O) and b (O,), not copied."""
        check_shape("Dense", "weights", weights, ("I", "O"))
        check_shape("Dense", "a bias", bias, weights.shape[1:])
        check_floats("Dense", "weights and a bias", weights, bias)
        layer = cls.__new__(cls)
        layer.weights, layer.bias = weights, bias
        return layer

    @property
    def parameters(self) -> dict[str, FloatArray]:
        """W (I, O) and b (O,), by name."""
        return {"weights": self.weights, "bias": self.bias}

    def settings(self) -> dict[str, Any]:
        """Returns the two sizes."""
        return {"inputs": self.weights.shape[0], "outputs": self.weights.shape[1]}

    def forward(
        self, x: FloatArray, /, *, rng: np.random.Generator | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Computes z (B, O); raises ShapeError unless x is (B, I)."""
        check_shape("Dense", "inputs", x, ("B", len(self.weights)))
        return x @ self.weights + self.bias, x  # [dense-forward]

    def grad_inputs(self, delta: FloatArray, x: FloatArray, /) -> FloatArray:
        """Computes ∂L/∂x (B, I) from δ = ∂L/∂z (B, O)."""
        return delta @ self.weights.T  # [dense-grad-inputs]

    def grad_parameters(self, delta: FloatArray, x: FloatArray, /) -> dict[str, FloatArray]:
        """Computes ∂L/∂W (I, O) and ∂L/∂b (O,) from δ = ∂L/∂z (B, O)."""
        return {
            "weights": np.dot(x.T, delta),  # [dense-grad-weights]; @ is slow for one sample
            "bias": delta.sum(axis=0),  # [dense-grad-bias]
        }
