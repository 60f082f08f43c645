"""``MLPClassifier``, Inkling's and scikit-learn's: the same constructor, the same weights."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from inkling.bench.case import Contest, distances, spread
from inkling.bench.workloads import (
    CLASSES,
    FIT,
    FIT_EPOCHS,
    Work,
    first_weights,
    test_samples,
    training_samples,
)
from inkling.model.file import load_model
from inkling.model.locations import SHIPPED


def ours(work: Work, threads: int) -> Contest:  # noqa: ARG001 (they are the process's)
    """Inkling's."""
    from inkling.estimator.classifier import MLPClassifier

    return _fit_or_answer(MLPClassifier, work)


def scikit_learns(work: Work, threads: int) -> Contest:  # noqa: ARG001
    """scikit-learn's."""
    from sklearn.neural_network import MLPClassifier

    return _fit_or_answer(MLPClassifier, work)


def _fit_or_answer(classifier: Any, work: Work) -> Contest:
    inputs, labels = training_samples(work).inputs(), training_samples(work).labels
    settings = {"batch_size": work.batch_size, "max_iter": FIT_EPOCHS, "random_state": 0}
    mlp = classifier(work.hidden, solver=work.optimizer, alpha=work.decay, **settings)
    warnings.simplefilter("ignore")  # five epochs are not the end
    if work.kind == FIT:
        return Contest(lambda: mlp.fit(inputs, labels), lambda: _sizes(mlp))
    mlp.fit(inputs, labels)
    images = test_samples(work).inputs()
    shares = np.bincount(mlp.predict(images), minlength=CLASSES) / len(images)
    return Contest(lambda: mlp.predict(images), shares.tolist)


def _sizes(mlp: Any) -> list[float]:
    """How large each array of weights has become."""
    return [float(np.linalg.norm(array)) for array in (*mlp.coefs_, *mlp.intercepts_)]


def scikit_learns_predictions(work: Work, threads: int) -> Contest:  # noqa: ARG001
    """The model that ships in scikit-learn's classifier, on floats from 0 to 1."""
    from sklearn.neural_network import MLPClassifier

    samples, parameters = test_samples(work), list(load_model(SHIPPED).network.parameters.values())
    inputs, some = samples.inputs(), np.arange(CLASSES)
    mlp: Any = MLPClassifier(work.hidden)
    mlp.partial_fit(
        inputs[:CLASSES], some, classes=some
    )  # makes its arrays, which are then replaced
    mlp.coefs_, mlp.intercepts_ = parameters[::2], parameters[1::2]
    starts = range(0, work.samples, work.batch_size)

    def run() -> None:
        for start in starts:
            mlp.predict_proba(inputs[start : start + work.batch_size])

    return Contest(run, lambda: spread(mlp.predict_proba(inputs)))


def scikit_learns_epoch(work: Work, threads: int) -> Contest:  # noqa: ARG001
    """One pass of scikit-learn's ``partial_fit``; with SGD it begins with everyone's weights."""
    from sklearn.neural_network import MLPClassifier

    samples = training_samples(work)
    inputs, classes = samples.inputs(), np.arange(CLASSES)
    activation = "relu" if work.activation == "relu" else "logistic"
    mlp: Any = MLPClassifier(
        work.hidden,
        activation=activation,
        solver=work.optimizer,
        alpha=work.decay * work.batch_size,  # it divides by the batch's size
        batch_size=work.batch_size,
        learning_rate_init=work.learning_rate,
        momentum=0,
        shuffle=False,
    )
    mlp.partial_fit(inputs[: work.batch_size], samples.labels[: work.batch_size], classes=classes)
    first = first_weights(work)
    for ours, theirs in zip((first[::2], first[1::2]), (mlp.coefs_, mlp.intercepts_), strict=True):
        for one, other in zip(ours, theirs, strict=True):
            other[...] = one

    def evidence() -> list[float]:
        pairs = zip(mlp.coefs_, mlp.intercepts_, strict=True)
        return distances([array for pair in pairs for array in pair], first)

    # Adam's means have begun already.
    same = evidence if work.optimizer == "sgd" else None
    return Contest(lambda: mlp.partial_fit(inputs, samples.labels), same)
