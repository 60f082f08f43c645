"""The fully connected layer: every output is a weighted sum of all inputs, plus a bias.

    z = x W + b

It is the only layer that learns. Its three gradients are the heart of back-propagation: two matrix
products and a sum. Next: ``activations.py``, without which a row of these would be one of these.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import DTypeLike

from inkling._checks import check_range, check_shape, complain
from inkling._types import FloatArray
from inkling.errors import SettingError
from inkling.nn.initializers import Initializer, LeCun, Zeros
from inkling.nn.layer import Layer, Workspace, empty


class Dense(Layer):
    """The fully connected layer z = x W + b.

    Forward, for a batch x (B, I), weights W (I, O) and bias b (O,):

        z_bo = Σ_i x_bi W_io + b_o

    Backward, given δ = ∂L/∂z (B, O), by the chain rule:

        ∂L/∂W_io = Σ_b x_bi δ_bo        x.T @ δ        (I, O)
        ∂L/∂b_o  = Σ_b δ_bo             δ.sum(axis=0)  (O,)
        ∂L/∂x_bi = Σ_o δ_bo W_io        δ @ W.T        (B, I)

    Args:
        inputs: I, how many numbers come in.
        outputs: O, how many go out.
        rng: the source of the first weights.
        initializer: how the weights start; LeCun's normal by default.
        bias_initializer: how the bias starts; zero by default.
        dtype: float32 (default) or float64.

    Raises:
        SettingError: a size is not a whole number of at least 1, or the dtype is neither of the two.

    Example:
        >>> layer = Dense(3, 2, rng=np.random.default_rng(0), dtype=np.float64)
        >>> layer.weights[...] = [[1, 0], [0, 1], [1, 1]]
        >>> outputs, saved = layer.forward(np.array([[1.0, 2.0, 3.0]]))
        >>> outputs
        array([[4., 5.]])
        >>> grad_inputs, gradients = layer.backward(np.array([[1.0, 10.0]]), saved)
        >>> grad_inputs
        array([[ 1., 10., 11.]])
        >>> gradients["weights"]
        array([[ 1., 10.], [ 2., 20.], [ 3., 30.]])

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
        initializer: Initializer | None = None,
        bias_initializer: Initializer | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        check_range("Dense", "inputs", inputs, low=1, whole=True)
        check_range("Dense", "outputs", outputs, low=1, whole=True)
        if np.dtype(dtype) not in (np.float32, np.float64):  # an int would round weights to 0
            raise SettingError(complain("Dense", "dtype float32 or float64", np.dtype(dtype)))
        initializer = LeCun() if initializer is None else initializer
        bias_initializer = Zeros() if bias_initializer is None else bias_initializer
        fan = (inputs, outputs)
        self.weights: FloatArray = initializer((inputs, outputs), fan, rng=rng).astype(dtype)
        self.bias: FloatArray = bias_initializer((outputs,), fan, rng=rng).astype(dtype)

    @classmethod
    def from_arrays(cls, weights: FloatArray, bias: FloatArray) -> Self:
        """Returns a layer whose parameters are these very arrays, so that nothing is copied.

        Args:
            weights: W (I, O), float32 or float64.
            bias: b (O,), of the same dtype.

        Raises:
            ShapeError: the two do not fit each other.

        Example:
            >>> weights = np.zeros((3, 2))
            >>> Dense.from_arrays(weights, np.zeros(2)).weights is weights
            True
        """
        check_shape("Dense", "weights", weights, ("I", "O"))
        check_shape("Dense", "a bias", bias, weights.shape[1:])
        layer = cls.__new__(cls)
        layer.weights, layer.bias = weights, bias
        return layer

    @property
    def inputs(self) -> int:
        """I, how many numbers come in."""
        return int(self.weights.shape[0])

    @property
    def outputs(self) -> int:
        """O, how many numbers go out."""
        return int(self.weights.shape[1])

    @property
    def parameters(self) -> dict[str, FloatArray]:
        """W (I, O) as "weights" and b (O,) as "bias"."""
        return {"weights": self.weights, "bias": self.bias}

    def settings(self) -> dict[str, Any]:
        """The two sizes."""
        return {"inputs": self.inputs, "outputs": self.outputs}

    def forward(
        self,
        inputs: FloatArray,
        *,
        training: bool = False,  # noqa: ARG002 (part of the contract; only dropout asks)
        rng: np.random.Generator | None = None,  # noqa: ARG002 (likewise)
        workspace: Workspace | None = None,
    ) -> tuple[FloatArray, FloatArray]:
        """Computes z = x W + b (B, O) [dense-forward]. What backward needs is x.

        Raises:
            ShapeError: the inputs are not (B, I).
        """
        if inputs.ndim != 2 or inputs.shape[1] != self.inputs:  # first the cheap question, 0.1 µs
            advice = "flatten them with reshape(len(inputs), -1)" if inputs.ndim > 2 else ""
            check_shape(self._who, "inputs", inputs, ("B", self.inputs), advice)
        shape = (len(inputs), self.outputs)
        outputs = empty(workspace, self, "outputs", shape, self.weights.dtype)
        np.matmul(inputs, self.weights, out=outputs)
        np.add(outputs, self.bias, out=outputs)
        return outputs, inputs

    def backward(
        self,
        grad_outputs: FloatArray,
        saved: FloatArray,
        *,
        wants_grad_inputs: bool = True,
        workspace: Workspace | None = None,
    ) -> tuple[FloatArray | None, dict[str, FloatArray]]:
        """Computes the three gradients.

            ∂L/∂W = x.T @ δ          (I, O)  [dense-grad-weights]
            ∂L/∂b = δ.sum(axis=0)    (O,)    [dense-grad-bias]
            ∂L/∂x = δ @ W.T          (B, I)  [dense-grad-inputs]

        Raises:
            ShapeError: the gradient is not (B, O).
        """
        inputs, dtype = saved, self.weights.dtype
        if grad_outputs.shape != (len(inputs), self.outputs):
            check_shape(self._who, "gradients", grad_outputs, (len(inputs), self.outputs))
        grad_weights = empty(workspace, self, "grad_weights", self.weights.shape, dtype)
        grad_bias = empty(workspace, self, "grad_bias", self.bias.shape, dtype)
        # matmul forms the outer product of a single sample without BLAS, in 88 µs at 784 × 100; dot
        # takes 12, but only one dtype.
        product = np.dot if inputs.dtype == grad_outputs.dtype == dtype else np.matmul
        product(inputs.T, grad_outputs, out=grad_weights)
        np.add.reduce(grad_outputs, axis=0, out=grad_bias)
        gradients = {"weights": grad_weights, "bias": grad_bias}
        if not wants_grad_inputs:
            return None, gradients
        grad_inputs = empty(workspace, self, "grad_inputs", inputs.shape, dtype)
        np.matmul(grad_outputs, self.weights.T, out=grad_inputs)
        return grad_inputs, gradients

    @property
    def _who(self) -> str:
        return f"Dense {self.name!r}" if self.name else "Dense"
