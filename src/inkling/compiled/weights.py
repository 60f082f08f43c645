"""∂L/∂W and ∂L/∂b over the whole batch, and the update, for the rows of one part.

A row of the gradient is used while it is in the cache: plain SGD adds it to W at once, other optimizers
take it from a buffer. Only if the gradient is clipped is all of it stored first.
"""

from __future__ import annotations

import math
from typing import Any

from inkling.compiled.formulas import sum_of_squares, update_row
from inkling.compiled.jit import compiled, inlined
from inkling.compiled.llvm import BLOCK, LANES, add_weighted_rows, view
from inkling.compiled.work import FIRST, GRADIENT, SECOND, WEIGHTS

ROWS_AT_A_TIME = 16
"""Neighboring inputs of one part: divides the middle of an image, where the ink is, among the parts."""


@inlined
def update(work: Any, step: Any, phase: int, part: int) -> None:
    """Computes the part's rows of every ∂L/∂W and ∂L/∂b, and applies them.

    With clipping, phase 1 stores them and computes their sum of squares, and phase 2 applies them.
    """
    scale, squares = 1.0, 0.0
    if phase == 1:  # in phase 2 other parts still read it
        work.sums[part].squares = 0
    else:  # min(1, limit / ‖g‖) [clip], ‖g‖ over all layers and parts [global-norm]
        for other in range(work.parts):
            squares += work.sums[other].squares
        if work.clip * work.clip < squares < math.inf:
            scale = work.clip / math.sqrt(squares)
    for number in range(1, len(work.layers)):
        layer, below = work.layers[number], work.layers[number - 1]
        start, rows = part * ROWS_AT_A_TIME, layer.inputs + 1  # the last one is the bias
        w = view(work.weights[WEIGHTS], layer.weights, rows, layer.step)
        height = layer.outputs if number > 1 else 0  # the first layer needs no Wᵀ
        flipped = view(work.flipped, layer.flipped, height, below.step)
        if work.lone:
            delta = view(work.values, layer.delta, step.samples, layer.step)
            found = work.sample_counts[0, layer.unit]
            columns = layer.outputs + -layer.outputs % LANES
            places, values = work.places[0, layer.unit :], work.place_values[0, layer.unit :]
            update_lone(w, flipped, places[:found], values, delta[0, :columns])
            start = layer.inputs
        for low in range(start, rows, work.parts * ROWS_AT_A_TIME):
            high = min(low + ROWS_AT_A_TIME, rows)
            update_rows(work, step, layer, w, low, high, phase, (part, scale))
            for row in range(low, min(high, layer.inputs)):
                copy_row(w, flipped, row)


@inlined
def update_rows(
    work: Any, step: Any, layer: Any, w: Any, low: int, high: int, phase: int, where: Any
) -> None:
    """Completes some rows of the gradient and applies them."""
    (part, scale), clipped = where, work.clip < math.inf
    rows, n, columns = len(w), layer.outputs, layer.outputs + -layer.outputs % LANES
    first = view(work.weights[FIRST], layer.weights, rows, layer.step)
    second = view(work.weights[SECOND], layer.weights, rows, layer.step)
    stored = view(work.weights[GRADIENT], layer.weights, rows, layer.step)
    delta = view(work.values, layer.delta, step.samples, layer.step)
    buffer, sums = work.row[part], work.sums[part]
    for row in range(low, high):
        is_bias, g = row == layer.inputs, stored[row] if clipped else buffer
        if phase == 1:
            out = (w[row] if work.direct else g)[:columns]
            if not work.direct:
                out[:] = 0
            if is_bias:
                add_rows(delta, out)  # Σ_n δ_n [dense-grad-bias]
            else:
                place = (layer.unit + row) * work.room
                for other in range(work.parts):  # Σ_n x_n δ_n [dense-grad-weights]
                    samples, inputs = work.samples[other, place:], work.sample_values[other, place:]
                    count = work.sample_counts[other, layer.unit + row]
                    for k in range(0, columns, BLOCK):
                        some, matrix = out[k : k + BLOCK], delta[0, k:]
                        add_weighted_rows(some, matrix, layer.step, samples, inputs, count)
            if clipped:
                sums.squares += sum_of_squares(g[:n])
        if work.direct or (phase == 1 and clipped):
            continue
        if step.l2 != 0 and not is_bias:
            squares = sum_of_squares(w[row, :n])
            sums.penalty += 0.5 * step.l2 * squares * step.samples  # [l2-penalty]
        rule, p = work.optimizer[0], w[row, :n]
        update_row(rule, step, not is_bias, scale, p, g[:n], first[row, :n], second[row, :n])


@compiled
def add_rows(delta: Any, out: Any) -> None:
    """Adds Σ_n δ_n."""
    for b in range(len(delta)):
        row = delta[b]
        for k in range(len(out)):
            out[k] += row[k]


@compiled
def copy_row(w: Any, flipped: Any, row: int) -> None:
    """Copies a row of W to a column of Wᵀ, which the backward pass multiplies by."""
    for k in range(len(flipped)):
        flipped[k, row] = w[row, k]


@compiled
def update_lone(w: Any, flipped: Any, places: Any, values: Any, delta: Any) -> None:
    """W ← W − η xᵀ δ [sgd] for a single sample: only the rows of its inputs that are not 0."""
    for k in range(len(places)):
        row, value = w[places[k]], values[k]
        for j in range(len(delta)):
            row[j] += value * delta[j]
        copy_row(w, flipped, places[k])
