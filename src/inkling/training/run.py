"""A training run in one call: from a data set and settings to a tested model in a run directory.

    settings → network, optimizer, orders  →  loop  →  checkpoint an epoch  →  test set, once  →  model

The run directory is written so that a run killed at any moment can go on: the settings before the
first step, a checkpoint after every epoch, the model at the end, and last the manifest's "finished".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inkling._checks import complain
from inkling._types import FloatArray
from inkling.data.dataset import Dataset, load_dataset
from inkling.errors import DivergenceError, SettingError
from inkling.model.evaluate import evaluate
from inkling.model.metrics import wilson_interval
from inkling.model.model import Model
from inkling.nn.losses import least_loss
from inkling.training.callbacks import Callback, Progress, RunInfo
from inkling.training.checkpoint import RunState
from inkling.training.engine.threads import blas_threads
from inkling.training.history import History
from inkling.training.loop import train_epochs
from inkling.training.post_training import calibrate_model, fit_rejector
from inkling.training.run_directory import FINISHED, RunDirectory, describe_run
from inkling.training.set_up import engine_of, set_up
from inkling.training.settings import TrainingSettings


@dataclass(frozen=True)
class TrainingResult:
    """What came out of a run.

    Attributes:
        model: the trained model.
        history: one record an epoch.
        test_accuracy: the share of the test set that was right, at the end.
        test_interval: its 95 % Wilson interval [low, high].
        test_loss: the mean loss on the test set.
        test_probabilities: what the model said about each test image (N, C).
        train_seconds: the time of all epochs' training, validation not included.
        images_per_second: samples trained on a second.
        dataset: what it was trained and tested on.
        run: the run directory; None where none was asked for.
        test_watched: whether the test set was measured after every epoch too, so that its figures
            may be too good.
    """

    model: Model
    history: History
    test_accuracy: float
    test_interval: tuple[float, float]
    test_loss: float
    test_probabilities: FloatArray
    train_seconds: float
    images_per_second: float
    dataset: Dataset
    run: Path | None
    test_watched: bool = False


def train(
    dataset: Dataset | str | Path = "mnist",
    settings: TrainingSettings | None = None,
    *,
    run: str | Path | None = None,
    resume: bool = False,
    threads: int | None = None,
    callbacks: Sequence[Callback] = (),
    **changes: Any,
) -> TrainingResult:
    """Trains a network on a data set, and tests it.

    Args:
        dataset: a data set, or what ``load_dataset`` takes.
        settings: the settings; the defaults where there are none.
        run: a directory for model, checkpoint, history and manifest; nothing is written without one.
        resume: continue the run in that directory; its own settings are then used.
        threads: how many work on a step, which has a say in the last digits; by default what suits
            the network and this machine. A resumed run keeps its own number.
        callbacks: who watches.
        **changes: single settings by name, such as ``hidden=(100,)``.

    Raises:
        SettingError: a setting is wrong.
        RunError: the directory holds a run already, or cannot be resumed.
        DivergenceError: the loss is not finite any more.

    Example:
        >>> result = train("digits", hidden=(20,), epochs=3, seed=1)
        >>> result.model.predict(result.dataset.test.images[:3]).shape
        (3,)
    """
    if resume and (run is None or settings is not None or changes):
        expected = "resume with a run directory and no settings, since a run goes on with its own"
        got = "no run directory" if run is None else "settings"
        raise SettingError(complain("train", expected, got))
    if not isinstance(dataset, Dataset):
        dataset = load_dataset(dataset)
    settings = (settings or TrainingSettings()).with_changes(**changes)
    directory = None if run is None else RunDirectory(Path(run))
    if directory is not None and resume:
        settings = directory.settings_to_resume(dataset)
    dataset = dataset.without_first(settings.drop_first)
    state = set_up(dataset, settings)
    if directory is not None and resume:
        state.engine = directory.engine_to_resume(state.task)
    else:
        state.engine = engine_of(state.task, settings, threads)
    manifest = describe_run(dataset, settings, state.engine.threads, state.engine.name)
    if directory is not None and resume:
        manifest["started"] = directory.read_manifest()["started"]
        directory.restore(state)
    elif directory is not None:
        directory.start(manifest)
    try:
        with blas_threads(state.engine.threads):
            _run_epochs(state, dataset, settings, directory, callbacks)
    except DivergenceError:
        if directory is not None:
            directory.mark_diverged()
        raise
    if state.early_stopping is not None:
        state.early_stopping.put_back(state.task.network.parameters)
    return _finish(state, dataset, settings, manifest, directory)


def _run_epochs(
    state: RunState,
    dataset: Dataset,
    settings: TrainingSettings,
    directory: RunDirectory | None,
    callbacks: Sequence[Callback],
) -> None:
    done, stopping = len(state.history), state.early_stopping
    if done >= settings.epochs or (stopping is not None and stopping.waited >= stopping.patience):
        return  # it was killed between its last epoch and its end
    n_samples = len(state.task.pixels)
    remarks = (_remark(dataset, settings), state.engine.note)
    plan = RunInfo(
        settings.epochs,
        done + 1,
        n_samples,
        repr(state.task.network),
        "\n".join(remark for remark in remarks if remark),
    )
    held_out = dataset.validation
    validation = (held_out.images, held_out.labels) if len(held_out) else None
    test = (dataset.test.images, dataset.test.labels) if settings.watch_test else None

    def tell(progress: Progress) -> None:
        for watcher in callbacks:
            watcher.on_progress(progress)

    with _watched(callbacks, plan):
        for record in train_epochs(
            state.task,
            state.orders,
            settings.build_schedule(-(-n_samples // settings.batch_size)),
            batch_size=settings.batch_size,
            epochs=settings.epochs,
            first_epoch=done + 1,
            validation=validation,
            test=test,
            reported_loss=settings.build_reported_loss(),
            augmenter=state.augmenter,
            on_progress=tell,
            engine=state.engine.load(state.task),
        ):
            state.history.append(record)
            stop = stopping is not None and stopping.see(record, state.task.network.parameters)
            if directory is not None:
                directory.save_epoch(state)
            for watcher in callbacks:
                watcher.on_epoch(record)
            if stop:
                break


def _remark(dataset: Dataset, settings: TrainingSettings) -> str:
    if not settings.label_smoothing:
        return ""
    least = least_loss(settings.label_smoothing, len(dataset.classes))
    return (
        f"labels smoothed by {settings.label_smoothing:g}: the loss cannot fall below {least:.2f}"
    )


@contextmanager
def _watched(callbacks: Sequence[Callback], plan: RunInfo) -> Iterator[None]:
    with ExitStack() as stack:
        for watcher in callbacks:
            watcher.on_start(plan)
            stack.callback(watcher.on_end)
        yield


def _finish(
    state: RunState,
    dataset: Dataset,
    settings: TrainingSettings,
    manifest: dict[str, Any],
    directory: RunDirectory | None,
) -> TrainingResult:
    """Tests the network, once, and writes the model."""
    task, test = state.task, dataset.test
    loss = settings.build_reported_loss()
    outcome = evaluate(task.network, test.images, test.labels, loss, task.scaling)
    assert outcome.accuracy is not None
    interval = wilson_interval(round(outcome.accuracy * len(test)), len(test))
    seconds = sum(record.seconds for record in state.history)
    seen = len(state.history) * len(task.pixels)
    results = {
        "test_accuracy": outcome.accuracy,
        "test_interval": list(interval),
        "test_images": len(test),
        "test_loss": outcome.loss,
        "test_watched": settings.watch_test,
        "train_seconds": seconds,
        "images_per_second": seen / seconds,
        "epochs": len(state.history),
    }
    if state.early_stopping is not None:
        results["best_epoch"] = state.early_stopping.best_epoch
    manifest = {**manifest, "status": FINISHED, "results": results}
    height, width = dataset.train.images.shape[1:]
    model = Model(task.network, dataset.classes, (height, width), task.scaling, manifest)
    model = calibrate_model(model, dataset)
    if settings.augment != "none":  # it takes seconds, as such a run does anyway
        figures = np.random.SeedSequence(settings.seed).spawn(5)[-1]
        model = fit_rejector(model, dataset, rng=np.random.default_rng(figures))
    if directory is not None:
        directory.finish(model)
    return TrainingResult(
        model=model,
        history=state.history,
        test_accuracy=outcome.accuracy,
        test_interval=interval,
        test_loss=outcome.loss,
        test_probabilities=outcome.outputs,
        train_seconds=seconds,
        images_per_second=seen / seconds,
        dataset=dataset,
        run=None if directory is None else directory.path,
        test_watched=settings.watch_test,
    )
