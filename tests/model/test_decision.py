"""Decisions: empty, not a digit, unsure between two, or a class with its confidence."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from inkling._types import ByteArray
from inkling.data.dataset import Dataset
from inkling.model.decision import classify
from inkling.model.model import Model
from inkling.model.rejection import Rejector
from inkling.nn.activations import ReLU, Softmax
from inkling.nn.dense import Dense
from inkling.nn.network import Network


def identity_model(rejector: Rejector | None = None, temperature: float = 1.0) -> Model:
    """A model of 3 × 1 images whose pixels, in hundredths, are the three logits."""
    rng = np.random.default_rng(0)
    network = Network([Dense(3, 3, rng=rng), ReLU(), Dense(3, 3, rng=rng), Softmax()])
    for name, parameter in network.parameters.items():
        parameter[...] = np.eye(3) if name.endswith("weights") else 0
    network.parameters["dense1.weights"] *= 255 / 100
    return Model(network, tuple("abc"), (3, 1), temperature=temperature, rejector=rejector)


def images_of(*logits: tuple[float, float, float]) -> ByteArray:
    """Images (B, 3, 1) with these logits."""
    return (100 * np.array(logits)[:, :, np.newaxis]).round().astype(np.uint8)


def test_reasons_and_candidates_without_a_rejector() -> None:
    """By hand: (e²,1,1)/(e²+2) is a class; (e,e,1)/(2e+1) has 0.42 twice; thirds are not a digit."""
    images = images_of((2, 0, 0), (0, 1, 1), (0.1, 0, 0), (0, 0, 0), (0, 0, 1))
    answers = classify(identity_model(), images)
    assert answers.reasons == (None, "unsure", "not_a_digit", "empty", None)
    assert answers.candidates == ((), ("b", "c"), (), (), ())
    assert answers.names == ("a", None, None, None, "c")
    assert answers.label[0] == 0
    expected = [np.e**2 / (np.e**2 + 2), np.e / (2 * np.e + 1)]
    np.testing.assert_allclose(answers.confidence[[0, 1]], expected, rtol=1e-5)
    np.testing.assert_allclose(answers.probabilities.sum(axis=1), [1, 1, 0.5, 0, 1], rtol=1e-5)
    assert answers.confidence[3] == 0


def test_the_more_probable_candidate_is_named_first() -> None:
    """Whatever the order of the classes."""
    answers = classify(identity_model(), images_of((0.9, 0, 1), (1, 0, 0.9), (0.9, 1, 0)))
    assert answers.candidates == (("c", "a"), ("a", "c"), ("b", "a"))


def test_the_rejector_comes_before_doubt_and_after_emptiness() -> None:
    """Its score is a tenth of the sum of hidden signals less 0.05; its threshold 0.2."""
    rejector = Rejector(np.full(3, 0.1, np.float32), 0.05, 0.2)
    images = images_of((2.4, 0, 0), (2.55, 0, 0), (1.2, 1.3, 0.2), (0.1, 0.1, 0), (0, 0, 0))
    answers = classify(identity_model(rejector), images)
    assert answers.reasons == (None, "not_a_digit", "not_a_digit", "unsure", "empty")
    low = replace(rejector, threshold=-9.0)
    assert classify(identity_model(low), images_of((0, 0, 0))).reasons == ("empty",)


def test_rejected_images_have_less_confidence() -> None:
    """¼ above the threshold the temperature is e times as high: half of softmax of (2, 0, 0) / e."""
    rejector = Rejector(np.full(3, 0.5, np.float32), 0.0, 0.75)
    answers = classify(identity_model(rejector), images_of((2, 0, 0)))
    assert answers.reasons == ("not_a_digit",)
    power = np.exp(2 / np.e)
    assert answers.confidence[0] == pytest.approx(power / (power + 2) / 2, rel=1e-4)


def test_no_rejected_image_has_the_confidence_of_an_answer() -> None:
    """Just above the threshold, where the temperature is still that of an answer, as far from it."""
    images = images_of((2.5, 0, 0), (2.55, 0, 0))
    rejector = Rejector(np.full(3, 0.1, np.float32), 0.0, 0.252)
    answers = classify(identity_model(rejector, temperature=0.1), images)
    assert answers.reasons == (None, "not_a_digit")
    assert answers.confidence[0] > 0.99
    assert 0.45 < answers.confidence[1] <= 0.5
    assert answers.confidence[1] == answers.probabilities[1].max()


def test_the_temperature_is_applied() -> None:
    """Softmax of (0, 0.7, 0.1) has 0.46, which is unsure; of twice that 0.69."""
    doubtful = images_of((0, 0.7, 0.1))
    assert classify(identity_model(), doubtful).reasons == ("unsure",)
    answers = classify(identity_model(temperature=0.5), doubtful)
    assert answers.reasons == (None,)
    powers = np.exp([0, 1.4, 0.2])
    assert answers.confidence[0] == pytest.approx(powers[1] / powers.sum(), rel=1e-5)


def test_threads_may_share_a_model(strokes_model: Model, strokes: Dataset) -> None:
    """Concurrent answers are those of one thread, bit for bit."""

    def probabilities(image: ByteArray) -> bytes:
        return classify(strokes_model, image[np.newaxis]).probabilities.tobytes()

    images = [*strokes.test.images]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(probabilities, images * 4))
    assert together == [probabilities(image) for image in images] * 4


def test_no_images() -> None:
    """An empty batch has no answers."""
    assert classify(identity_model(), np.zeros((0, 3, 1), np.uint8)).reasons == ()
