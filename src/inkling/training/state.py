"""What changes during a run: the loop writes it, callbacks read it, a checkpoint stores it."""

from __future__ import annotations

from dataclasses import dataclass, field

from inkling._types import AnyArray
from inkling.model.evaluate import evaluate
from inkling.training.engine.context import EpochSums, TrainingContext
from inkling.training.history import EpochRecord, History


@dataclass(frozen=True)
class RunInfo:
    """What a run is going to do.

    Attributes:
        epochs: the number of the last epoch.
        first_epoch: the number of the first one; above 1 for a resumed run.
        images: samples per epoch.
        network: the network in one line.
        note: what the user should know to read the numbers; may be empty.
    """

    epochs: int
    first_epoch: int
    images: int
    network: str
    note: str = ""


@dataclass(frozen=True)
class Progress:
    """How far an epoch has come.

    Attributes:
        epoch: its number, from 1.
        images: samples trained on in it so far.
        loss: the mean loss over them.
        accuracy: the share of them classified correctly; None if targets are not labels.
        images_per_second: in this epoch so far.
    """

    epoch: int
    images: int
    loss: float
    accuracy: float | None
    images_per_second: float


@dataclass(eq=False)
class TrainingState:
    """The current state of a run.

    Attributes:
        context: what is trained, on what: network, optimizer, data.
        epochs: the number of the last epoch.
        validation: pixels (N, …) and targets to evaluate after each epoch; None for none.
        history: the records of the epochs done.
        epoch: the number of the current epoch; 0 before the first.
        sums: over the batches of the current epoch so far.
        seconds: how long the current epoch has trained so far.
        ended: whether a callback has ended the run.
    """

    context: TrainingContext
    epochs: int
    validation: tuple[AnyArray, AnyArray] | None = None
    history: History = field(default_factory=History)
    epoch: int = 0
    sums: EpochSums = field(default_factory=EpochSums)
    seconds: float = 0.0
    ended: bool = False

    @property
    def progress(self) -> Progress:
        """How far the current epoch has come."""
        sums, has_labels = self.sums, self.context.targets.ndim == 1
        return Progress(
            epoch=self.epoch,
            images=sums.samples,
            loss=sums.loss / sums.weight if sums.weight else 0.0,
            accuracy=sums.n_correct / sums.samples if has_labels else None,
            images_per_second=sums.samples / self.seconds,
        )

    def record(self, learning_rate: float) -> EpochRecord:
        """Returns the record of the current epoch, with the validation set evaluated now.

        Raises:
            DivergenceError: an output of the network is not finite.
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
            learning_rate=learning_rate,
            seconds=self.seconds,
            images_per_second=progress.images_per_second,
        )
