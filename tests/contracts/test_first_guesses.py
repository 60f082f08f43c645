"""What users of Keras, PyTorch and scikit-learn type first: it works, or the error names the call."""

from __future__ import annotations

import operator
import re
from typing import Any

import numpy as np
import pytest

import inkling
from inkling.data.dataset import Dataset
from inkling.errors import SettingError


@pytest.fixture(scope="module")
def names(strokes: Dataset) -> dict[str, Any]:
    """The objects that the guesses are about."""
    result = inkling.train(strokes, hidden=(5,), epochs=1, engine="numpy")
    return {
        "inkling": inkling,
        "np": np,
        "dataset": strokes,
        "result": result,
        "model": result.model,
        "network": result.model.network,
        "images": strokes.test.images,
        "recognizer": inkling.Recognizer(),
    }


ELSEWHERE = {
    "model.fit(images, [])": "call inkling.train, which returns a new model",
    "model.score(images, [])": r"use evaluate\(images, labels\)",
    "model.get_weights()": "use network.parameters",
    "model.state_dict()": "use network.parameters",
    "model.eval()": "it is not needed, because dropout acts in training only",
    "model.history": "use the history of the result that inkling.train returns",
    "network.fit(images, [])": "use inkling.train, or loss_and_gradients and an optimizer of",
    "network.train()": "it is not needed, because dropout acts only if rng is given",
    "network.save('x')": r"use Model\(network, classes\).save",
    "result.history.history": r'use column\("train_loss"\)',
    "result.history.train_loss": r'use column\("train_loss"\)',
    "result.history.val_accuracy": r'use column\("validation_accuracy"\)',
    "result.accuracy": "use test_accuracy",
    "result.predict(images)": r"use model\.predict",
    "dataset.x_train": r"use train\.images",
    "dataset.y_test": r"use test\.labels",
    "dataset.train.y": "use labels",
    "recognizer.predict('x.png')": r"use read\(image\), read_digit\(image\), or model\.predict",
    "inkling.load_mnist()": r'use inkling.load_dataset\("mnist"\)',
    "inkling.fit": r"use inkling\.train",
    "inkling.Dense": r"use inkling\.nn\.Dense",
    "inkling.Adam": r"use inkling\.optim\.Adam",
    "inkling.CrossEntropy": r"use inkling\.nn\.CrossEntropy",
}


@pytest.mark.parametrize("guess", ELSEWHERE)
def test_an_attribute_of_another_library_is_translated(guess: str, names: dict[str, Any]) -> None:
    """It stays an AttributeError, so that hasattr works; the message has the call."""
    with pytest.raises(AttributeError, match=f"has no attribute '.*'; {ELSEWHERE[guess]}"):
        exec(guess, dict(names))


def test_a_property_that_fails_raises_its_own_error(names: dict[str, Any]) -> None:
    """Not that the property does not exist."""

    class Extended(inkling.Model):
        @property
        def largest(self) -> Any:
            return self.image_shape.nothing  # type: ignore[attr-defined]

    with pytest.raises(AttributeError, match="'tuple' object has no attribute 'nothing'"):
        _ = Extended(names["network"], tuple("0123456789")).largest


@pytest.mark.parametrize(
    "name", ["model", "network", "result", "history", "dataset", "split", "recognizer"]
)
def test_the_calls_that_are_named_exist(name: str, names: dict[str, Any]) -> None:
    """What follows "use" is an attribute of the object, or of the package."""
    more = {"history": names["result"].history, "split": names["dataset"].train}
    owner = {**names, **more}[name]
    advice = set(type(owner)._instead.values())
    calls = [
        found[1] for text in advice if (found := re.match(r"use (?!the |Model)([\w.]+)", text))
    ]
    assert calls
    for call in calls:
        of_package = call.startswith("inkling.")
        operator.attrgetter(call.removeprefix("inkling."))(inkling if of_package else owner)


