"""Early stopping: when to stop, and which weights to keep.

After each epoch the validation loss is compared with the best so far. If it has not improved for
``patience`` epochs, the run ends, and ``restore_best`` puts back the weights of the best epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from inkling._types import FloatArray
from inkling.model.manifest import COUNT
from inkling.model.schema import Maybe, Object, Schema, checked, number
from inkling.model.tensors import check_fit
from inkling.nn.network import Network
from inkling.training.callbacks import Callback
from inkling.training.history import EpochRecord
from inkling.training.state import TrainingState

COUNTERS: dict[str, Schema] = {"best_epoch": COUNT, "best_loss": Maybe(number()), "waited": COUNT}
STATE = Object(COUNTERS)
"""What ``load_state`` accepts besides the best parameters."""


class EarlyStopping(Callback):
    """Keeps the weights of the epoch with the lowest validation loss."""

    def __init__(self, network: Network, patience: int) -> None:
        self.network = network
        self.patience = patience
        self.best_epoch: int = 0
        self.best_loss: float | None = None
        self.waited: int = 0  # epochs since the best one
        self.best_parameters: dict[str, FloatArray] = {}

    def after_epoch(self, state: TrainingState, record: EpochRecord) -> bool:  # noqa: ARG002
        """Compares the epoch with the best one; returns whether the run should end."""
        assert record.validation_loss is not None
        self.waited += 1
        if self.best_loss is None or record.validation_loss < self.best_loss:
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
        return {**{name: getattr(self, name) for name in COUNTERS}, **self.best_parameters}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restores them; raises ModelFileError if they are damaged or do not fit the network."""
        best = {name: kept for name, kept in state.items() if isinstance(kept, np.ndarray)}
        checked("EarlyStopping", {name: state[name] for name in state.keys() - best.keys()}, STATE)
        if best or state["best_epoch"]:
            check_fit(self.network.parameters, best)
            best = {name: best[name] for name in self.network.parameters}
        for name in COUNTERS:
            setattr(self, name, state[name])
        self.best_parameters = best
