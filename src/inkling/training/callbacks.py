"""Those who watch a run. A callback sees records; it never touches the network.

    on_start → (on_progress … on_epoch) … → on_end

``on_end`` comes whatever happens, so that a progress bar can close. To write one, inherit from
``Callback`` and override what you need.
"""

from __future__ import annotations

from dataclasses import dataclass

from inkling.training.history import EpochRecord


@dataclass(frozen=True)
class RunInfo:
    """What a run is going to do.

    Attributes:
        epochs: how many epochs it has in all.
        first_epoch: the epoch it starts with; above 1 for a resumed run.
        images: samples an epoch.
        network: the network in one line.
        remark: what one should know to read the figures; empty where there is nothing.
    """

    epochs: int
    first_epoch: int
    images: int
    network: str
    remark: str = ""


@dataclass(frozen=True)
class Progress:
    """How far an epoch has come.

    Attributes:
        epoch: its number, from 1.
        images: samples trained on in it so far.
        loss: the mean loss over them.
        accuracy: the share of them that was right; None where targets are not labels.
        images_per_second: in this epoch so far.
    """

    epoch: int
    images: int
    loss: float
    accuracy: float | None
    images_per_second: float


class Callback:
    """Watches a run; every method does nothing until a subclass says otherwise."""

    def on_start(self, plan: RunInfo) -> None:
        """Is called before the first step."""

    def on_progress(self, progress: Progress) -> None:
        """Is called every few thousand samples."""

    def on_epoch(self, record: EpochRecord) -> None:
        """Is called after every epoch, when its checkpoint is safe."""

    def on_end(self) -> None:
        """Is called last, also when the run was interrupted."""
