"""``MLPClassifier``, Inkling's and scikit-learn's: the same constructor, the same weights."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from inkling.bench.case import Case, distances, in_batches, statistics_of
from inkling.bench.workloads import (
    CLASSES,
    FIT,
    FIT_EPOCHS,
    Workload,
    first_weights,
    test_samples,
    training_samples,
)
from inkling.model.file import load_model
from inkling.model.locations import SHIPPED


def ours(workload: Workload, threads: int) -> Case:
    """Inkling's classifier."""
    from inkling.estimator.classifier import MLPClassifier

    return _fit_or_predict(MLPClassifier, workload)


def sklearns(workload: Workload, threads: int) -> Case:
    """scikit-learn's classifier."""
    from sklearn.neural_network import MLPClassifier

    return _fit_or_predict(MLPClassifier, workload)


def _fit_or_predict(classifier: Any, workload: Workload) -> Case:
    samples = training_samples(workload)
    inputs, labels = samples.inputs(), samples.labels
    settings = {"batch_size": workload.batch_size, "max_iter": FIT_EPOCHS, "random_state": 0}
    mlp = classifier(
        workload.hidden, solver=workload.optimizer, alpha=workload.weight_decay, **settings
    )
    warnings.simplefilter("ignore")  # it has not converged after five epochs
    if workload.kind == FIT:
        return Case(
            lambda: mlp.fit(inputs, labels),
            lambda: [float(np.linalg.norm(array)) for array in (*mlp.coefs_, *mlp.intercepts_)],
        )
    mlp.fit(inputs, labels)
    images = test_samples(workload).inputs()
    shares = np.bincount(mlp.predict(images), minlength=CLASSES) / len(images)
    return Case(lambda: mlp.predict(images), shares.tolist)


def sklearn_predictions(workload: Workload, threads: int) -> Case:
    """The model that ships in scikit-learn's classifier, on floats from 0 to 1."""
    from sklearn.neural_network import MLPClassifier

    samples = test_samples(workload)
    parameters = list(load_model(SHIPPED).network.parameters.values())
    inputs, classes = samples.inputs(), np.arange(CLASSES)
    mlp: Any = MLPClassifier(workload.hidden)
    mlp.partial_fit(inputs[:CLASSES], classes, classes=classes)  # creates the arrays to replace
    mlp.coefs_, mlp.intercepts_ = parameters[::2], parameters[1::2]
    run = in_batches(workload, mlp.predict_proba, inputs)
    return Case(run, lambda: statistics_of(mlp.predict_proba(inputs)))


def sklearn_epoch(workload: Workload, threads: int) -> Case:
    """One pass of scikit-learn's ``partial_fit``; with SGD it starts from the common weights."""
    from sklearn.neural_network import MLPClassifier

    samples = training_samples(workload)
    inputs, classes = samples.inputs(), np.arange(CLASSES)
    mlp: Any = MLPClassifier(
        workload.hidden,
        activation="relu" if workload.activation == "relu" else "logistic",
        solver=workload.optimizer,
        alpha=workload.weight_decay * workload.batch_size,  # it divides by the batch size
        batch_size=workload.batch_size,
        learning_rate_init=workload.learning_rate,
        momentum=0,
        shuffle=False,
    )
    batch = slice(workload.batch_size)
    mlp.partial_fit(inputs[batch], samples.labels[batch], classes=classes)  # creates the arrays
    parameters = [array for pair in zip(mlp.coefs_, mlp.intercepts_, strict=True) for array in pair]
    first = first_weights(workload)
    for array, value in zip(parameters, first, strict=True):
        array[...] = value

    # Adam has already made a step, so its weights differ from those of the others.
    evidence = (lambda: distances(parameters, first)) if workload.optimizer == "sgd" else None
    return Case(lambda: mlp.partial_fit(inputs, samples.labels), evidence)
