"""The compiled engine takes the steps of the NumPy engine, for any network, dtype and threads."""

from __future__ import annotations

import math
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling._types import AnyArray
from inkling.compiled.supported import reason_against
from inkling.data.scaling import PixelScaling
from inkling.errors import SettingError, ShapeError
from inkling.nn.activations import Identity, LeakyReLU, ReLU, Softmax
from inkling.nn.dense import Dense
from inkling.nn.losses import BinaryCrossEntropy, CrossEntropy, Loss, SquaredError
from inkling.nn.mlp import build_mlp
from inkling.nn.network import Network
from inkling.optim.adaptive import Adam, AdamW, RMSprop, ScikitAdam
from inkling.optim.descent import SGD, Momentum, Nesterov, ScikitMomentum, ScikitNesterov
from inkling.optim.optimizer import Optimizer
from inkling.training.engine import choice, numpy_engine
from inkling.training.engine.compiled_engine import CompiledEngine
from inkling.training.engine.context import EpochSums, TrainingContext
from inkling.training.presets import PRESETS
from inkling.training.settings import TrainingSettings

pytest.importorskip("numba")

N = 23
LOSSES: dict[str, Loss] = {
    "cross_entropy": CrossEntropy(),
    "smoothed": CrossEntropy(0.1),
    "binary": BinaryCrossEntropy(),
    "squared": SquaredError(),
}
OPTIMIZERS: dict[str, Callable[[], Optimizer]] = {
    "sgd": lambda: SGD(0.01),
    "sgd decayed": lambda: SGD(0.01, weight_decay=0.1),
    "momentum": lambda: Momentum(0.01, weight_decay=0.02),
    "scikit-learn momentum": lambda: ScikitMomentum(0.01),
    "nesterov": lambda: Nesterov(0.01),
    "scikit-learn nesterov": lambda: ScikitNesterov(0.01, weight_decay=0.02),
    "adam": lambda: Adam(0.01, weight_decay=0.02),
    "scikit-learn adam": lambda: ScikitAdam(0.01),
    "adamw": lambda: AdamW(0.01, weight_decay=0.3),
}
FLOAT32_BOUND = 2e-5
"""How far weights of order 1 may part in an epoch of float32: a hundred roundings of 1e-7, and as much
again where an optimizer divides by a root of something small."""


def make_task(
    dtype: str = "float64",
    *,
    sizes: tuple[int, ...] = (17, 11, 3),
    activation: str = "relu",
    output: str = "softmax",
    loss: str = "cross_entropy",
    optimizer: str = "sgd",
    inputs: str = "sparse",
    **parts: Any,
) -> TrainingContext:
    """A task that is the same at every call; ``inputs`` is the kind of pixels."""
    rng = np.random.default_rng(42)
    pixels: AnyArray = rng.integers(1, 256, (N, sizes[0])).astype(np.uint8)
    pixels[rng.random(pixels.shape) < (0.05 if inputs == "dense" else 0.75)] = 0
    scaling = PixelScaling(2 / 255, -1.0) if inputs == "offset" else PixelScaling()
    if inputs in ("floats", "floats offset"):
        pixels, scaling = (
            pixels / 255,
            PixelScaling(2.0, -1.0) if " " in inputs else PixelScaling(1.0),
        )
    given: dict[str, Any] = {
        "network": build_mlp(sizes, rng=rng, activation=activation, output=output, dtype=dtype),
        "loss": LOSSES[loss],
        "optimizer": OPTIMIZERS[optimizer](),
        "pixels": pixels,
        "targets": rng.integers(0, sizes[-1], N),
        "scaling": scaling,
        **parts,
    }
    return TrainingContext(**given)


def reason_for(task: TrainingContext) -> str:
    """What the compiled engine does not support of a task."""
    return reason_against(task.network, task.loss, task.optimizer)


def arrays_of(task: TrainingContext) -> dict[str, AnyArray]:
    """Everything a run changes."""
    return {**task.network.parameters, **task.optimizer.state}


