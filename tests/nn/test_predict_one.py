"""One sample at a time: the same answer as in a batch, whatever share of its inputs is 0."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from inkling.nn.mlp import build_mlp


@pytest.mark.parametrize("zeros", [0.0, 0.4, 0.6, 1.0])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_one_sample_is_answered_as_in_a_batch(zeros: float, dtype: str, activation: str) -> None:
    """Dense inputs, sparse ones, and none at all: only roundings may differ."""
    rng = np.random.default_rng(1)
    sizes = (17, 11, 7, 3)
    network = build_mlp(sizes, rng=rng, activation=activation, output="identity", dtype=dtype)
    for name, parameter in network.parameters.items():
        if name.endswith("bias"):
            parameter[...] = rng.normal(size=parameter.shape)
    samples = rng.normal(size=(5, 17)).astype(dtype) * (rng.random((5, 17)) >= zeros)
    expected = network.forward(samples)[0]
    bound = 1e-5 if dtype == "float32" else 1e-13
    for sample, outputs in zip(samples, expected, strict=True):
        answer = network.predict(sample[np.newaxis])
        assert (answer.shape, answer.dtype) == ((1, 3), np.dtype(dtype))
        np.testing.assert_allclose(answer[0], outputs, rtol=bound, atol=bound)


def test_not_a_number_is_not_skipped() -> None:
    """A NaN among zeros makes the outputs NaN, as in a batch."""
    network = build_mlp((17, 11, 3), rng=np.random.default_rng(1))
    sample = np.zeros((1, 17), np.float32)
    sample[0, 4] = np.nan
    assert np.isnan(network.predict(sample)).all()


def test_threads_may_share_a_network() -> None:
    """Eight threads, one network, a thousand samples: the answers of one thread."""
    rng = np.random.default_rng(2)
    network = build_mlp((17, 11, 3), rng=rng)
    samples = (rng.random((1000, 1, 17)) * (rng.random((1000, 1, 17)) < 0.3)).astype(np.float32)
    expected = [network.predict(sample) for sample in samples]
    with ThreadPoolExecutor(8) as pool:
        for answer, outputs in zip(pool.map(network.predict, samples), expected, strict=True):
            np.testing.assert_array_equal(answer, outputs)
