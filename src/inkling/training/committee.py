"""Trains a committee: several networks whose probabilities are averaged.

    settings, seeds 0, 1, 2 …  →  one run each  →  the mean of their probabilities  →  test set, once

The members differ only in their random numbers: initial weights, order of the images, dropout,
augmentation. ``parallel.py`` trains them; ``model/committee.py`` is the result.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from inkling._checks import check_range, check_type, complain
from inkling._files import COMMITTEE_MANIFEST, MEMBERS
from inkling.compiled.engine import machine_code
from inkling.data.dataset import Dataset
from inkling.errors import DataError, RunError, SettingError
from inkling.model.committee import CommitteeModel
from inkling.model.manifest import FINISHED
from inkling.model.metrics import McNemar, accuracy, mcnemar
from inkling.model.model import COMPILED, Model
from inkling.training.engine.threads import blas_threads
from inkling.training.parallel import THREADS, load_joblib, train_parallel
from inkling.training.post_training import calibrate_model, threshold_for
from inkling.training.run_directory import (
    DEFAULT_DATA,
    RunDirectory,
    choose_dataset,
    describe_run,
    run_directory,
)
from inkling.training.set_up import engine_for, set_up
from inkling.training.settings import TrainingSettings


@dataclass(frozen=True)
class Member:
    """One member and its own accuracy."""

    seed: int
    validation_accuracy: float
    test_accuracy: float
    train_seconds: float


@dataclass(frozen=True)
class CommitteeResult:
    """The outcome of a committee's training."""

    model: CommitteeModel
    members: tuple[Member, ...]  # in the order of their seeds
    best: Member  # on the validation images; the first of equals
    test_accuracy: float
    test_interval: tuple[float, float]  # the 95 % Wilson interval [low, high]
    against_best: McNemar  # of the committee (first) against ``best`` (second), on the test set
    train_seconds: float  # of all members together
    dataset: Dataset
    run: Path | None  # the directory, if one was given