def assert_equal_training(
    tasks: list[TrainingContext], batch_size: int, *, threads: int = 1, bound: float = 1e-10
) -> EpochSums:
    """Trains an epoch of each, NumPy and compiled, and compares all that is left."""
    one, other = tasks
    order = np.random.default_rng(1).permutation(N)[:21]
    rates = [0.01 * (1 + step % 3) for step in range(math.ceil(21 / batch_size))]
    expected = numpy_engine.train_batches(one, order, batch_size, rates)
    got = CompiledEngine(threads)(other, order, batch_size, rates)
    assert (got.n_correct, got.samples, got.steps) == (
        expected.n_correct,
        expected.samples,
        expected.steps,
    )
    assert got.weight == pytest.approx(expected.weight, rel=1e-12)
    for sum_ in ("loss", "loss_by_samples", "penalty"):
        assert getattr(got, sum_) == pytest.approx(getattr(expected, sum_), rel=100 * bound), sum_
    assert other.optimizer.steps == one.optimizer.steps
    arrays = arrays_of(other)
    for name, array in arrays_of(one).items():
        np.testing.assert_allclose(arrays[name], array, rtol=bound, atol=bound, err_msg=name)
    return got


PAIRS = [
    ("relu", "softmax", "cross_entropy"),
    ("leaky_relu", "softmax", "smoothed"),
    ("sigmoid", "sigmoid", "binary"),
    ("gelu", "softmax", "cross_entropy"),
    ("tanh", "sigmoid", "binary"),
    ("softmax", "softmax", "squared"),
    ("identity", "sigmoid", "squared"),
    ("relu", "identity", "squared"),
    ("relu", "tanh", "squared"),
    ("relu", "relu", "squared"),
    ("relu", "leaky_relu", "squared"),
    ("relu", "gelu", "squared"),
]
"""Every activation hidden, every supported pair of output and loss."""


@pytest.mark.parametrize(("dtype", "bound"), [("float64", 1e-10), ("float32", FLOAT32_BOUND)])
@pytest.mark.parametrize(("activation", "output", "loss"), PAIRS)
def test_equal_to_numpy_for_every_activation_output_and_loss(
    activation: str, output: str, loss: str, dtype: str, bound: float
) -> None:
    """Softmax regression to four layers, sizes that fit no vector, batches that leave a rest."""
    for sizes in ((17, 3), (17, 11, 3), (37, 19, 7, 5), (131, 129, 33, 3)):
        for batch_size in (1, 5, 40):
            tasks = [
                make_task(dtype, sizes=sizes, activation=activation, output=output, loss=loss)
                for _ in range(2)
            ]
            assert_equal_training(tasks, batch_size, bound=bound)


WEIGHTS = np.random.default_rng(2).uniform(0, 3, N)
WEIGHTS[[4, *np.random.default_rng(1).permutation(N)[5:10]]] = 0  # a sample, and the second batch


@pytest.mark.parametrize(("dtype", "bound"), [("float64", 1e-10), ("float32", FLOAT32_BOUND)])
@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"clip_norm": 0.3},
        {"l2": 0.7},
        {"l2": 0.7, "clip_norm": 0.3, "sample_weights": WEIGHTS},
    ],
    ids=["plain", "clipped", "l2", "weighted"],
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_equal_to_numpy_for_every_optimizer(
    optimizer: str, parts: dict[str, Any], dtype: str, bound: float
) -> None:
    """Weights and the optimizer's state, also with more threads than samples in a batch."""
    if "sample_weights" in parts:
        bound *= 5  # small weights make small gradients, by whose root some optimizers divide
    for inputs in ("sparse", "offset"):
        for batch_size, threads in ((1, 3), (2, 3), (5, 3), (7, 2)):
            given = {"optimizer": optimizer, "inputs": inputs, **parts}
            tasks = [make_task(dtype, **given) for _ in range(2)]
            sums = assert_equal_training(tasks, batch_size, threads=threads, bound=bound)
            assert bool(sums.penalty) == ("l2" in parts)
            if batch_size == 5 and "sample_weights" in parts:
                assert (sums.samples, sums.steps) == (21, 4)  # a batch without weight is skipped


