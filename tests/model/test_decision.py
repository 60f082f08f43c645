"""Honest answers: empty, not a digit, unsure between two, or a digit with its confidence."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from inkling._types import ByteArray
from inkling.data.dataset import Dataset
from inkling.errors import ShapeError
from inkling.model.calibration import calibrate
from inkling.model.decision import judge
from inkling.model.model import Model
from inkling.model.rejection import Rejector
from inkling.nn.activations import ReLU, Softmax
from inkling.nn.dense import Dense
from inkling.nn.network import Network

CLASSES = tuple("abc")


def spelled_out(unit: Rejector | None = None, temperature: float = 1.0) -> Model:
    """Pixels of 3 × 1, in hundredths: what a picture says is what the three logits are."""
    rng = np.random.default_rng(0)
    network = Network([Dense(3, 3, rng=rng), ReLU(), Dense(3, 3, rng=rng), Softmax()])
    for name, parameter in network.parameters.items():
        parameter[...] = np.eye(3) if name.endswith("weights") else 0
    network.parameters["dense1.weights"] *= 255 / 100
    return Model(network, CLASSES, (3, 1), temperature=temperature, nondigits=unit)


def pictures(*logits: tuple[float, float, float]) -> ByteArray:
    """Pictures (B, 3, 1) that give these logits."""
    return (100 * np.array(logits)[:, :, np.newaxis]).round().astype(np.uint8)


def test_reasons_and_candidates_without_a_unit() -> None:
    """Softmax by hand: (e²,1,1)/(e²+2) is sure; (e,e,1)/(2e+1) is 0.42 twice; thirds are nothing."""
    answers = judge(
        spelled_out(), pictures((2, 0, 0), (0, 1, 1), (0.1, 0, 0), (0, 0, 0), (0, 0, 1))
    )
    assert answers.reasons == (None, "unsure", "not_a_digit", "empty", None)
    assert answers.candidates[1] in ("b or c", "c or b")
    assert answers.candidates[0] is answers.candidates[2] is answers.candidates[3] is None
    assert answers.label.tolist()[0] == 0
    np.testing.assert_allclose(
        answers.confidence[[0, 1]], [np.e**2 / (np.e**2 + 2), np.e / (2 * np.e + 1)], rtol=1e-5
    )
    np.testing.assert_allclose(answers.probabilities.sum(axis=1), 1, rtol=1e-5)


def test_the_likelier_candidate_is_named_first() -> None:
    """Between c and a, in this order."""
    answers = judge(spelled_out(), pictures((0.9, 0, 1), (1, 0, 0.9), (0.9, 1, 0)))
    assert answers.candidates == ("c or a", "a or c", "b or a")


def test_the_unit_refuses_and_is_heard_before_doubt() -> None:
    """A tenth of the sum of hidden signals less 0.05, above 0.2; an empty picture stays empty."""
    unit = Rejector(np.full(3, 0.1, np.float32), 0.05, 0.2)
    answers = judge(
        spelled_out(unit),
        pictures((2.4, 0, 0), (2.55, 0, 0), (1.2, 1.3, 0.2), (0.1, 0.1, 0), (0, 0, 0)),
    )
    assert answers.reasons == (None, "not_a_digit", "not_a_digit", "unsure", "empty")
    low = replace(unit, threshold=-9.0)
    assert judge(spelled_out(low), pictures((0, 0, 0))).reasons == ("empty",)


def test_odd_pictures_get_less_sure() -> None:
    """¼ beyond the threshold the temperature is e times as high: softmax of (2, 0, 0) / e."""
    unit = Rejector(np.full(3, 0.5, np.float32), 0.0, 0.75)
    answers = judge(spelled_out(unit), pictures((2, 0, 0)))
    assert answers.reasons == ("not_a_digit",)
    power = np.exp(2 / np.e)
    assert answers.confidence[0] == pytest.approx(power / (power + 2), rel=1e-4)


def test_the_temperature_is_applied(strokes_model: Model, strokes: Dataset) -> None:
    """Confidence and doubt are the calibrated ones; the label does not change."""
    images = strokes.test.images
    plain = strokes_model.predict_proba(images)
    answers = judge(strokes_model, images)
    assert strokes_model.temperature != 1
    np.testing.assert_array_equal(
        answers.probabilities, calibrate(plain, strokes_model.temperature)
    )
    np.testing.assert_array_equal(answers.label, plain.argmax(axis=1))
    np.testing.assert_array_equal(answers.confidence, answers.probabilities.max(axis=1))
    doubtful = pictures((0, 0.7, 0.1))  # 0.46 at temperature 1
    assert judge(spelled_out(temperature=1.0), doubtful).reasons == ("unsure",)
    assert judge(spelled_out(temperature=0.5), doubtful).reasons == (None,)


def test_a_model_with_its_temperature_worked_in_answers_the_same(
    strokes_model: Model, strokes: Dataset
) -> None:
    """Its plain outputs are then the calibrated probabilities; the given model stays as it is."""
    before = strokes_model.predict_proba(strokes.test.images)
    worked_in = strokes_model.calibrated()
    wanted = judge(strokes_model, strokes.test.images).probabilities
    np.testing.assert_allclose(
        worked_in.predict_proba(strokes.test.images), wanted, rtol=2e-3, atol=1e-6
    )
    assert worked_in.temperature == 1
    assert worked_in.manifest["temperature"] == strokes_model.temperature
    assert worked_in.calibrated() is worked_in
    np.testing.assert_array_equal(strokes_model.predict_proba(strokes.test.images), before)


def test_threads_may_share_a_model(strokes_model: Model, strokes: Dataset) -> None:
    """Many at a time get what one alone gets, bit for bit."""
    images = strokes.test.images
    alone = [judge(strokes_model, image[np.newaxis]).probabilities.tobytes() for image in images]
    with ThreadPoolExecutor(8) as pool:
        together = pool.map(lambda image: judge(strokes_model, image[np.newaxis]), [*images] * 4)
    assert [answer.probabilities.tobytes() for answer in together] == alone * 4


def test_no_pictures_no_answers() -> None:
    """An empty batch is no error."""
    answers = judge(spelled_out(), np.zeros((0, 3, 1), np.uint8))
    assert answers.reasons == answers.candidates == ()
    assert answers.probabilities.shape == (0, 3)


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.zeros((2, 3, 1)), "Model: expected images as uint8, 0 to 255, got float64."),
        (
            np.zeros((2, 1, 3), np.uint8),
            "Model: expected images of shape (N, 3, 1), got (2, 1, 3).",
        ),
    ],
)
def test_other_pixels_are_refused(pixels: ByteArray, message: str) -> None:
    """Said in one line."""
    with pytest.raises(ShapeError) as error:
        judge(spelled_out(), pixels)
    assert str(error.value) == message
