"""The forward and backward pass through the layers, for the samples of one part of a batch.

    pixels → z, a of every layer → loss and δ → δ of every layer below

Samples are independent here, so each part can be done by one thread. Where they are combined,
in the sum over the batch, is ``weights.py``.
"""

from __future__ import annotations

from typing import Any

from inkling.compiled.formulas import activate, index_of_largest, loss_and_delta, pass_back
from inkling.compiled.jit import compiled, inlined
from inkling.compiled.llvm import view
from inkling.compiled.product import add_to_lists, multiply_nonzero
from inkling.compiled.work import WEIGHTS


@inlined
def values_of(work: Any, layer: Any, step: Any) -> tuple[Any, Any, Any]:
    """z, a and δ of a layer, for a whole batch (B, S)."""
    return (
        view(work.values, layer.z, step.samples, layer.step),
        view(work.values, layer.a, step.samples, layer.step),
        view(work.values, layer.delta, step.samples, layer.step),
    )


@inlined
def forward(work: Any, step: Any, low: int, high: int, part: int) -> None:
    """Computes z and a of every layer, for the samples from ``low`` to ``high`` of a batch."""
    below = work.layers[0]
    x = view(work.values, below.a, step.samples, below.step)
    rows = work.rows[step.start + low : step.start + high]
    if len(work.pixels) > 0:
        scale(work.pixels, rows, work.factor, work.offset, x[low:high])
    else:
        scale(work.floats, rows, work.factor, work.offset, x[low:high])
    for number in range(1, len(work.layers)):
        layer, found = work.layers[number], work.place_counts[part]
        inputs, n, start = layer.inputs, layer.outputs, layer.unit * work.room
        w = view(work.weights[WEIGHTS], layer.weights, inputs + 1, layer.step)
        z, a, _ = values_of(work, layer, step)
        places = view(work.places[part], start, work.room, inputs)
        values = view(work.place_values[part], start, work.room, inputs)
        # x W + b [dense-forward]
        multiply_nonzero(x[low:high], w, z[low:high], n, places, values, found)
        samples = view(work.samples[part], start, inputs, work.room)
        sample_values = view(work.sample_values[part], start, inputs, work.room)
        counts = view(work.sample_counts[part], layer.unit, 1, inputs)[0]
        counts[:] = 0
        for b in range(low, high):
            k = b - low
            if work.lone:  # the lists of samples are not needed
                counts[0] = found[k]
            else:
                add_to_lists(b, found[k], places[k], values[k], (samples, sample_values, counts))
            activate(layer, z[b, :n], a[b, :n])
        x = a


@compiled
def scale(pixels: Any, rows: Any, factor: float, offset: float, x: Any) -> None:
    """Writes the inputs of the first layer: some rows of the pixels, scaled."""
    real = x.dtype.type
    for b, row in enumerate(rows):
        for i in range(pixels.shape[1]):
            x[b, i] = real(pixels[row, i]) * real(factor) + real(offset)


@inlined
def losses(work: Any, step: Any, low: int, high: int, part: int) -> None:
    """Computes δ of the output layer, and the part's loss and number of correct answers."""
    layer, sums = work.layers[-1], work.sums[part]
    z, a, delta = values_of(work, layer, step)
    sums.loss, sums.correct = 0, 0
    for b in range(low, high):
        sample, n = step.start + b, layer.outputs
        share, y = work.shares[sample], work.targets[sample]
        sums.loss += share * loss_and_delta(work.pair, layer, z[b, :n], a[b, :n], y, delta[b, :n])
        factor = -share * step.rate if work.direct else share  # η once for all layers
        for k in range(n):
            delta[b, k] *= factor  # [mean-loss] [mean-delta]
        if work.labeled:  # the largest target is the label, also if it is smoothed
            sums.correct += index_of_largest(a[b, :n]) == index_of_largest(y)


@inlined
def backward(work: Any, step: Any, low: int, high: int, part: int) -> None:
    """Computes δ of the layer below: (δ Wᵀ) ⊙ f'(z) [dense-grad-inputs] [hidden-delta]."""
    for number in range(len(work.layers) - 1, 1, -1):
        layer, below = work.layers[number], work.layers[number - 1]
        flipped = view(work.flipped, layer.flipped, layer.outputs + 1, below.step)
        delta = view(work.values, layer.delta, step.samples, layer.step)
        z, a, out = values_of(work, below, step)
        n, found, start = below.outputs, work.place_counts[part], work.layers[0].unit * work.room
        places = view(work.places[part], start, work.room, layer.outputs)
        values = view(work.place_values[part], start, work.room, layer.outputs)
        multiply_nonzero(delta[low:high], flipped, out[low:high], n, places, values, found)
        for b in range(low, high):
            pass_back(below, z[b, :n], a[b, :n], out[b, :n])
