"""The computation graphs of docs/derivation/by-hand.md.

A box holds a value of the forward pass. On an edge is the local gradient, and below a box, in orange,
the gradient of the loss with respect to its value.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from drawing import Drawing

from inkling.nn import SquaredError, build_mlp

X, Y = np.array([[1.0, 0.5]]), np.array([[1.0, 0.0]])
PARAMETERS = {
    "dense1.weights": [[0.4, -0.6], [0.8, 0.2]],
    "dense1.bias": [-0.3, 0.5],
    "dense2.weights": [[1.0, -0.5], [-1.0, 0.6]],
    "dense2.bias": [0.2, 0.1],
}
WIDTH, HEIGHT = 66, 34
"""Of a box."""

Place = tuple[float, float]


def sigmoid(z: float) -> float:
    """The sigmoid."""
    return float(1 / (1 + np.exp(-z)))


def node(drawing: Drawing, at: Place, name: str, value: float, gradient: float | None) -> None:
    """Draws a box around a place, with the name above it."""
    x, y = at
    drawing.rect((x - WIDTH / 2, y - HEIGHT / 2, WIDTH, HEIGHT), "box", rounded=5)
    drawing.text(x, y - HEIGHT / 2 - 8, name, "", "middle")
    drawing.text(x, y + 5, number(value), "", "middle")
    if gradient is not None:
        drawing.text(x, y + HEIGHT / 2 + 18, number(gradient), "two", "middle")


def edge(drawing: Drawing, start: Place, end: Place, local: float, along: float = 0.5) -> None:
    """Draws an edge from box to box with its local gradient."""
    (x0, y0), (x1, y1) = (start[0] + WIDTH / 2, start[1]), (end[0] - WIDTH / 2 - 2, end[1])
    length = np.hypot(x1 - x0, y1 - y0)
    dx, dy = (x1 - x0) / length, (y1 - y0) / length
    back = x1 - 7 * dx, y1 - 7 * dy
    wings = [(back[0] + side * 4 * dy, back[1] - side * 4 * dx) for side in (1, -1)]
    drawing.line([(x0, y0), (x1, y1)], "arrow")
    drawing.line([wings[0], (x1, y1), wings[1]], "arrow")
    x, y = x0 + along * (x1 - x0), y0 + along * (y1 - y0)
    drawing.text(x, y + 4, number(local), "note one halo", "middle")


def number(value: float) -> str:
    """Returns a number with at most four decimals and a proper minus sign."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return text.replace("-", "−")


def draw_path() -> None:
    """One neuron: a single path from the weight to the loss."""
    x, weight, bias, y = 2.0, 0.3, 0.4, 1.0
    z = x * weight + bias
    a = sigmoid(z)
    gradients = [a - y, a * (1 - a) * (a - y), x * a * (1 - a) * (a - y)]
    drawing = Drawing(516, 110)
    places: list[Place] = [(44 + 142 * i, 55) for i in range(4)]
    for i, local in enumerate((x, a * (1 - a), a - y)):
        edge(drawing, places[i], places[i + 1], local)
    values = {"_W_": weight, "_z_": z, "_a_": a, "_ℓ_": (a - y) ** 2 / 2}
    for place, (name, value), gradient in zip(
        places, values.items(), [*reversed(gradients), None], strict=True
    ):
        node(drawing, place, name, value, gradient)
    drawing.write("path")


def draw_fork() -> None:
    """A layer of two neurons: two paths from the input to the loss."""
    x, weights, biases, targets = 2.0, (0.3, -0.5), (0.4, 1.0), (1.0, 0.0)
    drawing = Drawing(540, 230)
    start, end, total, slope = (44.0, 115.0), (496.0, 115.0), 0.0, 0.0
    for i, (weight, bias, y) in enumerate(zip(weights, biases, targets, strict=True)):
        z = x * weight + bias
        a = sigmoid(z)
        delta = a * (1 - a) * (a - y)
        total, slope = total + (a - y) ** 2 / 2, slope + weight * delta
        first, second = (188.0, 55.0 + 120 * i), (330.0, 55.0 + 120 * i)
        edge(drawing, start, first, weight)
        edge(drawing, first, second, a * (1 - a))
        edge(drawing, second, end, a - y)
        node(drawing, first, f"_z_~{i + 1}", z, delta)
        node(drawing, second, f"_a_~{i + 1}", a, a - y)
    node(drawing, start, "_x_", x, slope)
    node(drawing, end, "_ℓ_", total, None)
    drawing.write("fork")


def two_layers() -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns values and gradients of a network 2-2-2 by name, computed by the library."""
    settings: Any = {"activation": "sigmoid", "output": "identity", "dtype": np.float64}
    network = build_mlp((2, 2, 2), rng=np.random.default_rng(0), **settings)
    for name, values in PARAMETERS.items():
        network.parameters[name][...] = values
    result = network.loss_and_gradients(X, Y, SquaredError())
    z1 = network.layers[0].forward(X)[0]
    a1 = network.layers[1].forward(z1)[0]
    values = {"x": X[0], "z1": z1[0], "a1": a1[0], "a2": result.outputs[0], "loss": result.loss}
    return values, result.gradients


def draw_two_layers() -> None:
    """Two layers with two units each."""
    values, gradients = two_layers()
    weights1, weights2 = (np.array(PARAMETERS[f"dense{n}.weights"]) for n in (1, 2))
    delta1, delta2 = gradients["dense1.bias"], gradients["dense2.bias"]  # of one sample
    backward = {"x": weights1 @ delta1, "z1": delta1, "a1": weights2 @ delta2, "a2": delta2}
    slopes = values["a1"] * (1 - values["a1"])
    drawing = Drawing(664, 260)
    columns = {"x": 44.0, "z1": 186.0, "a1": 300.0, "a2": 446.0}
    rows = (62.0, 192.0)
    end = (618.0, 127.0)
    for i in range(2):
        for o in range(2):
            for left, right, weights in (("x", "z1", weights1), ("a1", "a2", weights2)):
                start, stop = (columns[left], rows[i]), (columns[right], rows[o])
                edge(drawing, start, stop, weights[i, o], 0.5 if i == o else 0.32)
        edge(drawing, (columns["z1"], rows[i]), (columns["a1"], rows[i]), slopes[i])
        edge(drawing, (columns["a2"], rows[i]), end, delta2[i], 0.55)
    for name, x in columns.items():
        for i in range(2):
            power = f"^({name[1]})" if len(name) > 1 else ""
            label = f"_{name[0]}_~{i + 1}{power}"
            node(drawing, (x, rows[i]), label, values[name][i], backward[name][i])
    node(drawing, end, "_ℓ_", values["loss"], None)
    drawing.write("two-layers")


def draw() -> None:
    """Draws all graphs."""
    draw_path()
    draw_fork()
    draw_two_layers()
