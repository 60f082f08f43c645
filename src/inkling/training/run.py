"""A training run in one call: from a data set and settings to a tested model in a run directory.

    settings → network, optimizer, sampler  →  loop  →  checkpoint per epoch  →  test set, once  →  model

The run directory is written so that a run killed at any moment can be resumed: the settings before the
first step, a checkpoint after each epoch, the model at the end, and last the status "finished".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from inkling._checks import check_type, complain
from inkling._files import CHECKPOINT
from inkling.data.augmentation.augment import AUGMENTATIONS
from inkling.data.dataset import Dataset
from inkling.errors import DivergenceError, RunError, SettingError
from inkling.model.manifest import FINISHED
from inkling.model.model import Classifier, Model
from inkling.training.augmenting import augmented, seconds_to_augment
from inkling.training.callbacks import Callback, as_callbacks, has_state, watching
from inkling.training.checkpoint import Checkpoint
from inkling.training.early_stopping import EarlyStopping
from inkling.training.engine.choice import EngineChoice
from inkling.training.engine.threads import blas_threads
from inkling.training.loop import chunk_size, train_epochs
from inkling.training.post_training import (
    SAMPLES,
    calibrate_model,
    class_means,
    fit_rejector,
)
from inkling.training.result import TrainingResult
from inkling.training.run_directory import (
    DEFAULT_DATA,
    RunDirectory,
    choose_dataset,
    describe_run,
    run_directory,
)
from inkling.training.set_up import RunParts, engine_for, set_up
from inkling.training.settings import TrainingSettings
from inkling.training.start import Start, fit_dataset, settings_from
from inkling.training.state import RunInfo


def train(
    dataset: Dataset | str | Path = DEFAULT_DATA,
    settings: TrainingSettings | None = None,
    *,
    start: Classifier | str | Path | None = None,
    run: str | Path | None = None,
    resume: bool = False,
    threads: int | None = None,
    callbacks: Sequence[Callback] = (),
    **changes: Any,
) -> TrainingResult:
    """Trains a network on a data set, and tests it.

    Args:
        dataset: a data set, or what ``load_dataset`` takes; by default MNIST, or for a resumed run the
            data that it was started with.
        settings: the settings; the defaults if None.
        start: a model, a model file or a run directory, whose weights the network starts from instead
            of random ones. The model determines the network (``hidden``, ``activation``, ``output``,
            ``input_range`` and ``dtype``), and the classes, of which the data set may have fewer; it is
            not changed. To teach a model a few pictures of yours, use ``fine_tune``.
        run: a directory for model, checkpoint, history and manifest; nothing is written without one.
        resume: continue the run in that directory, with the settings that it was started with.
        threads: threads per step, which affects the last digits; by default chosen to suit the
            network and this machine. A resumed run keeps its recorded number.
        callbacks: called during the run.
        **changes: single settings by name, such as ``hidden=(100,)``.

    Returns:
        The model, its history and its accuracy on the test set.

    Raises:
        SettingError: a setting is wrong, there is patience and no validation set, or ``start`` is a
            committee or determines a setting that you give.
        DataError: the data set has no training or test images, or does not fit ``start``.
        RunError: the directory holds a run already, cannot be resumed or written to, or another process
            is writing to it.
        DivergenceError: the loss is not finite or too large.

    Example:
        >>> result = train("digits", hidden=(20,), epochs=3, seed=1)
        >>> result.model.predict(result.dataset.test.images[:3]).shape
        (3,)
    """
    if resume and (run is None or settings is not None or changes or start is not None):
        expected = "resume with a run directory and no settings, because a run keeps its own"
        got = "no run directory" if run is None else "settings" if start is None else "start"
        raise SettingError(complain("train", expected, got))
    advice = "give single settings by name, such as epochs=3"
    check_type("train", "settings", settings, (TrainingSettings, type(None)), advice)
    first = None if start is None else Start.of("train", start)
    settings = settings or TrainingSettings()
    if first is None:
        settings = settings.with_changes(**changes)
    else:
        settings = settings_from("train", first.model, settings, changes)
    watchers = as_callbacks("train", callbacks)
    directory = run_directory("train", run)
    chosen = choose_dataset(dataset, directory if resume else None, "inkling.train")
    if first is not None:
        chosen = fit_dataset("train", chosen, first.model)
    with nullcontext() if directory is None else directory.locked(new=not resume):
        return train_and_test(
            chosen, settings, watchers, directory, first, threads=threads, resume=resume
        )


def train_and_test(
    dataset: Dataset,
    settings: TrainingSettings,
    callbacks: Sequence[Callback],
    directory: RunDirectory | None = None,
    start: Start | None = None,
    *,
    threads: int | None = None,
    resume: bool = False,
    samples: int = SAMPLES,
) -> TrainingResult:
    """Trains and tests what was checked; ``directory`` is locked, ``samples`` those of the rejector."""
    begun = directory.manifest_to_resume(dataset) if directory and resume else None
    started = None if start is None else start.describe()
    if begun is not None:
        settings = TrainingSettings.from_dict(begun["settings"])
        started = begun.get("start")
        if started is not None:
            dataset = dataset.with_classes(tuple(started["classes"]))
    parts = set_up(dataset, settings, None if start is None else start.model.network)
    engine = engine_for(parts.state.context, settings, threads, begun)
    manifest = describe_run(dataset, settings, engine, begun)
    if started is not None:
        manifest["start"] = started
    stopping = None
    if settings.patience is not None:
        stopping = EarlyStopping(parts.state.context.network, settings.patience)
        callbacks = [stopping, *callbacks]
    with blas_threads(engine.threads):  # includes the end, whose last digits depend on it
        if directory is None:
            run_epochs(parts, dataset, settings, engine, callbacks)
        else:
            with _recorded(directory, manifest, parts, callbacks, resume=resume) as in_order:
                run_epochs(parts, dataset, settings, engine, in_order)
        if stopping is not None:
            stopping.restore_best()
        result = _finish(parts, dataset, settings, manifest, stopping, samples)
    if directory is None:
        return result
    directory.finish(result.model)
    return replace(result, run=directory.path)


@contextmanager
def _recorded(
    directory: RunDirectory,
    manifest: dict[str, Any],
    parts: RunParts,
    callbacks: Sequence[Callback],
    *,
    resume: bool,
) -> Iterator[list[Callback]]:
    """Starts or restores a run in its directory, and yields the callbacks in their order.

    First those with a state, then the checkpoint that stores it, then the others, which are thus called
    after the epoch is saved. If training diverges, the directory records it.
    """
    with_state = [callback for callback in callbacks if has_state(callback)]
    others = [callback for callback in callbacks if not has_state(callback)]
    checkpoint = Checkpoint(directory.path, parts, with_state, manifest)
    if resume:
        if "start" in manifest and not (directory.path / CHECKPOINT).exists():
            expected = "a checkpoint, which has the weights that the run started from"
            advice = "start a new run"
            raise RunError(complain(f"run {directory.path}", expected, "none", advice))
        checkpoint.restore()
    else:
        directory.start(manifest)
        if "start" in manifest:
            checkpoint.save()
    try:
        yield [*with_state, checkpoint, *others]
    except DivergenceError:
        directory.mark_diverged()
        raise
    checkpoint.save()  # with the mark of a callback that ended the run


def run_epochs(
    parts: RunParts,
    dataset: Dataset,
    settings: TrainingSettings,
    engine: EngineChoice,
    callbacks: Sequence[Callback],
) -> None:
    """Trains all epochs, and calls the callbacks, with the engine and its threads."""
    state, images = parts.state, dataset.train.images
    notes, least = [], settings.least_loss(len(dataset.classes))
    if least:
        notes.append(
            f"labels smoothed by {settings.label_smoothing:g}: the loss cannot fall below {least:.2f}"
        )
    if settings.hidden and settings.initializer == settings.bias_initializer == "zeros":
        notes.append("all weights start at 0: units of a layer stay equal, and hardly learn")
    if engine.note:
        notes.append(engine.note)
    network = repr(state.context.network)
    info = RunInfo(
        epochs=settings.epochs,
        first_epoch=state.epoch + 1,
        images=len(images),
        network=network,
        note="\n".join(notes),
        dataset=dataset,
        settings=settings,
        state=state,
    )
    with blas_threads(engine.threads), watching(callbacks, info):
        augmentation, rng = AUGMENTATIONS[settings.augment], parts.augment_rng
        shape = images.shape[1:]
        seconds = engine.seconds_per_image(state.context, settings.batch_size)
        seconds += seconds_to_augment(augmentation, shape)
        train_epochs(
            state,
            parts.sampler,
            settings.build_schedule(len(images)),
            augmented(engine.load(state.context), augmentation, shape, rng=rng),
            settings.batch_size,
            callbacks,
            chunk_size(settings.batch_size, seconds, engine.seconds_per_call(state.context)),
        )


def _finish(
    parts: RunParts,
    dataset: Dataset,
    settings: TrainingSettings,
    manifest: dict[str, Any],
    stopping: EarlyStopping | None,
    samples: int,
) -> TrainingResult:
    """Builds the model, and tests it, once."""
    context, history = parts.state.context, parts.state.history
    height, width = dataset.train.images.shape[1:]
    means = class_means(dataset.train, len(dataset.classes))
    model = Model(
        context.network, dataset.classes, (height, width), context.scaling, class_means=means
    )
    model = calibrate_model(model, dataset)
    rejects = manifest.get("start", {}).get("rejects", False)
    if settings.augment != "none" or rejects:  # it takes seconds, as such a run does anyway
        model = fit_rejector(model, dataset, samples, rng=parts.rejector_rng)
    outcome = model.evaluate(dataset.test)
    results = {
        "test_accuracy": outcome.accuracy,
        "test_interval": list(outcome.interval),
        "test_images": outcome.n,
        "test_loss": outcome.loss,
        "train_seconds": history.train_seconds,
        "images_per_second": history.images_per_second,
        "epochs": len(history),
    }
    if stopping is not None:
        results["best_epoch"] = stopping.best_epoch
    return TrainingResult(
        model=replace(model, manifest={**manifest, "status": FINISHED, "results": results}),
        history=history,
        test_accuracy=outcome.accuracy,
        test_interval=outcome.interval,
        test_loss=outcome.loss,
        test_probabilities=outcome.probabilities,
        train_seconds=history.train_seconds,
        images_per_second=history.images_per_second,
        dataset=dataset,
        run=None,
    )