@pytest.mark.parametrize("optimizer", ["scikit-learn adam", "adamw"])
def test_mean_gradients_too_small_for_float32_become_zero(optimizer: str) -> None:
    """As with NumPy: of an input that is always 0 the mean gradient only shrinks, here from 10⁻³⁹."""
    tasks = [make_task("float32", optimizer=optimizer) for _ in range(2)]
    for task in tasks:
        task.pixels[:, 0] = 0
        task.optimizer.prepare(task.network.parameters)
        task.optimizer.state["mean/dense1.weights"][0] = 1e-39
    assert_equal_training(tasks, 5, bound=FLOAT32_BOUND)
    for task in tasks:
        np.testing.assert_array_equal(task.optimizer.state["mean/dense1.weights"][0], 0)


@pytest.mark.parametrize("inputs", ["sparse", "dense", "offset", "floats", "floats offset"])
@pytest.mark.parametrize("columns", [16, 17, 40])
def test_equal_for_every_kind_of_inputs(inputs: str, columns: int) -> None:
    """Bytes with many zeros and few, scaled past zero, floats; rows that are eights of bytes or not."""
    for batch_size in (1, 5):
        tasks = [make_task(sizes=(columns, 11, 3), inputs=inputs) for _ in range(2)]
        assert_equal_training(tasks, batch_size)


WIDTHS = (1, 3, 4, 7, 8, 9, 15, 17, 33, 64, 65, 71, 72, 73, 129, 136, 137, 145, 163)


@pytest.mark.parametrize("units", WIDTHS)
@pytest.mark.parametrize("inputs", ["sparse", "offset"])
def test_one_sample_a_step_for_every_width(inputs: str, units: int) -> None:
    """Rows of less than a vector, of whole ones, of one number more, of several tiles of vectors."""
    for dtype, bound in (("float64", 1e-10), ("float32", 1e-4)):
        tasks = [make_task(dtype, sizes=(17, units, 3), inputs=inputs) for _ in range(2)]
        assert_equal_training(tasks, 1, bound=bound)


@pytest.mark.parametrize("sizes", [(7, 129, 1), (1, 129, 3), (131, 1, 3)])
def test_a_single_unit_in_a_layer(sizes: tuple[int, ...]) -> None:
    """One output, one input, one hidden unit, in products that are large enough for BLAS."""
    targets = np.random.default_rng(3).integers(0, 2, (N, sizes[-1])).astype(float)
    for inputs in ("dense", "floats"):
        parts: dict[str, Any] = {"output": "sigmoid", "loss": "binary", "inputs": inputs}
        tasks = [make_task(sizes=sizes, targets=targets, **parts) for _ in range(2)]
        assert_equal_training(tasks, 21)


@pytest.mark.parametrize("kind", ["bytes", "floats", "dense floats"])
def test_pixels_in_any_layout(kind: str) -> None:
    """Every other row or column, backwards, other dtypes, unaligned, read-only: as NumPy reads them."""
    rng = np.random.default_rng(3)
    stored: AnyArray = rng.integers(0, 256, (2 * N, 34)).astype(np.uint8)
    if kind != "bytes":
        stored = rng.normal(size=(2 * N, 34))
    stored[rng.random(stored.shape) < (0.05 if "dense" in kind else 0.7)] = 0
    layouts = [
        stored[::2, :17],
        stored[:N, ::2],
        stored[:N, 1:18],
        stored[::-2, :17],
        np.asfortranarray(stored[:N, :17]),
        stored[:N, :17].astype(np.int16 if kind == "bytes" else np.float32),
    ]
    scalings = [PixelScaling()]
    if kind != "bytes":
        unaligned = np.frombuffer(b"." + stored[:N, :17].tobytes(), np.float64, offset=1)
        layouts.append(unaligned.reshape(N, 17))
        scalings = [PixelScaling(1.0), PixelScaling(0.3)]
    for pixels in layouts:
        pixels.setflags(write=False)
        for scaling in scalings:
            tasks = [make_task(pixels=pixels, scaling=scaling) for _ in range(2)]
            assert_equal_training(tasks, 5, threads=2)


