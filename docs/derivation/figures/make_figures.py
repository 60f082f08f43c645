"""Draws the figures of docs/derivation.

    python docs/derivation/figures/make_figures.py

All are computed in an instant, except for the first-layer weights, for which a network is trained on
MNIST (ten seconds). The curves of generalization have a command of their own,
``make_generalization.py``, and are only drawn again here.
"""

from __future__ import annotations

import base64
import io
from typing import Any

import graphs
import make_generalization
import numpy as np
from contours import contour, grid, region
from drawing import Drawing, Panel
from PIL import Image

from inkling import build_mlp, load_dataset
from inkling.nn import BinaryCrossEntropy, CrossEntropy
from inkling.optim import Adam, AdamW, build_schedule

VALLEY = np.array([1.0, 20.0])
"""Curvatures of the loss ½ Σ c p² in two directions: a valley that is narrow in the second."""
START = (-4.0, 1.0)
SNAPSHOTS = (0, 30, 430, 4300)
"""Steps after which the first-layer weights are shown; an epoch has 430."""


def draw_minus_log() -> None:
    """The loss −log a of a sample whose class got the probability a."""
    drawing = Drawing(480, 290)
    panel = Panel(drawing, (50, 40, 400, 200), x=(0, 1), y=(0, 5))
    panel.axes([0, 0.2, 0.4, 0.6, 0.8, 1], [0, 1, 2, 3, 4, 5], below="_a_", above="−log _a_")
    shares = np.linspace(np.exp(-5), 1, 90) ** 2
    shares = np.concatenate([[np.exp(-5)], shares[shares > np.exp(-5)]])
    panel.curve(shares, -np.log(shares), "one")
    for share in (0.1, 0.5, 0.9):
        drawing.dot(*panel.at(share, -np.log(share)), "one", 4.5)
        text = f"−log {share} = {-np.log(share):.2f}"
        panel.label(share, -np.log(share), text, "note", by=(-50 if share > 0.8 else 8, -9))
    drawing.write("minus-log")


def draw_temperature() -> None:
    """The softmax of the same three scores, divided by three temperatures."""
    drawing = Drawing(560, 230)
    scores = np.array([2.0, 1.0, 0.0])
    for i, temperature in enumerate((0.5, 1.0, 4.0)):
        panel = Panel(drawing, (30 + 176 * i, 46, 150, 140), x=(0, 3), y=(0, 1))
        panel.axes([], [0, 0.5, 1], above=f"_T_ = {temperature:g}", numbers=i == 0)
        powers = np.exp(scores / temperature)
        for k, share in enumerate(powers / powers.sum()):
            left, top = panel.at(k + 0.15, share)
            drawing.rect((left, top, 35, panel.top + panel.height - top), "one")
            drawing.text(left + 17, top - 5, f"{share:.2f}", "note", "middle")
            drawing.text(left + 17, 204, f"_z_ = {scores[k]:g}", "note", "middle")
    drawing.write("temperature")


def draw_surface() -> None:
    """The loss of one neuron with one input, over its weight and bias, and a descent on it."""
    x, y = np.array([-1.5, -1.0, -0.4, 0.3, 1.0, 2.0]), np.array([0, 0, 1, 0, 1, 1])
    drawing = Drawing(520, 390)
    panel = Panel(drawing, (50, 40, 434, 298), x=(-2, 5), y=(-2.4, 2.4))
    panel.axes([-2, 0, 2, 4], [-2, 0, 2], below="_W_", above="_b_")

    def loss(weight: Any, bias: Any) -> Any:
        z = np.expand_dims(weight, -1) * x + np.expand_dims(bias, -1)
        return (np.logaddexp(0, z) - y * z).mean(axis=-1)

    heights = loss(*grid(panel))
    for level in (0.44, 0.5, 0.6, 0.8, 1.1, 1.5, 2.0, 2.6, 3.3):
        contour(panel, heights, level, "edge")
        if level in (0.5, 0.8, 1.5):
            column = np.abs(heights[50] - level).argmin()
            place = np.linspace(*panel.x, len(heights))[column]
            panel.label(place, 1.6, f"{level:g}", "tick halo", by=(0, 2), anchor="middle")
    point, path = np.array([-1.0, -1.9]), []
    for _ in range(40):
        path.append(tuple(point))
        delta = (1 / (1 + np.exp(-(point[0] * x + point[1]))) - y) / len(x)
        point = point - 1.0 * np.array([delta @ x, delta.sum()])
    _path(panel, path, "one")
    drawing.write("loss-surface")


