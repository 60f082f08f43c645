"""What is added after training, from training data alone: temperature, rejector, mean images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inkling.data.dataset import Dataset
from inkling.data.split import Split
from inkling.data.synthetic.non_digits import draw_non_digits
from inkling.model.calibration import fit_temperature
from inkling.model.decision import classify
from inkling.model.file import load_model
from inkling.model.model import Model
from inkling.nn.mlp import build_mlp
from inkling.training.post_training import (
    calibrate_model,
    class_means,
    fisher_direction,
    fit_rejector,
)
from inkling.training.run import train


def test_the_temperature_is_that_of_the_validation_images(
    strokes: Dataset, strokes_model: Model
) -> None:
    """And does not depend on one that the model has already."""
    held_out = strokes.validation
    expected = fit_temperature(strokes_model.logits(held_out.images), held_out.labels)
    assert strokes_model.temperature == pytest.approx(expected, rel=1e-5)
    assert expected != pytest.approx(1)
    again = calibrate_model(replace(strokes_model, temperature=3.0), strokes)
    assert again.temperature == expected


def test_without_validation_images_or_softmax_nothing_is_learned(strokes: Dataset) -> None:
    """Sigmoid outputs are no shares of one whole."""
    nothing = Split(strokes.train.images[:0], strokes.train.labels[:0])
    rng = np.random.default_rng(0)
    model = Model(build_mlp((784, 5, 10), rng=rng), strokes.classes)
    alone = replace(strokes, validation=nothing)
    assert calibrate_model(model, alone) is model
    assert fit_rejector(model, alone, rng=rng) is model
    flat = Model(build_mlp((784, 10), rng=rng), strokes.classes)
    assert fit_rejector(flat, strokes, rng=rng) is flat
    sigmoid = Model(build_mlp((784, 10), rng=rng, output="sigmoid"), strokes.classes)
    assert calibrate_model(sigmoid, strokes) is sigmoid
    hidden = Model(build_mlp((784, 5, 10), rng=rng, output="sigmoid"), strokes.classes)
    assert fit_rejector(hidden, strokes, rng=rng) is hidden
    letters = Model(build_mlp((784, 5, 10), rng=rng), tuple("abcdefghij"))
    assert fit_rejector(letters, strokes, rng=rng) is letters


def test_the_mean_images_are_those_of_the_training_images(
    strokes: Dataset, strokes_model: Model
) -> None:
    """Computed by adding one image after the other; a class without images has no mean."""
    sums, counts = np.zeros((10, 28, 28)), np.zeros(10)
    for image, label in zip(strokes.train.images, strokes.train.labels, strict=True):
        sums[label] += image
        counts[label] += 1
    means = strokes_model.class_means
    assert means is not None
    assert np.abs(means - sums / counts[:, None, None]).max() <= 0.5 + 1e-9
    some = strokes.train.labels != 3
    without_3 = Split(strokes.train.images[some], strokes.train.labels[some])
    assert class_means(without_3, 10) is None


def test_fishers_direction_is_scikit_learns() -> None:
    """Its discriminant with the same share of the mean variance, up to length."""
    discriminant = pytest.importorskip("sklearn.discriminant_analysis")
    rng = np.random.default_rng(2)
    mixing = rng.normal(size=(5, 5))
    first, second = (rng.normal(size=(101, 5)) @ mixing + shift for shift in (0.0, 1.0))
    # (C + vI) is twice scikit-learn's (1 − s) C + s v I with s = ½.
    theirs = discriminant.LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.5)
    theirs.fit(np.concatenate([first, second]), np.repeat([0, 1], 101))
    ours, wanted = fisher_direction(first, second), theirs.coef_[0]
    np.testing.assert_allclose(
        ours / np.linalg.norm(ours), wanted / np.linalg.norm(wanted), rtol=0.02, atol=0.01
    )
    assert (second.mean(axis=0) - first.mean(axis=0)) @ ours == pytest.approx(1)


@pytest.fixture(scope="module")
def rejecting(strokes: Dataset, tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, Path]:
    """A small network trained on changed images, and its run directory."""
    run = tmp_path_factory.mktemp("runs") / "rejecting"
    result = train(strokes, hidden=(40, 30), epochs=12, batch_size=16, augment="affine", run=run)
    return result.model, run


def test_a_run_with_augmentation_learns_to_reject(
    rejecting: tuple[Model, Path], strokes: Dataset, strokes_model: Model
) -> None:
    """Almost no digit of the test set, and most drawings that it has not seen."""
    model = rejecting[0]
    assert model.rejector is not None
    digits = classify(model, strokes.test.images)
    drawings = classify(model, draw_non_digits(200, rng=np.random.default_rng(99)))
    assert digits.reasons.count("not_a_digit") <= 4
    assert drawings.reasons.count("not_a_digit") > 120
    assert strokes_model.rejector is None  # its training changed no image


def test_digits_score_0_and_non_digits_1(rejecting: tuple[Model, Path], strokes: Dataset) -> None:
    """On average; so thresholds of different models can be compared."""
    model = rejecting[0]
    _, digits = model.answer(strokes.train.images)
    _, drawings = model.answer(draw_non_digits(200, rng=np.random.default_rng(98)))
    assert digits is not None
    assert drawings is not None
    assert abs(digits.mean()) < 0.5
    assert drawings.mean() == pytest.approx(1, abs=0.3)


def test_a_seed_fixes_the_rejector_and_the_file_keeps_it(
    rejecting: tuple[Model, Path], strokes: Dataset
) -> None:
    """Bit for bit, through a second run and through the model file."""
    model, run = rejecting
    again = train(strokes, hidden=(40, 30), epochs=12, batch_size=16, augment="affine").model
    loaded = load_model(run).require_single("test")
    for other in (again, loaded):
        assert other.rejector is not None
        assert model.rejector is not None
        assert other.rejector.weights.tobytes() == model.rejector.weights.tobytes()
        assert other.rejector.settings() == model.rejector.settings()
        assert other.temperature == model.temperature
