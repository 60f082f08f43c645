"""Predictions in machine code: x W + b without the inputs that are 0.

Only Dense is replaced. Activations, calibration and rejector are those of every other prediction. Rows
are independent, so an answer does not depend on the other images of a batch, or on the threads.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Self, cast

import numpy as np

from inkling._checks import check_shape, import_extra
from inkling._types import FloatArray
from inkling.compiled.engine import run_in_threads
from inkling.compiled.jit import PREDICTION, to_machine_code
from inkling.compiled.memory import aligned
from inkling.compiled.product import multiply_nonzero, padded
from inkling.nn.activations import ReLU
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.layer import Layer
from inkling.nn.network import Network

numba: Any = import_extra("numba", "fast", "The compiled engine")

CHUNK = 128
"""Rows per call, during which a block of W stays in the cache; with 32 a layer takes 1.3 × as long."""


def skip_zeros(network: Network, *, first: bool) -> Network:
    """Returns the network with layers that skip zeros wherever inputs are often 0: after ReLU.

    ``first`` is whether they are at the first layer. The new layers have copies of the weights.
    """
    layers: list[Layer] = []
    often_zero = first
    for layer in network.layers:
        skips = often_zero and type(layer) is Dense
        layers.append(SkippingDense.from_arrays(*layer.parameters.values()) if skips else layer)
        often_zero = isinstance(layer, ReLU) or (often_zero and isinstance(layer, Dropout))
    return network if layers == [*network.layers] else Network(layers)


class SkippingDense(Dense):
    """A Dense layer whose forward pass skips inputs of 0; if few of them are 0, BLAS is faster.

    W and b, as its last row, are views of one array whose rows begin at cache lines. A weight that is
    not finite has no effect on an input of 0; NaN as an input makes its row NaN, as in NumPy.
    """

    _matrix: FloatArray  # (I + 1, at least O)
    _kernel: Any

    @classmethod
    def from_arrays(cls, weights: FloatArray, bias: FloatArray) -> Self:
        """Returns a layer with copies of W (I, O) and b (O,)."""
        inputs, outputs = weights.shape
        matrix: FloatArray = aligned((inputs + 1, padded(outputs)), weights.dtype)
        matrix[:inputs, :outputs], matrix[inputs, :outputs] = weights, bias
        layer = super().from_arrays(matrix[:inputs, :outputs], matrix[inputs, :outputs])
        layer._matrix, layer._kernel = matrix, kernel(matrix.dtype.name)
        return layer

    def __reduce__(self) -> tuple[Any, ...]:  # copied one by one, views would be separate arrays
        return type(self).from_arrays, (self.weights, self.bias)

    def forward(self, x: FloatArray, /, **_: Any) -> tuple[FloatArray, FloatArray]:
        """Computes z (B, O); raises ShapeError unless x is (B, I)."""
        check_shape("Dense", "inputs", x, ("B", len(self.weights)))
        if not x.flags.carray or x.dtype != self.bias.dtype:  # what the kernel is compiled for
            x = np.array(x, self.bias.dtype, order="C")
        outputs = len(self.bias)
        z = np.empty((len(x), padded(outputs)), x.dtype)
        starts = iter(range(0, len(x), CHUNK))  # shared: a thread takes the next chunk

        def work() -> None:
            size = (min(CHUNK, len(x)), len(self.weights))
            lists = np.empty(size, np.int32), np.empty(size, x.dtype), np.empty(size[0], np.int64)
            for start in starts:
                rows = slice(start, start + CHUNK)
                self._kernel(x[rows], self._matrix, z[rows], outputs, *lists)

        run_in_threads(work, min(numba.config.NUMBA_NUM_THREADS, -(-len(x) // CHUNK)))
        return z[:, :outputs], x


@cache
def kernel(dtype: str) -> Any:
    """Returns the product as machine code for a dtype: loaded, or compiled in a second."""
    array, real = numba.types.Array, numba.from_dtype(np.dtype(dtype))
    matrix, places, counts = array(real, 2, "C"), array(numba.int32, 2, "C"), numba.int64[::1]
    arguments = (matrix, matrix, matrix, numba.int64, places, matrix, counts)
    return to_machine_code(cast(Any, multiply_nonzero).py_func, arguments, dtype + PREDICTION)