def _path(panel: Panel, path: list[Any], kind: str) -> None:
    """Draws a line with a dot at each point; the first is larger."""
    panel.drawing.line([panel.at(*point) for point in path], f"line thin {kind}")
    for i, point in enumerate(path):
        panel.drawing.dot(*panel.at(*point), kind, 2.2 if i else 5)


def _valley(drawing: Drawing, box: tuple[float, float, float, float], above: str) -> Panel:
    """Returns a panel with the contours of the valley."""
    panel = Panel(drawing, box, x=(-4.6, 2.0), y=(-1.6, 1.6))
    across, along = grid(panel)
    heights = 0.5 * (VALLEY[0] * across**2 + VALLEY[1] * along**2)
    for level in (0.25, 1, 2.5, 5, 9, 15, 22):
        contour(panel, heights, level, "edge")
    panel.axes([], [], above=above)
    return panel


def descent(rate: float, *, momentum: float = 0.0, steps: int) -> list[Any]:
    """Returns the points of a descent in the valley."""
    point, velocity, path = np.array(START), np.zeros(2), []
    for _ in range(steps + 1):
        path.append(point)
        velocity = momentum * velocity + VALLEY * point
        point = point - rate * velocity
    return path


def draw_learning_rate() -> None:
    """Twenty steps in the valley with three learning rates; above 2/20 the steps grow."""
    drawing = Drawing(720, 162)
    for i, (rate, kind) in enumerate(((0.005, "two"), (0.08, "one"), (0.102, "two"))):
        panel = _valley(drawing, (15 + 235 * i, 40, 220, 107), f"_η_ = {rate:g}")
        path = [point for point in descent(rate, steps=20) if abs(point[1]) < 1.6]
        _path(panel, path, kind)
    drawing.write("learning-rate")


def draw_momentum() -> None:
    """Thirty steps in the valley without momentum and with it."""
    drawing = Drawing(620, 194)
    for i, (momentum, kind) in enumerate(((0.0, "two"), (0.8, "one"))):
        panel = _valley(drawing, (15 + 300 * i, 40, 285, 138), f"_μ_ = {momentum:g}")
        _path(panel, descent(0.03, momentum=momentum, steps=30), kind)
    drawing.write("momentum")


def draw_schedules() -> None:
    """The factor of each schedule over a run of 100 steps."""
    drawing = Drawing(720, 190)
    settings: dict[str, dict[str, Any]] = {
        "constant": {},
        "step": {"drop": 0.4},
        "cosine": {},
        "one_cycle": {},
        "warm_up": {"rise": 0.15},
    }
    for i, (name, more) in enumerate(settings.items()):
        panel = Panel(drawing, (36 + 138 * i, 46, 106, 96), x=(0, 100), y=(0, 1))
        panel.axes([0, 100], [0, 1], below="_t_", numbers=i == 0)
        drawing.text(panel.left, 33, name, "shape")
        schedule = build_schedule(name, learning_rate=1.0, total_steps=100, **more)
        panel.curve(range(100), [schedule.factor(step) for step in range(100)], "one")
    drawing.write("schedules")


