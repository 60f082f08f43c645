"""Predictions in machine code: x W + b without the inputs that are 0.

Four fifths of the pixels of a digit are 0, and nine tenths of the activations after ReLU. A product of
matrices multiplies by them all the same; here their rows of W are not even read:

    a row of inputs  →  its values that are not 0, and their places  →  b + Σ value · (row of W)

Only Dense is replaced. Activations, calibration and rejector are those of every other prediction. Rows
are independent, so an answer does not depend on the other images of a batch, or on the threads.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import cache
from typing import Any, Self

import numpy as np

from inkling._checks import check_shape, import_extra
from inkling._types import FloatArray
from inkling.compiled.jit import PREDICTION, to_machine_code
from inkling.compiled.llvm import LANES, VECTORS, add_weighted_rows
from inkling.compiled.work import aligned
from inkling.nn.activations import ReLU
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.layer import Layer
from inkling.nn.network import Network

numba: Any = import_extra("numba", "fast", "The compiled engine")

CHUNK = 128
"""Rows per call, during which a block of W stays in the cache; with 32 a layer takes 1.3 × as long."""
BLOCK = LANES * VECTORS
"""Columns whose sums are in registers at a time; of 784 rows of W they are 400 kB in float32."""


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
        # An odd number of vectors: rows a power of two apart would compete for places in the cache.
        step = LANES * (-(-outputs // LANES) | 1)
        matrix: FloatArray = aligned((inputs + 1, step), weights.dtype)
        matrix[:inputs, :outputs], matrix[inputs, :outputs] = weights, bias
        layer = super().from_arrays(matrix[:inputs, :outputs], matrix[inputs, :outputs])
        layer._matrix, layer._kernel = matrix, kernel(matrix.dtype.name)
        return layer

    def __reduce__(self) -> tuple[Any, ...]:  # copied one by one, views would be separate arrays
        return type(self).from_arrays, (self.weights, self.bias)

    def forward(
        self,
        x: FloatArray,
        /,
        *,
        rng: np.random.Generator | None = None,  # noqa: ARG002 (every layer's argument)
    ) -> tuple[FloatArray, FloatArray]:
        """Computes z (B, O); raises ShapeError unless x is (B, I)."""
        check_shape("Dense", "inputs", x, ("B", len(self.weights)))
        if not x.flags.carray or x.dtype != self.bias.dtype:  # what the kernel is compiled for
            x = np.array(x, self.bias.dtype, order="C")
        z = np.empty((len(x), len(self.bias)), x.dtype)
        starts = iter(range(0, len(x), CHUNK))  # shared: a thread takes the next chunk

        def work() -> None:
            size = (min(CHUNK, len(x)), len(self.weights))
            places, values = np.empty(size, np.int32), np.empty(size, x.dtype)
            counts, sums = np.empty(CHUNK, np.int64), np.empty(BLOCK, x.dtype)
            for start in starts:
                rows = slice(start, start + CHUNK)
                self._kernel(x[rows], self._matrix, z[rows], places, values, counts, sums)

        threads = min(numba.config.NUMBA_NUM_THREADS, -(-len(x) // CHUNK))
        others = [threading.Thread(target=work) for _ in range(threads - 1)]
        with suppress(RuntimeError):  # no more threads: those that run take all chunks
            for other in others:
                other.start()
        work()
        for other in others:
            if other.ident is not None:
                other.join()
        return z, x


@cache
def kernel(dtype: str) -> Any:
    """Returns ``multiply_nonzero`` as machine code for a dtype: loaded, or compiled in a second."""
    array, real = numba.types.Array, numba.from_dtype(np.dtype(dtype))
    matrix, places, counts = array(real, 2, "C"), array(numba.int32, 2, "C"), numba.int64[::1]
    arguments = (matrix, matrix, matrix, places, matrix, counts, real[::1])
    return to_machine_code(multiply_nonzero, arguments, dtype + PREDICTION)


def multiply_nonzero(
    x: Any, matrix: Any, z: Any, places: Any, values: Any, counts: Any, sums: Any
) -> None:
    """z ← x W + b [dense-forward] for at most ``CHUNK`` rows; the last four are working memory."""
    inputs, outputs = x.shape[1], z.shape[1]
    for b in range(len(x)):
        found = np.int64(0)
        for i in range(inputs):  # without a branch, which takes 1.7 × as long
            places[b, found] = i
            found += x[b, i] != 0
        for k in range(found):
            values[b, k] = x[b, places[b, k]]
        counts[b] = found
    flat, step, one = matrix.reshape(matrix.size), matrix.shape[1], z.dtype.type(1)
    for start in range(0, outputs, BLOCK):
        size = min(BLOCK, outputs - start)
        total = sums[: size + -size % LANES]
        for b in range(len(x)):
            for j in range(len(total)):
                total[j] = matrix[inputs, start + j]
            add_weighted_rows(total, flat[start:], step, places[b], values[b], counts[b], one)
            for j in range(size):
                z[b, start + j] = total[j]