@pytest.mark.parametrize(
    ("guess", "message"),
    [
        (
            "a, b = dataset",
            "a Dataset cannot be unpacked; use its parts train, validation and test",
        ),
        (
            "(a, b), (c, d) = dataset",
            "a Dataset cannot be unpacked; use its parts train, validation",
        ),
        ("a, b = dataset.train", "a Split cannot be unpacked; use its images and labels"),
        ("result.history['train_loss']", r"use column\('train_loss'\)"),
    ],
)
def test_what_is_unpacked_elsewhere(guess: str, message: str, names: dict[str, Any]) -> None:
    """As Keras returns it; the message has the attributes."""
    with pytest.raises(TypeError, match=message):
        exec(guess, dict(names))


@pytest.mark.parametrize(
    ("guess", "message"),
    [
        (
            "inkling.Recognizer(3)",
            "model of type Model or CommitteeModel, got 3; give a file, the m",
        ),
        ("inkling.Recognizer(network)", "model of type Model or CommitteeModel, got Network"),
        ("inkling.Recognizer(result)", "model of type Model or CommitteeModel, got TrainingResult"),
        ("inkling.Model(None, 'ab')", "Model: expected network of type Network, got None"),
        ("inkling.Model(network, 10)", "Model: expected classes of type Sequence, got 10; give"),
        (
            "inkling.CommitteeModel(model)",
            "expected members of type Sequence, got Model; give a list",
        ),
        ("inkling.CommitteeModel([network])", "expected a member of type Model, got Network"),
        (
            "inkling.Dataset('x', '0', images, [], [], '')",
            "expected train of type Split, got ndarray",
        ),
        (
            "inkling.Committee(3, 5)",
            "Committee: expected settings of type TrainingSettings or None",
        ),
        ("inkling.export_model(network, 'x', to='html')", "expected model of type Model or Comm"),
        (
            "inkling.export_model(model, 5, to='html')",
            "export: expected path of type str or PathLi",
        ),
        (
            "inkling.Model(network, range(10))",
            "Model: expected the name of a class of type str, got 0",
        ),
        ("inkling.Model(network, '0123456789', 28)", "image_shape of type Sequence, got 28"),
        ("inkling.Model(network, '0123456789', scaling=1)", "scaling of type PixelScaling, got 1"),
        ("inkling.History([{'epoch': 1}])", "got dict; History.from_list reads plain data"),
        ("model.save(None)", "save: expected path of type str or PathLike, got None"),
        (
            "model.save('m.npz')",
            "a name that ends in .safetensors, got m.npz; inkling.export_model",
        ),
        ("inkling.train(dataset, lr=0.1)", "got 'lr'; did you mean 'learning_rate'"),
        ("inkling.train(dataset, activation='ReLU')", "got 'ReLU'; did you mean 'relu'"),
        ("inkling.train(dataset, activation='logistic')", "did you mean 'sigmoid'"),
        ("inkling.train(dataset, loss='categorical_crossentropy')", "did you mean 'cross_entropy'"),
    ],
)
def test_other_types_are_named(guess: str, message: str, names: dict[str, Any]) -> None:
    """In one sentence, which names the argument."""
    with pytest.raises(SettingError, match=message):
        exec(guess, dict(names))


def test_what_is_printed_is_short(names: dict[str, Any]) -> None:
    """A model, a committee and a result in one line, without their arrays and manifests."""
    model, result = names["model"], names["result"]
    assert repr(model) == (
        "Model(784 → 5 relu → 10 softmax; images of 28 × 28; classes 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)"
    )
    assert repr(inkling.CommitteeModel.of([model, model])) == (
        "CommitteeModel(2 × 784 → 5 relu → 10 softmax)"
    )
    percent = f"{100 * result.test_accuracy:.2f} % of 53 test images"
    assert repr(result).startswith(f"TrainingResult(784 → 5 relu → 10 softmax; {percent}, 95 % ")


def test_what_works_as_elsewhere(names: dict[str, Any]) -> None:
    """A list of images, a fitted size as a number, the model that ships."""
    model, images = names["model"], names["images"]
    np.testing.assert_array_equal(model.predict([*images[:3]]), model.predict(images[:3]))
    shipped = inkling.load_model()
    assert shipped.summary == names["recognizer"].model.summary