def draw_xor() -> None:
    """The answers of one neuron, trained on three of the four points, and of four hidden units."""
    points = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    targets = np.array([[0.0], [1], [1], [0]])
    drawing = Drawing(520, 290)
    cases = (((2, 1), 3, "one neuron"), ((2, 4, 1), 4, "4 hidden units"))
    for i, (sizes, count, title) in enumerate(cases):
        settings: Any = {"activation": "tanh", "output": "sigmoid", "dtype": np.float64}
        network = build_mlp(sizes, rng=np.random.default_rng(1), **settings)
        adam, loss = Adam(learning_rate=0.05), BinaryCrossEntropy()
        for _ in range(300):
            result = network.loss_and_gradients(points[:count], targets[:count], loss)
            adam.update(network.parameters, result.gradients)
        panel = Panel(drawing, (30 + 255 * i, 40, 210, 210), x=(-0.4, 1.4), y=(-0.4, 1.4))
        cells = np.stack(grid(panel, 70), axis=-1).reshape(-1, 2)
        region(panel, network.predict(cells).reshape(70, 70) > 0.5, "region")
        panel.axes([0, 1], [0, 1], above=title)
        for point, target in zip(points, targets, strict=True):
            x, y = panel.at(*point)
            drawing.dot(x, y, "one" if target else "two", 10)
            drawing.text(x, y + 5, f"{target[0]:g}", "inside", "middle")
    drawing.write("xor")


def draw_worksheet() -> None:
    """Four pictures of 3 × 3 pixels and the weights of a neuron, for docs/worksheet.md."""
    pictures = {"A": "010010010", "B": "000111000", "C": "100100100", "D": "111111111"}
    drawing = Drawing(700, 140)
    for i, (name, pixels) in enumerate({**pictures, "weights": ""}.items()):
        left, top = 20 + 122 * i + 12 * (not pixels), 36
        drawing.text(left + 45, 24, name, "", "middle")
        for k in range(9):
            x, y = left + 30 * (k % 3), top + 30 * (k // 3)
            ink = pixels and pixels[k] == "1"
            drawing.rect((x + 1, y + 1, 28, 28), "ink" if ink else "cell")
            text = pixels[k] if pixels else ("+1" if k % 3 == 1 else "−1")
            drawing.text(x + 15, y + 20, text, "note inside" if ink else "note", "middle")
    drawing.text(640, 76, "bias", "note")
    drawing.text(640, 96, "−1")
    drawing.write("worksheet")


def draw_weights() -> None:
    """The weights of eight hidden units before, during and after training on MNIST."""
    train, rng = load_dataset("mnist").train, np.random.default_rng(0)
    network = build_mlp((784, 64, 10), rng=rng)
    optimizer, pictures = AdamW(learning_rate=0.002, weight_decay=0.02), []
    for step in range(SNAPSHOTS[-1] + 1):
        if step in SNAPSHOTS:
            pictures.append(network.parameters["dense1.weights"][:, :8].T.copy())
        if step % SNAPSHOTS[2] == 0:
            order = rng.permutation(len(train))
        rows = order[128 * (step % SNAPSHOTS[2]) :][:128]
        x = train.images[rows].reshape(-1, 784) / 255
        result = network.loss_and_gradients(x, train.labels[rows], CrossEntropy())
        optimizer.update(network.parameters, result.gradients)
    drawing = Drawing(720, 380)
    for row, (step, weights) in enumerate(zip(SNAPSHOTS, pictures, strict=True)):
        top = 14 + 90 * row
        drawing.text(16, top + 34, "steps", "note")
        drawing.text(16, top + 54, f"{step:,}")
        for unit, values in enumerate(weights):
            box = (90 + 78 * unit, top, 74, 74)
            drawing.rect(box, "cell")
            drawing.picture(box, colored(values.reshape(28, 28)))
    drawing.write("weights")


def colored(values: Any) -> str:
    """Returns a picture of values as a data URL: blue above 0, orange below, clear at 0."""
    levels = np.rint(15 * values / np.abs(values).max()).astype(int) + 15
    blue, orange = (60, 120, 255), (224, 119, 26)
    palette = b"".join(bytes(orange if i < 15 else blue) for i in range(31))
    file = io.BytesIO()
    picture = Image.fromarray(levels.astype(np.uint8), "P")
    picture.putpalette(palette)
    opacity = bytes(min(255, abs(i - 15) * 17) for i in range(31))
    picture.save(file, "png", transparency=opacity, optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def draw() -> None:
    """Draws all figures that need no training on MNIST."""
    draw_minus_log()
    draw_temperature()
    draw_surface()
    draw_learning_rate()
    draw_momentum()
    draw_schedules()
    draw_xor()
    draw_worksheet()
    graphs.draw()
    make_generalization.draw()


if __name__ == "__main__":
    draw()
    draw_weights()
