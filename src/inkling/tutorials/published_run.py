"""Trains a network as a tutorial published it, with the loop of ``inkling train``.

    recipe, seed → set_up → scaled first weights, lost images → loop, test set watched → PublishedRun

Nothing else uses this code: such a run has no run directory and cannot be resumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from inkling.data.dataset import Dataset
from inkling.data.scaling import PixelScaling
from inkling.data.split import Split
from inkling.model.evaluate import evaluate
from inkling.nn.losses import Loss
from inkling.nn.network import Network
from inkling.nn.registry import LOSSES
from inkling.training.callbacks import Callback
from inkling.training.history import EpochRecord, History
from inkling.training.run import run_epochs
from inkling.training.set_up import engine_for, set_up
from inkling.training.state import TrainingState
from inkling.tutorials.recipe import Published


@dataclass(frozen=True)
class PublishedRun:
    """The outcome of a run as published."""

    dataset: Dataset
    network: Network
    scaling: PixelScaling
    batch_size: int
    history: History
    test_losses: tuple[float, ...]  # after each epoch
    test_accuracies: tuple[float, ...]  # after each epoch

    @property
    def test_accuracy(self) -> float:
        """The accuracy at the end."""
        return self.test_accuracies[-1]


class WatchTestSet(Callback):
    """Measures the test set after each epoch, as all four tutorials do, but no other run should."""

    def __init__(self, test: Split, loss: Loss) -> None:
        self.test = test
        self.loss = loss
        self.losses: list[float] = []
        self.accuracies: list[float] = []

    def after_epoch(self, state: TrainingState, record: EpochRecord) -> None:  # noqa: ARG002
        """Measures loss and accuracy."""
        context, test = state.context, self.test
        outcome = evaluate(context.network, test.images, test.labels, self.loss, context.scaling)
        assert outcome.accuracy is not None
        self.losses.append(outcome.loss)
        self.accuracies.append(outcome.accuracy)


def run_published(
    dataset: Dataset, published: Published, seed: int, callbacks: Sequence[Callback] = ()
) -> PublishedRun:
    """Trains a network as published, without validation images, which the tutorials do not hold out."""
    settings = replace(published.settings, seed=seed)
    train, test = (
        Split(split.images[published.drop_first :], split.labels[published.drop_first :])
        for split in (dataset.train, dataset.test)
    )
    dataset = replace(dataset, train=train, test=test)
    parts = set_up(dataset, settings)
    context = parts.state.context
    for parameter in context.network.parameters.values():
        np.multiply(parameter, published.initial_scale, out=parameter)
    reported = published.reported_loss
    watcher = WatchTestSet(test, LOSSES[reported]() if reported else context.loss)
    run_epochs(parts, dataset, settings, engine_for(context, settings), [watcher, *callbacks])
    return PublishedRun(
        dataset,
        context.network,
        context.scaling,
        settings.batch_size,
        parts.state.history,
        tuple(watcher.losses),
        tuple(watcher.accuracies),
    )