def test_targets_of_several_numbers() -> None:
    """Regression, several labels at once, and probabilities; nothing is counted as right."""
    rng = np.random.default_rng(3)
    for output, loss, targets in (
        ("identity", "squared", rng.normal(size=(N, 3))),
        ("sigmoid", "binary", rng.integers(0, 2, (N, 3)).astype(float)),
        ("softmax", "smoothed", rng.dirichlet(np.ones(3), N)),
    ):
        tasks = [make_task(output=output, loss=loss, targets=targets) for _ in range(2)]
        assert assert_equal_training(tasks, 5).n_correct == 0


def test_clips_gradients_whose_squares_would_overflow() -> None:
    """In float32 from 10¹⁹ on, which is when clipping matters most."""
    scaling, limit = PixelScaling(1e20), math.inf
    parts: dict[str, Any] = {"scaling": scaling, "divergence_threshold": limit, "clip_norm": 0.1}
    tasks = [make_task("float32", **parts) for _ in range(2)]
    arrays = arrays_of(tasks[1])
    before = {name: array.copy() for name, array in arrays.items()}
    numpy_engine.train_batches(tasks[0], np.arange(N), N, [1.0])
    CompiledEngine()(tasks[1], np.arange(N), N, [1.0])
    for name, array in arrays_of(tasks[0]).items():
        np.testing.assert_allclose(arrays[name], array, rtol=1e-5, atol=1e-6)
    moved = sum(((arrays[name] - old) ** 2).sum() for name, old in before.items())
    assert math.sqrt(moved) == pytest.approx(0.1, rel=1e-5)


def test_a_slope_of_its_own() -> None:
    """Each leaky rectifier keeps its slope."""
    tasks = []
    for _ in range(2):
        rng = np.random.default_rng(5)
        sizes = ((17, 11), (11, 7), (7, 3))
        dense = [Dense(*size, rng=rng, dtype=np.float64) for size in sizes]
        layers = [dense[0], LeakyReLU(0.3), dense[1], LeakyReLU(0.05), dense[2], Softmax()]
        tasks.append(make_task(network=Network(layers)))
    assert_equal_training(tasks, 5)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("where", [0, 12, 20])
