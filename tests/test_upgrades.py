"""Files of version 0.1, which that version wrote, and the answers that it computed with them.

``files_of_0_1/`` holds a data set of three drawn shapes; the run of a network and a committee that
were trained on it, without checkpoints; an export; two unfinished runs; and in ``answers.json`` the
calibrated probabilities and the rejector's scores of the first test images, accuracies, and confusion
matrices.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import inkling
from inkling.data.dataset import Dataset
from inkling.errors import RunError
from inkling.model import file as model_file
from inkling.model import manifest
from inkling.training import checkpoint
from inkling.training.report import read_result

FILES = Path(__file__).parent / "files_of_0_1"
ANSWERS: dict[str, Any] = json.loads((FILES / "answers.json").read_text())


@pytest.fixture(scope="module")
def shapes() -> Dataset:
    """The data set of all files."""
    return inkling.load_dataset(FILES / "shapes.npz", validation=30)


@pytest.mark.parametrize("name", ["run", "committee", "weights.npz"])
def test_models_give_the_same_answers(name: str, shapes: Dataset) -> None:
    """Up to rounding; an npz archive of weights has no rejector."""
    model = inkling.load_model(FILES / name)
    expected = ANSWERS[name.replace("weights.npz", "run")]
    probabilities, scores = model.answer(shapes.test.images[:4])
    np.testing.assert_allclose(probabilities, expected["probabilities"], atol=2e-6)
    if name == "run":
        assert scores is not None
        np.testing.assert_allclose(scores, expected["scores"], atol=2e-5)
    test = shapes.unseen_by(model).test  # the digest of the data has not changed either
    outcome = model.evaluate(test)
    assert outcome.accuracy == pytest.approx(expected["accuracy"])
    np.testing.assert_array_equal(outcome.confusion[:3, :3], expected["confusion"])
    assert outcome.n == len(shapes.test) == 60


def test_a_finished_run_is_read_with_its_history(shapes: Dataset) -> None:
    """Its report can be drawn again; the last line of the table is that of the file."""
    result = read_result(FILES / "run", shapes)
    *_, last = (FILES / "run" / "history.csv").read_text().splitlines()
    epoch, train_loss, *_ = last.split(",")
    assert result.test_accuracy == pytest.approx(ANSWERS["run"]["accuracy"])
    assert (len(result.history), result.history[-1].train_loss) == (int(epoch), float(train_loss))


def test_a_model_is_saved_in_todays_format(shapes: Dataset, tmp_path: Path) -> None:
    """With the same answers, and a digest that notices a changed byte."""
    old = inkling.load_model(FILES / "run")
    path = tmp_path / "new.safetensors"
    old.save(path)
    new = inkling.load_model(path)
    images = shapes.test.images
    np.testing.assert_array_equal(new.predict_proba(images), old.predict_proba(images))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(inkling.errors.ModelFileError, match="its digest does not match"):
        inkling.load_model(path)


@pytest.mark.parametrize("page", ["formats.md", "zh/formats.md"])
def test_the_page_on_formats_names_them(page: str) -> None:
    """Every format that is written, and every one that is read."""
    text = (FILES.parents[1] / "docs" / page).read_text("utf-8")
    numbers = [*model_file.FORMATS, checkpoint.FORMAT, f'"format": {manifest.FORMAT}']
    assert [number for number in numbers if f"`{number}`" not in text] == []


@pytest.mark.parametrize(
    ("name", "resume"),
    [
        ("unfinished", partial(inkling.train, resume=True)),
        ("stopped", partial(inkling.Committee(2, hidden=(2,)).train, resume=True)),
    ],
)
@pytest.mark.parametrize("given", [True, False])
def test_an_unfinished_run_names_the_version_that_can_resume_it(
    name: str, resume: Callable[..., object], shapes: Dataset, tmp_path: Path, *, given: bool
) -> None:
    """Of a network or of a committee, before data are loaded and before any file is changed."""
    run = tmp_path / "run"
    shutil.copytree(FILES / name, run)
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    resumed = partial(resume, shapes, run=run) if given else partial(resume, run=run)
    with pytest.raises(RunError, match=r"; resume it with version 0\.1, or start a new one\.$"):
        resumed()
    assert {name: (run / name).read_bytes() for name in before} == before
