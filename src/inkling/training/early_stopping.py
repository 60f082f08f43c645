"""When to stop, and which weights to keep.

After every epoch the validation loss is compared with the best so far. If it has not improved for
``patience`` epochs, the run stops, and the weights of the best epoch are put back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inkling._types import FloatArray
from inkling.training.history import EpochRecord


class EarlyStopping:
    """Keeps the weights of the epoch with the lowest validation loss.

    Args:
        patience: epochs without improvement before the run stops, at least 1.

    Attributes:
        best_epoch: the epoch with the lowest validation loss so far; 0 before the first.
        best_loss: that loss.
        waited: epochs since then.
        best_parameters: copies of the parameters of that epoch.
    """

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.best_epoch: int = 0
        self.best_loss: float = float("inf")
        self.waited: int = 0
        self.best_parameters: dict[str, FloatArray] = {}

    def see(self, record: EpochRecord, parameters: Mapping[str, FloatArray]) -> bool:
        """Looks at an epoch and returns whether the run should stop."""
        assert record.validation_loss is not None
        if record.validation_loss < self.best_loss:
            self.best_epoch, self.best_loss = record.epoch, record.validation_loss
            self.waited = 0
            self.best_parameters = {name: array.copy() for name, array in parameters.items()}
        else:
            self.waited += 1
        return self.waited >= self.patience

    def put_back(self, parameters: Mapping[str, FloatArray]) -> None:
        """Writes the best epoch's values into the parameters."""
        for name, best in self.best_parameters.items():
            parameters[name][...] = best

    def state(self) -> dict[str, Any]:
        """Returns the counters as plain data; the arrays are ``best_parameters``."""
        return {
            "best_epoch": self.best_epoch,
            "best_loss": self.best_loss,
            "waited": self.waited,
        }

    def restore(self, state: Mapping[str, Any], best_parameters: dict[str, FloatArray]) -> None:
        """Goes back to where ``state()`` was taken."""
        self.best_epoch = int(state["best_epoch"])
        self.best_loss = float(state["best_loss"])
        self.waited = int(state["waited"])
        self.best_parameters = best_parameters