def test_stops_where_numpy_stops(where: int, threads: int) -> None:
    """A NaN in row k stops in its batch, which changes nothing; what was before is kept."""
    order = np.arange(21)
    pixels = make_task(inputs="floats").pixels
    pixels[where, 3] = np.nan
    tasks = [make_task(inputs="floats", pixels=pixels, optimizer="adam") for _ in range(2)]
    expected = numpy_engine.train_batches(tasks[0], order, 5, [0.01] * 5)
    got = CompiledEngine(threads)(tasks[1], order, 5, [0.01] * 5)
    assert got.diverged is not None
    assert math.isnan(got.diverged)
    assert (got.steps, got.samples) == (expected.steps, expected.samples)
    assert (got.steps, tasks[1].optimizer.steps) == (where // 5, where // 5)
    for name, array in arrays_of(tasks[0]).items():
        np.testing.assert_allclose(arrays_of(tasks[1])[name], array, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_very_large_loss_is_divergence_too(dtype: str) -> None:
    """The same last loss after the same number of steps, at a rate of a million."""
    tasks = [make_task(dtype, optimizer="sgd") for _ in range(2)]
    expected = numpy_engine.train_batches(tasks[0], np.arange(N), 5, [1e6] * 5)
    got = CompiledEngine()(tasks[1], np.arange(N), 5, [1e6] * 5)
    assert expected.diverged is not None
    assert got.diverged == pytest.approx(expected.diverged, rel=1e-3)
    assert got.steps == expected.steps


def test_without_a_threshold_it_continues() -> None:
    """A loss of many millions is then a loss like others."""
    task = make_task(optimizer="sgd", divergence_threshold=math.inf)
    sums = CompiledEngine()(task, np.arange(N), 5, [1e6] * 5)
    assert sums.loss > 1e6
    assert (sums.steps, sums.diverged) == (5, None)


def test_a_run_in_several_calls() -> None:
    """Memory that is used again changes nothing: after another call, another network, other weights."""
    order, rates = np.arange(N), [0.01] * 5
    task, same = (make_task(optimizer="adam", clip_norm=0.5) for _ in range(2))
    other = make_task(sizes=(17, 7, 11, 3), optimizer="sgd")
    engine = CompiledEngine(2)
    for number in range(4):
        if number == 2:
            engine(other, order, 5, rates)
            for each in (task, same):
                each.network.parameters["dense1.weights"] *= 0.5
        engine(task, order, 5, rates)
        CompiledEngine(2)(same, order, 5, rates)
        for name, array in arrays_of(same).items():
            np.testing.assert_array_equal(arrays_of(task)[name], array)


def trained_bits(threads: int, dtype: str = "float32") -> dict[str, bytes]:
    """The bits of everything after an epoch."""
    task = make_task(dtype, sizes=(131, 129, 33, 3), optimizer="adam", clip_norm=0.5)
    CompiledEngine(threads)(task, np.arange(N), 5, [0.01] * 5)
    return {name: array.tobytes() for name, array in arrays_of(task).items()}


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_the_same_bits_every_time(threads: int) -> None:
    """With the same number of threads; also with more threads than samples."""
    first = trained_bits(threads)
    assert all(trained_bits(threads) == first for _ in range(20))


def test_threads_that_cannot_be_had_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the system has no more threads, those that run do all parts."""
    expected = trained_bits(3)

    def fail(self: threading.Thread) -> None:  # noqa: ARG001
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)
    assert trained_bits(3) == expected


def test_trainings_in_several_threads_at_once() -> None:
    """Four trainings of two threads each do not disturb one another."""
    expected = trained_bits(2)
    with ThreadPoolExecutor(4) as pool:
        for bits in pool.map(trained_bits, [2] * 12):
            assert bits == expected


def test_no_thread_is_left_behind() -> None:
    """No thread outlives a call, which a fork would lose."""
    trained_bits(3)
    assert not [thread for thread in threading.enumerate() if "run_steps" in thread.name]


JOBLIB = """
import numpy as np
from joblib import Parallel, delayed
from inkling.nn.losses import CrossEntropy
from inkling.nn.mlp import build_mlp
from inkling.optim.descent import SGD
from inkling.training.engine.compiled_engine import CompiledEngine
from inkling.training.engine.context import TrainingContext

def train(seed):
    rng = np.random.default_rng(seed)
    network = build_mlp((17, 11, 3), rng=rng)
    pixels, labels = rng.integers(0, 256, (23, 17)).astype(np.uint8), rng.integers(0, 3, 23)
    task = TrainingContext(network, CrossEntropy(), SGD(), pixels, labels)
    CompiledEngine(2)(task, np.arange(23), 5, [0.1] * 5)
    return network.parameters["dense1.weights"].tobytes()

for backend in ("loky", "threading", "multiprocessing"):
    assert Parallel(2, backend=backend)(delayed(train)(seed) for seed in range(4)) == [
        train(seed) for seed in range(4)
    ], backend
print("the same")
"""


def test_in_processes_and_threads_of_joblib(tmp_path: Path) -> None:
    """Each backend of joblib gives the weights of one process, also one that forks after a training."""
    pytest.importorskip("joblib")
    script = tmp_path / "script.py"
    script.write_text(JOBLIB)
    command = [sys.executable, str(script)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (answer.stdout, answer.returncode) == ("the same\n", 0), answer.stderr


@pytest.mark.parametrize("preset", ["", *PRESETS])
def test_the_default_run_and_every_preset_are_supported(preset: str) -> None:
    """None of them falls back to NumPy."""
    settings = PRESETS[preset] if preset else TrainingSettings()
    network = settings.build_network(784, 10, np.random.default_rng(0))
    assert reason_against(network, settings.build_loss(), settings.build_optimizer()) == ""


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")  # one epoch is not enough
@pytest.mark.parametrize("settings", [{}, {"solver": "sgd"}, {"solver": "adamw"}])
def test_the_defaults_of_both_estimators_are_supported(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With each solver that takes steps; for classes, labels that are yes or no, and numbers."""
    pytest.importorskip("sklearn")
    from inkling import MLPClassifier, MLPRegressor

    supported = []

    def spy(*parts: Any) -> str:
        supported.append(reason_against(*parts))
        return "this test"

    monkeypatch.setattr(choice, "reason_against", spy)
    samples = np.random.default_rng(0).normal(size=(12, 4))
    for estimator, targets in (
        (MLPClassifier, np.arange(12) % 3),
        (MLPClassifier, np.arange(12) % 2),
        (MLPClassifier, np.eye(12, 3, dtype=int)),
        (MLPRegressor, samples[:, 0]),
        (MLPRegressor, samples[:, :2]),
    ):
        estimator(max_iter=1, **settings).fit(samples, targets)
    assert supported == [""] * 5


class Doubled(ReLU):
    """An activation of your own."""


class Slowed(SGD):
    """An optimizer of your own."""


class Halved(CrossEntropy):
    """A loss of your own."""


def test_what_it_does_not_support() -> None:
    """Dropout, RMSprop, rare pairs, layers and optimizers of your own, also those that inherit."""
    rng = np.random.default_rng(0)
    dense = Dense(17, 3, rng=rng)
    for parts, reason in (
        ({"network": build_mlp((17, 5, 3), rng=rng, dropout=0.5)}, "dropout"),
        ({"optimizer": Slowed(0.1)}, "the optimizer Slowed"),
        ({"optimizer": RMSprop(0.1)}, "the optimizer RMSprop"),
        ({"loss": BinaryCrossEntropy()}, "the loss BinaryCrossEntropy after Softmax"),
        ({"network": Network([dense, Doubled(), Softmax()])}, "the layer Doubled"),
        (
            {"network": Network([ReLU(), dense, Identity()])},
            "layers that are not Dense, activation",
        ),
    ):
        task: TrainingContext = replace(make_task(), **parts)
        assert reason_for(task).startswith(reason)
    assert reason_for(replace(make_task(), loss=Halved())) == "the loss Halved"
    rare = make_task(output="sigmoid", loss="cross_entropy")
    assert reason_for(rare) == "the loss CrossEntropy after Sigmoid"
    assert reason_for(make_task()) == ""


def test_leaves_weights_alone_that_cannot_be_written_to() -> None:
    """Such as a file mapped for reading: machine code would end the process."""
    task = make_task()
    task.network.parameters["dense2.bias"].flags.writeable = False
    assert reason_for(task) == "dense2.bias as a read-only array"


def test_wrong_rows_and_labels_are_errors() -> None:
    """Machine code would read other memory."""
    with pytest.raises(
        ShapeError, match="expected row numbers from 0 to 22, got some from 0 to 23"
    ):
        CompiledEngine()(make_task(), np.array([0, 23]), 5, [0.1])
    with pytest.raises(ShapeError, match="expected labels from 0 to 2, got 3"):
        CompiledEngine()(make_task(targets=np.full(N, 3)), np.arange(N), 5, [0.1] * 5)
    with pytest.raises(SettingError, match=r"SGD: expected learning_rate in .*, got nan"):
        CompiledEngine()(make_task(), np.arange(N), 23, [math.nan])
    with pytest.raises(ValueError, match="expected 5 learning rates, got 4"):
        CompiledEngine()(make_task(), np.arange(N), 5, [0.1] * 4)


def test_wrong_pixels_and_weights_are_errors() -> None:
    """Machine code would write beyond its arrays, or train on a share of NaN."""
    for columns in (16, 18, 999):
        pixels = np.ones((N, columns), np.uint8)
        with pytest.raises(ShapeError, match=rf"pixels of shape \(N, 17\), got \(23, {columns}\)"):
            CompiledEngine()(make_task(pixels=pixels), np.arange(N), 5, [0.1] * 5)
    for wrong in (-1.0, math.nan):
        weights = np.where(np.arange(N) == 7, wrong, 0.0)
        with pytest.raises(ShapeError, match="expected sample weights of at least 0"):
            CompiledEngine()(make_task(sample_weights=weights), np.arange(N), 5, [0.1] * 5)


def test_a_batch_size_far_beyond_the_data() -> None:
    """Working memory is for as many samples as there are."""
    tasks = [make_task(sizes=(17, 11, 3)) for _ in range(2)]
    assert_equal_training(tasks, 10**15, threads=2)


def test_no_rows_are_no_steps() -> None:
    """An empty order changes nothing."""
    task = make_task()
    assert CompiledEngine()(task, np.arange(0), 5, []) == EpochSums()
    assert task.optimizer.steps == 0
