"""What a run starts with: settings → network, optimizer, sampler, engine. Next: ``run.py``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from inkling._checks import check_range, complain
from inkling.data.dataset import Dataset
from inkling.data.samplers import RandomSampler, Sampler, SequentialSampler
from inkling.data.scaling import PixelScaling
from inkling.errors import DataError, SettingError
from inkling.nn.network import Network
from inkling.training.engine.choice import EngineChoice, choose_engine, recorded_engine
from inkling.training.engine.context import TrainingContext
from inkling.training.settings import TrainingSettings
from inkling.training.start import copy_weights
from inkling.training.state import TrainingState


@dataclass(frozen=True)
class RunParts:
    """What a run is made of: all that changes."""

    state: TrainingState
    sampler: Sampler
    augment_rng: np.random.Generator
    rejector_rng: np.random.Generator  # used after the last epoch only, so no checkpoint has it


def set_up(dataset: Dataset, settings: TrainingSettings, start: Network | None = None) -> RunParts:
    """Builds what a run starts with; from one seed each purpose gets a generator of its own.

    The weights are copies of those of ``start``, or else random. Raises SettingError for patience
    without a validation set or for another network than the settings', DataError without two classes,
    training images or test images.
    """
    if len(dataset.classes) < 2:
        got = f"{len(dataset.classes)} in {dataset.name}"
        raise DataError(complain("training", "at least two classes", got))
    if not len(dataset.train):
        raise DataError(
            complain("training", "at least one training image", f"none in {dataset.name}")
        )
    if len(np.unique(dataset.train.labels)) < 2:
        name = dataset.classes[dataset.train.labels[0]]
        expected = "training images of at least two classes"
        raise DataError(complain("training", expected, f"only {name!r}"))
    if not len(dataset.test):
        got = f"none in {dataset.name} with {len(dataset.train)} for training"
        raise DataError(complain("training", "at least one test image", got))
    weights, order, dropout, augment, rejector = map(
        np.random.default_rng, np.random.SeedSequence(settings.seed).spawn(5)
    )
    images = dataset.train
    if settings.sort:
        images = images.take(np.argsort(images.labels, kind="stable"))
    pixels = images.images.reshape(len(images), -1)
    held_out, n_samples = dataset.validation, len(pixels)
    if settings.patience is not None and not len(held_out):
        expected = "a validation set, which patience needs"
        raise SettingError(complain("training", expected, "none", "leave patience out"))
    network = settings.build_network(pixels.shape[1], len(dataset.classes), weights)
    if start is not None:
        copy_weights(start, network)
    context = TrainingContext(
        network=network,
        loss=settings.build_loss(),
        optimizer=settings.build_optimizer(),
        pixels=pixels,
        targets=images.labels,
        scaling=PixelScaling.to_range(*settings.input_range),
        clip_norm=settings.clip_norm,
        dropout_rng=dropout if settings.dropout else None,
    )
    validation = (held_out.images, held_out.labels) if len(held_out) else None
    return RunParts(
        TrainingState(context, settings.epochs, validation),
        RandomSampler(n_samples, rng=order) if settings.shuffle else SequentialSampler(n_samples),
        augment,
        rejector,
    )


def engine_for(
    context: TrainingContext,
    settings: TrainingSettings,
    threads: int | None = None,
    begun: Mapping[str, Any] | None = None,
) -> EngineChoice:
    """Returns the engine of a run, with ``threads`` if given; of a resumed run, the recorded one."""
    if begun is not None:
        return recorded_engine("run", begun["engine"], begun["threads"], context)
    steps = -(-len(context.pixels) // settings.batch_size) * settings.epochs
    engine = choose_engine(settings.engine, context, settings.batch_size, steps)
    if threads is None:
        return engine
    check_range("training", "threads", threads, low=1, whole=True)
    return replace(engine, threads=int(threads))
