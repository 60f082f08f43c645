"""A committee: several networks, trained apart, that answer together.

    settings, seeds 0, 1, 2 …  →  a run each  →  the mean of their probabilities  →  tested, once

The members differ in their random numbers only: first weights, order of the images, dropout,
augmentation. ``side_by_side.py`` trains them, ``committee_model.py`` is what comes out.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from inkling._checks import check_range, complain
from inkling._types import FloatArray
from inkling.compiled.engine import machine_code
from inkling.data.dataset import Dataset, load_dataset
from inkling.errors import DataError, RunError, SettingError
from inkling.model.committee import CommitteeModel
from inkling.model.evaluate import BATCH
from inkling.model.metrics import McNemar, accuracy, mcnemar, wilson_interval
from inkling.model.model import Classifier, Model
from inkling.training.engine.choice import COMPILED
from inkling.training.engine.threads import blas_threads
from inkling.training.parallel import THREADS, load_joblib, train_parallel
from inkling.training.post_training import calibrate_model, threshold_for
from inkling.training.run_directory import (
    COMMITTEE_MANIFEST,
    FINISHED,
    MEMBERS,
    RunDirectory,
    describe_run,
)
from inkling.training.set_up import engine_for
from inkling.training.settings import TrainingSettings


@dataclass(frozen=True)
class Member:
    """What one member reaches alone.

    Attributes:
        seed: of its random numbers.
        validation_accuracy: the share of the validation images that it has right.
        test_accuracy: the share of the test images.
        train_seconds: how long its training took.
    """

    seed: int
    validation_accuracy: float
    test_accuracy: float
    train_seconds: float


@dataclass(frozen=True)
class CommitteeResult:
    """What came out.

    Attributes:
        model: the committee, which answers, is saved and loaded like any other model.
        members: what each member reaches alone, in the order of their seeds.
        best: the member that is best on the validation images, the first of equals.
        test_accuracy: the share of the test set that the committee has right.
        test_interval: its 95 % Wilson interval [low, high].
        against_best: McNemar's test of the committee (first) against that member (second), on the test
            set.
        train_seconds: the training time of all members together.
        dataset: what it was trained and tested on.
        run: the directory; None where none was asked for.
    """

    model: CommitteeModel
    members: tuple[Member, ...]
    best: Member
    test_accuracy: float
    test_interval: tuple[float, float]
    against_best: McNemar
    train_seconds: float
    dataset: Dataset
    run: Path | None


class Committee:
    """Trains several networks that differ in their seed, side by side, and lets them answer together.

    Under ``joblib.parallel_config("dask")`` the workers of a cluster train them; the result is the same,
    bit for bit, however many there are and whichever of them die (on equal processors). Whoever
    interrupts it ends the processes of this machine; a cluster's workers go on to the end of the member
    that they are training, for nobody.

    Args:
        members: M, how many networks, at least 2.
        settings: the settings of each; the defaults where there are none. The members' seeds are
            ``seed``, ``seed + 1`` …
        n_jobs: how many are trained at a time on this machine; −1 for all cores, None for one. A
            cluster trains as many as it has cores, whatever this says.
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
        if n_jobs is not None:
            check_range("Committee", "n_jobs", n_jobs, low=-1, whole=True)
            if n_jobs == 0:
                raise SettingError(complain("Committee", "n_jobs of 1 or more, or −1", 0))
        self.members = members
        self.settings: TrainingSettings = (settings or TrainingSettings()).with_changes(**changes)
        self.n_jobs = n_jobs

    def train(
        self,
        dataset: Dataset | str | Path = "mnist",
        *,
        run: str | Path | None = None,
        resume: bool = False,
        on_member: Callable[[Model], object] | None = None,
        on_remark: Callable[[str], object] | None = None,
    ) -> CommitteeResult:
        """Trains the members, puts them together, and tests all of them, once.

        Args:
            dataset: a data set, or what ``load_dataset`` takes; with validation images.
            run: a directory for the committee, and below it, in ``members``, a run directory for each
                member; nothing is left behind without one.
            resume: go on in that directory: members that are finished there are not trained again.
            on_member: is called with each member when it is done; its seed is ``manifest["seed"]``.
            on_remark: is called before the first one begins, if there is something that one should know
                about the choice of the engine.

        Raises:
            DataError: there are no validation images, by which the best member is chosen.
            RunError: the directory holds a run or a model already, or a committee with other settings;
                or workers were killed again and again.
            DivergenceError: a member's loss is not finite any more.
            MissingExtraError: joblib is not installed.
        """
        load_joblib()  # its absence is said before anything is written
        if not isinstance(dataset, Dataset):
            dataset = load_dataset(dataset)
        if not len(dataset.validation):
            advice = "hold images out, by --validation or load_dataset(…, validation=…)"
            raise DataError(complain("committee", "a validation set to choose by", "none", advice))
        if resume and run is None:
            raise SettingError(complain("committee", "a directory to resume in", "none"))
        directory = None if run is None else RunDirectory(Path(run), COMMITTEE_MANIFEST)
        begun = directory if resume else None
        settings = self.settings if begun is None else self._settings_to_resume(begun, dataset)
        # The engine is chosen here: "auto" might mean another one elsewhere.
        engine = engine_for(dataset, settings, THREADS, begun)
        settings = replace(settings, engine=engine.name)
        manifest = describe_run(dataset, settings, THREADS, engine.name)
        manifest["members"] = self.members
        if begun is not None:
            manifest["started"] = begun.read_manifest()["started"]
        elif directory is not None:
            directory.start(manifest)
        if engine.note and on_remark is not None:
            on_remark(engine.note)
        if engine.name == COMPILED:  # made once, or else by each process, all at a time
            machine_code(settings.dtype)
        with blas_threads(THREADS):  # here too, as the last digits depend on it
            models = self._train_members(dataset, settings, directory, on_member)
            result = _put_together(models, dataset.without_first(settings.drop_first), manifest)
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
        """The members in the order of their seeds, wherever and whenever they were trained."""
        models = []
        with ExitStack() as stack:
            folder = (
                directory.path if directory else Path(stack.enter_context(TemporaryDirectory()))
            ).absolute()  # a worker may have been started elsewhere
            runs = self._runs(folder, settings)
            # Closed at once if this is interrupted, so that no process of this machine trains on behind
            # its back. Nothing stops a cluster's worker amid a member.
            arriving = stack.enter_context(closing(train_parallel(dataset, runs, self.n_jobs)))
            for model in arriving:
                models.append(model)
                if on_member is not None:
                    on_member(model)
        return sorted(models, key=lambda model: int(model.manifest["seed"]))

    def _runs(self, folder: Path, settings: TrainingSettings) -> dict[Path, TrainingSettings]:
        """The settings of each member, by the directory of its run."""
        seeds = range(settings.seed, settings.seed + self.members)
        return {folder / MEMBERS / f"seed-{seed}": replace(settings, seed=seed) for seed in seeds}

    def _settings_to_resume(self, directory: RunDirectory, dataset: Dataset) -> TrainingSettings:
        settings = directory.settings_to_resume(dataset)
        members = directory.read_manifest().get("members")
        if (
            members != self.members
            or replace(settings, engine=self.settings.engine) != self.settings
        ):
            expected = f"the {members} members and the settings it was started with"
            raise RunError(complain(f"run {directory.path}", expected, "others"))
        return settings


