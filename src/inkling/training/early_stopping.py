"""Early stopping: when to stop, and which weights to keep.

After each epoch the validation loss is compared with the best so far. If it has not improved for
``patience`` epochs, the run ends, and ``restore_best`` puts back the weights of the best epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inkling._types import FloatArray
from inkling.model.tensors import check_fit
from inkling.nn.network import Network
from inkling.training.callbacks import Callback
from inkling.training.history import EpochRecord
from inkling.training.state import TrainingState


class EarlyStopping(Callback):
    """Keeps the weights of the epoch with the lowest validation loss."""

    def __init__(self, network: Network, patience: int) -> None:
        self.network = network
        self.patience = patience
        self.best_epoch: int = 0
        self.best_loss: float = float("inf")
        self.waited: int = 0  # epochs since the best one
        self.best_parameters: dict[str, FloatArray] = {}

    def after_epoch(self, state: TrainingState, record: EpochRecord) -> bool:  # noqa: ARG002
        """Compares the epoch with the best one; returns whether the run should end."""
        assert record.validation_loss is not None
        self.waited += 1
        if record.validation_loss < self.best_loss:
            self.best_epoch, self.best_loss, self.waited = record.epoch, record.validation_loss, 0
            parameters = self.network.parameters.items()
            self.best_parameters = {name: array.copy() for name, array in parameters}
        return self.waited >= self.patience

    def restore_best(self) -> None:
        """Writes the best epoch's values into the network's parameters."""
        for name, best in self.best_parameters.items():
            self.network.parameters[name][...] = best

    def state_dict(self) -> dict[str, Any]:
        """Returns the counters and the best parameters."""
        names = ("best_epoch", "best_loss", "waited")
        return {**{name: getattr(self, name) for name in names}, **self.best_parameters}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restores them; raises ModelFileError if the parameters do not fit the network."""
        parameters = self.network.parameters
        best = {name: state[name] for name in parameters if name in state}
        if best:
            check_fit(parameters, best)
        self.best_epoch = int(state["best_epoch"])
        self.best_loss = float(state["best_loss"])
        self.waited = int(state["waited"])
        self.best_parameters = best
