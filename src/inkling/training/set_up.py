"""What a run starts with: settings → network, optimizer, orders, engine. Next: ``run.py``."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from inkling._checks import check_range, complain
from inkling.data.augmentation.augment import AUGMENTATIONS
from inkling.data.dataset import Dataset
from inkling.data.samplers import RandomSampler, Sampler, SequentialSampler
from inkling.data.scaling import PixelScaling
from inkling.errors import DataError, SettingError
from inkling.training.augmenting import Augmenter
from inkling.training.checkpoint import RunState
from inkling.training.early_stopping import EarlyStopping
from inkling.training.engine.choice import Engine, choose_engine
from inkling.training.engine.context import TrainingContext
from inkling.training.history import History
from inkling.training.run_directory import RunDirectory
from inkling.training.settings import TrainingSettings


def set_up(dataset: Dataset, settings: TrainingSettings) -> RunState:
    """Builds everything a run starts with; one seed gives each purpose a generator of its own.

    Raises:
        SettingError: a setting is wrong, or patience has no validation set to look at.
        DataError: the data set has no test images.
    """
    weights, order, dropout, augment = np.random.SeedSequence(settings.seed).spawn(4)
    images = dataset.train.images
    pixels = images.reshape(len(images), -1)
    if settings.patience is not None and not len(dataset.validation):
        expected = "a validation set, which patience needs"
        raise SettingError(complain("training", expected, "none", "leave patience out"))
    if not len(dataset.test):
        got = f"none in {dataset.name} with {len(images)} for training"
        raise DataError(complain("training", "at least one test image", got))
    network = settings.build_network(
        pixels.shape[1], len(dataset.classes), np.random.default_rng(weights)
    )
    task = TrainingContext(
        network=network,
        loss=settings.build_loss(),
        optimizer=settings.build_optimizer(),
        pixels=pixels,
        targets=dataset.train.labels,
        scaling=PixelScaling.to_range(*settings.input_range),
        clip_norm=settings.clip_norm,
        dropout_rng=np.random.default_rng(dropout) if settings.dropout else None,
    )
    stopping = None if settings.patience is None else EarlyStopping(settings.patience)
    n_samples = len(pixels)
    orders: Sampler = (
        RandomSampler(n_samples, rng=np.random.default_rng(order))
        if settings.shuffle
        else SequentialSampler(n_samples)
    )
    height, width = images.shape[1:]
    augmentation = AUGMENTATIONS[settings.augment]
    augmenter = (
        Augmenter(augmentation, (height, width), rng=np.random.default_rng(augment))
        if augmentation is not None
        else None
    )
    return RunState(task, orders, History(), stopping, augmenter)


def engine_for(
    dataset: Dataset, settings: TrainingSettings, threads: int, begun: RunDirectory | None = None
) -> Engine:
    """Returns the engine that a run here would take: the answer to "auto" for many runs, given once.

    Args:
        dataset: what they are trained on.
        settings: the settings of one of them.
        threads: how many work on a step.
        begun: the directory of what is gone on with, which keeps its engine; None for new runs.

    Raises:
        SettingError: the compiled engine is asked for and not installed.
        RunError: the engine that was begun with is not installed.
        DataError: the data set has no test images.
    """
    task = set_up(dataset, settings).task
    if begun is not None:
        return begun.engine_to_resume(task)
    return engine_of(task, settings, threads)


def engine_of(task: TrainingContext, settings: TrainingSettings, threads: int | None) -> Engine:
    """Returns the engine that trains a task by these settings, with `threads` where they are given.

    Raises:
        SettingError: the compiled engine is asked for and not installed, or threads is below 1.
    """
    steps = -(-len(task.pixels) // settings.batch_size) * settings.epochs
    engine = choose_engine(settings.engine, task, settings.batch_size, steps)
    if threads is None:
        return engine
    check_range("training", "threads", threads, low=1, whole=True)
    return replace(engine, threads=threads)