def _put_together(
    models: list[Model], dataset: Dataset, manifest: dict[str, Any]
) -> CommitteeResult:
    """Makes the committee, and tests it and its members."""
    model = calibrate_model(CommitteeModel.of(models), dataset)
    if model.rejector is not None:
        threshold = threshold_for(_scores(model, dataset))
        model = replace(model, rejector=replace(model.rejector, threshold=threshold))
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
    loss = TrainingSettings.from_dict(manifest["settings"]).build_reported_loss()
    outcome = model.evaluate(test.images, test.labels, loss)
    assert outcome.accuracy is not None
    interval = wilson_interval(round(outcome.accuracy * len(test)), len(test))
    test_of_best = mcnemar(test.labels, outcome.outputs.argmax(axis=1), answers[best])
    seconds = sum(member.train_seconds for member in members)
    results = {
        "test_accuracy": outcome.accuracy,
        "test_interval": list(interval),
        "test_images": len(test),
        "test_loss": outcome.loss,
        "train_seconds": seconds,
        "epochs": manifest["settings"]["epochs"],
        "members": [asdict(member) for member in members],
        "mcnemar": {"against_seed": members[best].seed, **asdict(test_of_best)},
    }
    model = replace(model, manifest={**manifest, "status": FINISHED, "results": results})
    return CommitteeResult(
        model,
        members,
        members[best],
        outcome.accuracy,
        interval,
        test_of_best,
        seconds,
        dataset,
        None,
    )


def _scores(model: Classifier, dataset: Dataset) -> FloatArray:
    """The non-digit scores (N,) of the validation images."""
    images, scores = dataset.validation.images, []
    for start in range(0, len(images), BATCH):
        _, part = model.answer(images[start : start + BATCH])
        assert part is not None
        scores.append(part)
    return np.concatenate(scores)
