"""What changes during a run: the loop writes it, callbacks read it, a checkpoint stores it."""

from __future__ import annotations

from dataclasses import dataclass, field

from inkling._types import AnyArray, IntArray
from inkling.data.dataset import Dataset
from inkling.model.evaluate import evaluate
from inkling.training.engine.context import EpochSums, TrainingContext
from inkling.training.history import EpochRecord, History
from inkling.training.settings import TrainingSettings


@dataclass(frozen=True)
class RunInfo:
    """What a run will do."""

    epochs: int  # the number of the last one
    first_epoch: int  # above 1 in a resumed run
    images: int  # per epoch
    network: str  # in one line
    note: str = ""  # helps to interpret the numbers
    dataset: Dataset | None = field(default=None, repr=False)  # None in the fit of an estimator
    settings: TrainingSettings | None = None
    state: TrainingState | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Progress:
    """The progress of an epoch; loss and accuracy are means over its images so far."""

    epoch: int  # from 1
    images: int
    loss: float
    accuracy: float | None  # None if targets are not labels
    images_per_second: float


@dataclass(eq=False)
class TrainingState:
    """The current state of a run; ``sums`` and ``seconds`` are those of the current epoch."""

    context: TrainingContext
    epochs: int  # the number of the last one
    validation: tuple[AnyArray, AnyArray] | None = None  # pixels (N, …) and targets
    history: History = field(default_factory=History)
    epoch: int = 0  # 0 before the first
    sums: EpochSums = field(default_factory=EpochSums)
    seconds: float = 0.0  # of the engine alone
    learning_rate: float = 0.0  # of the last step
    ended: bool = False  # by a callback
    order: IntArray | None = None  # the rows of the pixels, as the current epoch visits them

    @property
    def progress(self) -> Progress:
        """The progress of the current epoch."""
        sums, has_labels = self.sums, self.context.targets.ndim == 1
        return Progress(
            epoch=self.epoch,
            images=sums.samples,
            loss=sums.loss / sums.weight if sums.weight else 0.0,
            accuracy=sums.n_correct / sums.samples if has_labels else None,
            images_per_second=sums.samples / self.seconds,
        )

    def evaluate_and_record(self) -> EpochRecord:
        """Returns the record of the current epoch, with the validation set evaluated now.

        Raises DivergenceError if an output of the network is not finite.
        """
        context, progress, outcome = self.context, self.progress, None
        if self.validation is not None:
            outcome = evaluate(context.network, *self.validation, context.loss, context.scaling)
        return EpochRecord(
            epoch=self.epoch,
            train_loss=progress.loss,
            train_accuracy=progress.accuracy,
            validation_loss=outcome.loss if outcome else None,
            validation_accuracy=outcome.accuracy if outcome else None,
            learning_rate=self.learning_rate,
            seconds=self.seconds,
            images_per_second=progress.images_per_second,
        )
