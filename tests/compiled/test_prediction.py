"""Layers that skip inputs of 0 give the answers of plain ones, for any shape, dtype and batch."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling import load_dataset, load_model
from inkling._types import AnyArray, ByteArray
from inkling.data.scaling import PixelScaling
from inkling.errors import MissingExtraError, SettingError, ShapeError
from inkling.interop.onnx import onnx_bytes
from inkling.model.committee import CommitteeModel
from inkling.model.model import Model
from inkling.nn.activations import Identity, ReLU, Softmax, Tanh
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.layer import Layer
from inkling.nn.mlp import build_mlp
from inkling.nn.network import Network
from inkling.optim.descent import SGD

numba: Any = pytest.importorskip("numba")
pytest.importorskip("scipy")
prediction: Any = pytest.importorskip("inkling.compiled.prediction")

RNG = np.random.default_rng(0)
BOUND = {"float32": 1e-5, "float64": 1e-13}
"""How far sums of a few hundred products of order 1 may part."""


def inputs_of(rows: int, columns: int, dtype: str, share: float) -> AnyArray:
    """Normal numbers, of which a share is not 0."""
    x: AnyArray = RNG.standard_normal((rows, columns)).astype(dtype)
    x[RNG.random(x.shape) >= share] = 0
    return x


def layers_of(columns: int, outputs: int, dtype: str) -> tuple[Dense, Any]:
    """A plain layer, and one with the same weights that skips zeros."""
    shape = (columns, outputs)
    weights, bias = RNG.standard_normal(shape) / np.sqrt(columns), RNG.standard_normal(outputs)
    plain = Dense.from_arrays(weights.astype(dtype), bias.astype(dtype))
    return plain, prediction.SkippingDense.from_arrays(*plain.parameters.values())


def images_of(n: int) -> ByteArray:
    """Images of 5 × 4 pixels, mostly black."""
    return (RNG.integers(1, 256, (n, 5, 4)) * (RNG.random((n, 5, 4)) < 0.3)).astype(np.uint8)


def small_model(seed: int = 0, temperature: float = 1.5) -> Model:
    """A model of two hidden layers."""
    network = build_mlp((20, 19, 7, 3), rng=np.random.default_rng(seed))
    return Model(network, ("a", "b", "c"), (5, 4), temperature=temperature)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("columns", "outputs"), [(1, 1), (3, 17), (300, 128), (301, 141)])
@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_products_are_those_of_numpy(columns: int, outputs: int, dtype: str, share: float) -> None:
    """For widths below, at and above a block of columns, and for no, some and only nonzero inputs."""
    plain, skipping = layers_of(columns, outputs, dtype)
    for rows in (0, 1, 2, prediction.CHUNK + 3):
        x = inputs_of(rows, columns, dtype, share)
        z, saved = skipping.forward(x)
        assert z.dtype == dtype
        assert z.shape == (rows, outputs)
        np.testing.assert_allclose(z, plain.forward(x)[0], rtol=0, atol=BOUND[dtype])
        np.testing.assert_array_equal(saved, x)


def test_nan_and_infinity_stay_in_their_rows() -> None:
    """A row with NaN or infinity has NumPy's results; its neighbors do not change."""
    plain, skipping = layers_of(50, 20, "float64")
    x = inputs_of(4, 50, "float64", 0.3)
    before = skipping.forward(x)[0]
    x[1, 7], x[2, 9] = np.nan, np.inf
    after = skipping.forward(x)[0]
    np.testing.assert_array_equal(after[[0, 3]], before[[0, 3]])
    np.testing.assert_allclose(after, plain.forward(x)[0])
    assert np.isnan(after[1]).all()
    assert np.isinf(after[2]).all()


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_a_row_does_not_depend_on_its_batch(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the rows are cut into batches and shared by threads, each has the same bits."""
    _, skipping = layers_of(100, 37, "float32")
    x = inputs_of(5 * prediction.CHUNK + 1, 100, "float32", 0.3)
    one_by_one = np.concatenate([skipping.forward(x[b : b + 1])[0] for b in range(len(x))])
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", threads)
    for size in (len(x), prediction.CHUNK, 77):
        parts = [skipping.forward(x[b : b + size])[0] for b in range(0, len(x), size)]
        np.testing.assert_array_equal(np.concatenate(parts), one_by_one)


def test_threads_that_cannot_be_started_are_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a single further thread, this one computes all rows."""

    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    plain, skipping = layers_of(30, 20, "float64")
    x = inputs_of(3 * prediction.CHUNK, 30, "float64", 0.3)
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", 3)
    monkeypatch.setattr(threading.Thread, "start", fail)
    np.testing.assert_allclose(skipping.forward(x)[0], plain.forward(x)[0])


@pytest.mark.parametrize(
    "form",
    [
        np.asfortranarray,
        lambda x: np.repeat(x, 2, axis=0)[::2],
        lambda x: np.frombuffer(x.tobytes(), x.dtype).reshape(x.shape),  # read-only
        lambda x: x.astype(np.float64),
    ],
)
def test_any_array_is_accepted(form: Callable[[AnyArray], AnyArray]) -> None:
    """Inputs in column order, with gaps, read-only or of another dtype give the same outputs."""
    _, skipping = layers_of(30, 20, "float32")
    x = inputs_of(9, 30, "float32", 0.3)
    compiled_before = len(skipping._kernel.signatures)
    np.testing.assert_array_equal(skipping.forward(form(x))[0], skipping.forward(x)[0])
    assert len(skipping._kernel.signatures) == compiled_before


def test_wrong_inputs_raise() -> None:
    """Machine code would read beyond them."""
    _, skipping = layers_of(30, 20, "float32")
    with pytest.raises(ShapeError, match=r"inputs of shape \(B, 30\), got \(2, 29\)"):
        skipping.forward(np.zeros((2, 29), np.float32))


@pytest.mark.parametrize("first", [True, False])
def test_which_layers_skip(first: bool) -> None:
    """Those after ReLU, also with dropout in between, and the first if its inputs are often 0."""
    plain = [layers_of(4, 4, "float32")[0] for _ in range(4)]
    between: list[Layer] = [ReLU(), Dropout(0.5), Tanh(), ReLU(), Softmax()]
    layers = [plain[0], *between[:2], plain[1], between[2], plain[2], between[3], plain[3]]
    network = prediction.skip_zeros(Network([*layers, between[4]]), first=first)
    kinds = [type(layer) is not Dense for layer in network.layers if isinstance(layer, Dense)]
    assert kinds == [first, True, False, True]
    assert prediction.skip_zeros(network, first=first) is network  # nothing is left to replace


def test_a_model_without_such_layers_stays_numpys() -> None:
    """With an offset no pixel is an input of 0, and tanh has no zeros either."""
    network = build_mlp((20, 6, 3), rng=np.random.default_rng(0), activation="tanh")
    model = Model(network, ("a", "b", "c"), (5, 4), PixelScaling.to_range(-1, 1))
    assert model.compiled().network is network
    assert model.compiled().engine == "numpy"


def test_training_reaches_the_weights_that_predict() -> None:
    """An optimizer changes W and b in place; the next prediction uses them."""
    network = prediction.skip_zeros(small_model().network, first=True)
    x = inputs_of(5, 20, "float32", 0.5)
    gradients = {name: np.ones_like(array) for name, array in network.parameters.items()}
    SGD(0.1).update(network.parameters, gradients)
    np.testing.assert_allclose(network.predict(x), network.copy().predict(x), atol=1e-6)
    assert not np.allclose(network.predict(x), small_model().network.predict(x), atol=1e-3)


def pickled(model: Model) -> Model:
    """The model after a pickle."""
    twin: Model = pickle.loads(pickle.dumps(model))  # noqa: S301 (our own)
    return twin


@pytest.mark.parametrize("duplicate", [copy.deepcopy, pickled])
def test_copies_keep_the_engine(duplicate: Callable[[Model], Model]) -> None:
    """A copy computes the same bits from weights of its own, which are those in ``parameters``."""
    model, images = small_model().compiled(), images_of(30)
    expected = model.predict_proba(images)
    twin = duplicate(model)
    assert twin.engine == "compiled"
    np.testing.assert_array_equal(twin.predict_proba(images), expected)
    for array in twin.network.parameters.values():
        array[...] = 0
    np.testing.assert_allclose(twin.predict_proba(images), 1 / 3, atol=1e-6)
    np.testing.assert_array_equal(model.predict_proba(images), expected)


def test_derived_models_keep_the_engine() -> None:
    """With its temperature in its weights, or another one, a model stays compiled."""
    model, images = small_model().compiled(), images_of(30)
    expected = small_model().predict_proba(images)
    assert small_model().engine == "numpy"
    assert replace(model, temperature=1.0).engine == "compiled"
    assert model.calibrated().engine == "compiled"
    np.testing.assert_allclose(model.calibrated().predict_proba(images), expected, atol=1e-6)
    np.testing.assert_allclose(model.predict_proba(images), expected, atol=1e-6)


def test_a_file_does_not_record_the_engine(tmp_path: Path) -> None:
    """Whatever the engine, files and exports are the same bytes."""
    model = small_model()
    model.save(tmp_path / "plain.safetensors")
    model.compiled().save(tmp_path / "compiled.safetensors")
    plain, compiled = (tmp_path / f"{name}.safetensors" for name in ("plain", "compiled"))
    assert plain.read_bytes() == compiled.read_bytes()
    assert onnx_bytes(model) == onnx_bytes(model.compiled())
    assert load_model(compiled).engine == "numpy"
    assert load_model(plain, engine="compiled").engine == "compiled"


def test_a_committee_is_compiled_as_a_whole(tmp_path: Path) -> None:
    """All its members skip zeros, from a file too."""
    committee, images = CommitteeModel.of([small_model(seed) for seed in range(3)]), images_of(40)
    committee.save(tmp_path / "c.safetensors")
    expected = committee.predict_proba(images)
    assert committee.engine == "numpy"
    for one in (committee.compiled(), load_model(tmp_path / "c.safetensors", engine="compiled")):
        assert one.engine == "compiled"
        np.testing.assert_allclose(one.predict_proba(images), expected, atol=1e-6)


def test_the_shipped_model_reads_the_same_digits() -> None:
    """With rejector and temperature, its answers differ by rounding only, and no class changes."""
    images = load_dataset("digits").test.images
    plain, compiled = load_model(), load_model(engine="compiled")
    probabilities, scores = plain.answer(images)
    answers, their_scores = compiled.answer(images)
    np.testing.assert_allclose(answers, probabilities, atol=1e-5)
    assert scores is not None
    assert their_scores is not None
    np.testing.assert_allclose(their_scores, scores, atol=1e-4)
    np.testing.assert_array_equal(compiled.predict(images), plain.predict(images))


def test_unknown_engines_are_rejected() -> None:
    """The message lists both."""
    with pytest.raises(SettingError, match="engine to be one of numpy, compiled, got 'gpu'"):
        load_model(engine="gpu")


def test_without_numba_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence, instead of an error while predicting."""
    monkeypatch.setattr("inkling.model.model.reason_not_to_load", lambda: "no module named numba")
    with pytest.raises(
        MissingExtraError, match=r'no module .* pip install "inkling-digits\[fast\]"'
    ):
        load_model(engine="compiled")


def test_loading_a_model_does_not_load_numba() -> None:
    """The default engine is ready in a tenth of the time."""
    program = "import sys, inkling; inkling.load_model(); print('numba' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_identity_after_a_skipping_layer() -> None:
    """A network of a single layer has no activation that would hide a wrong product."""
    plain, _ = layers_of(20, 3, "float32")
    network, x = Network([plain, Identity()]), inputs_of(7, 20, "float32", 0.2)
    skipping = prediction.skip_zeros(network, first=True)
    np.testing.assert_allclose(skipping.predict(x), network.predict(x), atol=1e-5)