class Committee:
    """Trains several networks that differ only in their seed, in parallel, and averages them.

    Under ``joblib.parallel_config("dask")`` the workers of a cluster train them. The result is the same,
    bit for bit, for any number of workers, even if some are killed (on equal processors). If you
    interrupt it, the processes of this machine end at once; a cluster's worker finishes its current
    member and the result is discarded.

    Args:
        members: M, the number of networks, at least 2.
        settings: the settings of each; the defaults if None. The members' seeds are ``seed``,
            ``seed + 1`` …
        n_jobs: networks trained at a time on this machine; −1 for all cores, None for one. A
            cluster trains as many as it has cores.
        **changes: single settings by name, such as ``hidden=(100,)``.

    Raises:
        SettingError: a setting is wrong.

    Example:
        >>> committee = Committee(members=3, n_jobs=1, hidden=(9,), epochs=2)
        >>> result = committee.train("digits")
        >>> [member.seed for member in result.members]
        [0, 1, 2]
        >>> result.model.predict(result.dataset.test.images[:5]).shape
        (5,)
    """

    def __init__(
        self,
        members: int = 5,
        settings: TrainingSettings | None = None,
        *,
        n_jobs: int | None = None,
        **changes: Any,
    ) -> None:
        check_range("Committee", "members", members, low=2, high=1000, whole=True)
        if n_jobs not in (None, -1):
            check_range("Committee", "n_jobs", n_jobs, low=1, whole=True)
        self.members = members
        advice = "give single settings by name, such as epochs=3"
        check_type("Committee", "settings", settings, (TrainingSettings, type(None)), advice)
        self.settings: TrainingSettings = (settings or TrainingSettings()).with_changes(**changes)
        self.n_jobs = n_jobs

    def train(
        self,
        dataset: Dataset | str | Path = DEFAULT_DATA,
        *,
        run: str | Path | None = None,
        resume: bool = False,
        on_member: Callable[[Model], object] | None = None,
        on_note: Callable[[str], object] | None = None,
    ) -> CommitteeResult:
        """Trains the members, averages them, and tests all of them, once.

        Args:
            dataset: a data set, or what ``load_dataset`` takes; with validation images. By default
                MNIST, or in a resumed directory the data that it was started with.
            run: a directory for the committee and, in its folder ``members``, for the run of each
                member; nothing is kept without one.
            resume: continue in that directory; members that are finished there are not trained again.
            on_member: called with each member when it is trained; its seed is ``manifest["seed"]``.
            on_note: called before the first member's training if there is a note on the engine.

        Returns:
            The committee, its members and their accuracies on the test set.

        Raises:
            DataError: there are no validation images, by which the best member is chosen.
            RunError: the directory holds a run or a model already, or a committee with other settings;
                another process is writing to it; or worker processes were killed repeatedly.
            DivergenceError: a member's loss is not finite or too large.
            MissingExtraError: joblib is not installed.
        """
        load_joblib()  # fails before anything is written
        if resume and run is None:
            raise SettingError(complain("committee", "a directory to resume in", "none"))
        directory = run_directory("committee", run, COMMITTEE_MANIFEST)
        resumed = directory if resume else None
        chosen = choose_dataset(dataset, resumed, "inkling.Committee(…).train")
        if not len(chosen.validation):
            advice = "hold some of the training images out"
            raise DataError(complain("committee", "validation images to choose by", "none", advice))
        with nullcontext() if directory is None else directory.locked(new=not resume):
            return self._train(chosen, directory, on_member, on_note, resume=resume)

    def _train(
        self,
        dataset: Dataset,
        directory: RunDirectory | None,
        on_member: Callable[[Model], object] | None,
        on_note: Callable[[str], object] | None,
        *,
        resume: bool,
    ) -> CommitteeResult:
        """Trains the members and combines them; ``directory`` is locked."""
        begun = directory.manifest_to_resume(dataset) if directory and resume else None
        if begun is not None:
            assert directory is not None
            self._check_same(f"run {directory.path}", begun)
        # Chosen here for all members: "auto" might select another engine on another machine.
        context = set_up(dataset, self.settings).state.context
        engine = engine_for(context, self.settings, THREADS, begun)
        settings = replace(self.settings, engine=engine.name)
        manifest = {**describe_run(dataset, settings, engine, begun), "members": self.members}
        if directory is not None and begun is None:
            directory.start(manifest)
        if engine.note and on_note is not None:
            on_note(engine.note)
        if engine.name == COMPILED:  # compiled once here, not by each process at the same time
            machine_code(settings.dtype)
        with blas_threads(THREADS):  # includes the evaluation, whose last digits depend on it
            models = self._train_members(dataset, settings, directory, on_member)
            result = _put_together(models, dataset, settings, manifest)
        if directory is None:
            return result
        directory.finish(result.model)
        return replace(result, run=directory.path)

    def _train_members(
        self,
        dataset: Dataset,
        settings: TrainingSettings,
        directory: RunDirectory | None,
        on_member: Callable[[Model], object] | None,
    ) -> list[Model]:
        """Returns the members in the order of their seeds."""
        models = []
        with ExitStack() as stack:
            folder = directory.path if directory else stack.enter_context(TemporaryDirectory())
            members = Path(folder).absolute() / MEMBERS  # a worker may run in another folder
            seeds = range(settings.seed, settings.seed + self.members)
            runs = {members / f"seed-{seed}": replace(settings, seed=seed) for seed in seeds}
            # Closed at once if this is interrupted, so that no process here continues training.
            trained = stack.enter_context(closing(train_parallel(dataset, runs, self.n_jobs)))
            for model in trained:
                models.append(model)
                if on_member is not None:
                    on_member(model)
        return sorted(models, key=lambda model: int(model.manifest["seed"]))

    def _check_same(self, who: str, begun: dict[str, Any]) -> None:
        """Raises RunError unless the committee in the directory has these members and settings."""
        recorded = TrainingSettings.from_dict(begun["settings"])
        same = replace(recorded, engine=self.settings.engine) == self.settings
        if begun.get("members") != self.members or not same:
            expected = f"the {begun.get('members')} members and the settings it was started with"
            raise RunError(complain(who, expected, "others"))


def _put_together(
    models: list[Model], dataset: Dataset, settings: TrainingSettings, manifest: dict[str, Any]
) -> CommitteeResult:
    """Builds the committee, and tests it and its members."""
    model = calibrate_model(CommitteeModel.of(models), dataset)
    if model.rejector is not None:
        _, scores = model.answer(dataset.validation.images)
        assert scores is not None
        rejector = replace(model.rejector, threshold=threshold_for(scores))
        model = replace(model, rejector=rejector)
    validation, test = dataset.validation, dataset.test
    answers = [member.predict(test.images) for member in models]
    members = tuple(
        Member(
            seed=int(member.manifest["seed"]),
            validation_accuracy=accuracy(validation.labels, member.predict(validation.images)),
            test_accuracy=accuracy(test.labels, answer),
            train_seconds=float(member.manifest["results"]["train_seconds"]),
        )
        for member, answer in zip(models, answers, strict=True)
    )
    best = int(np.argmax([member.validation_accuracy for member in members]))
    outcome = model.evaluate(test)
    against_best = mcnemar(test.labels, outcome.probabilities.argmax(axis=1), answers[best])
    seconds = sum(member.train_seconds for member in members)
    results = {
        "test_accuracy": outcome.accuracy,
        "test_interval": list(outcome.interval),
        "test_images": outcome.n,
        "test_loss": outcome.loss,
        "train_seconds": seconds,
        "epochs": settings.epochs,
        "members": [asdict(member) for member in members],
        "mcnemar": {"against_seed": members[best].seed, **asdict(against_best)},
    }
    return CommitteeResult(
        model=replace(model, manifest={**manifest, "status": FINISHED, "results": results}),
        members=members,
        best=members[best],
        test_accuracy=outcome.accuracy,
        test_interval=outcome.interval,
        against_best=against_best,
        train_seconds=seconds,
        dataset=dataset,
        run=None,
    )
