"""Everything a run needs to go on as if it had never stopped.

At the end of every epoch one file is replaced: the weights, the optimizer's state, where the random
generators stand, the best weights and the counter of early stopping, and the history. The schedule's
position is the optimizer's number of steps. A killed run therefore loses at most an epoch, and ends
with the same weights, bit for bit, as one that was not killed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inkling._checks import complain
from inkling._files import atomic_write
from inkling._types import FloatArray
from inkling.data.samplers import Sampler
from inkling.errors import InklingError, ModelFileError
from inkling.model.tensors import read_tensors, tensor_bytes
from inkling.training.augmenting import Augmenter
from inkling.training.early_stopping import EarlyStopping
from inkling.training.engine.choice import NUMPY, Engine
from inkling.training.engine.context import TrainingContext
from inkling.training.history import History

FORMAT = "inkling-checkpoint-1"
NUMPY_ENGINE = Engine(NUMPY, 1)
ADVICE = "delete it to start the run from its beginning"


@dataclass
class RunState:
    """The parts of a run that change; ``save`` and ``restore`` bring them to a file and back.

    Attributes:
        task: its network, optimizer and dropout generator.
        orders: the source of sample orders.
        history: the epochs done.
        early_stopping: its best weights and counter; None where the run has none.
        augmenter: its generator; None where images are seen as they are.
        engine: its name and threads, which have a say in the last digits.
    """

    task: TrainingContext
    orders: Sampler
    history: History
    early_stopping: EarlyStopping | None
    augmenter: Augmenter | None = None
    engine: Engine = NUMPY_ENGINE

    def save(self, path: Path) -> None:
        """Replaces the checkpoint, in one step."""
        tensors: dict[str, FloatArray] = {}
        tensors |= _prefixed("network", self.task.network.parameters)
        tensors |= _prefixed("optimizer", self.task.optimizer.state)
        if self.early_stopping is not None:
            tensors |= _prefixed("best", self.early_stopping.best_parameters)
        atomic_write(path, tensor_bytes(tensors, {"format": FORMAT, "state": self._plain()}))

    def _plain(self) -> str:
        dropout = self.task.dropout_rng
        augmenter, stopping = self.augmenter, self.early_stopping
        return json.dumps(
            {
                "engine": [self.engine.name, self.engine.threads],
                "steps": self.task.optimizer.steps,
                "orders": self.orders.state(),
                "dropout": None if dropout is None else dropout.bit_generator.state,
                "augmentation": None if augmenter is None else augmenter.rng.bit_generator.state,
                "early_stopping": None if stopping is None else stopping.state(),
                "history": self.history.to_list(),
            }
        )

    def restore(self, path: Path) -> None:
        """Takes everything over from a checkpoint of the same run.

        Raises:
            ModelFileError: the file is not a checkpoint of this run.
        """
        tensors, metadata = read_tensors(path, "checkpoint", ADVICE)
        if metadata.get("format") != FORMAT:
            who, got = f"checkpoint {path}", metadata.get("format", "a file without one")
            raise ModelFileError(complain(who, f"the format {FORMAT}", got, ADVICE))
        try:
            state: dict[str, Any] = json.loads(metadata["state"])
            self._take_over(tensors, state)
        except (InklingError, KeyError, TypeError, ValueError, OverflowError) as error:
            who, got = f"checkpoint {path}", f"{type(error).__name__}: {error}".rstrip(".")
            raise ModelFileError(complain(who, "the state of this run", got, ADVICE)) from error

    def _take_over(self, tensors: dict[str, FloatArray], state: dict[str, Any]) -> None:
        engine = [self.engine.name, self.engine.threads]
        if state.get("engine", engine) != engine:
            raise ModelFileError(complain("engine", _in_words(engine), _in_words(state["engine"])))
        parameters = self.task.network.parameters
        copy_into(parameters, _below("network", tensors))
        self.task.optimizer.load_state(_below("optimizer", tensors), state["steps"])
        self.orders.restore(state["orders"])
        if self.task.dropout_rng is not None:
            self.task.dropout_rng.bit_generator.state = state["dropout"]
        if self.augmenter is not None:
            self.augmenter.rng.bit_generator.state = state["augmentation"]
        if self.early_stopping is not None:
            best = _below("best", tensors)
            if best:  # there is none as long as no epoch had a finite validation loss
                check_fit(parameters, best)
            self.early_stopping.restore(state["early_stopping"], best)
        for record in History.from_list(state["history"]):
            self.history.append(record)


def _in_words(engine: list[Any]) -> str:
    name, threads = engine
    return f"{name} with {threads} thread{'' if threads == 1 else 's'}"


def copy_into(parameters: dict[str, FloatArray], values: dict[str, FloatArray]) -> None:
    """Writes values into parameters of the same names, shapes and dtypes.

    Raises:
        ModelFileError: one does not fit.
    """
    check_fit(parameters, values)
    for name, value in values.items():
        parameters[name][...] = value


def check_fit(parameters: dict[str, FloatArray], values: dict[str, FloatArray]) -> None:
    """Raises unless the values have the parameters' names, shapes and dtypes and are finite.

    Raises:
        ModelFileError: one is missing, unknown, of another shape or dtype, or not finite.
    """
    for name in {**parameters, **values}:
        wanted, given = _form(parameters.get(name)), _form(values.get(name))
        if wanted != given:
            raise ModelFileError(complain("tensors", f"{name} as {wanted}", given))
        if not np.isfinite(values[name]).all():
            raise ModelFileError(
                complain("tensors", f"finite numbers in {name}", "NaN or infinity")
            )


def _form(array: FloatArray | None) -> str:
    return "nothing" if array is None else f"{array.dtype} {array.shape}"


def _prefixed(prefix: str, arrays: dict[str, FloatArray]) -> dict[str, FloatArray]:
    return {f"{prefix}/{name}": array for name, array in arrays.items()}


def _below(prefix: str, arrays: dict[str, FloatArray]) -> dict[str, FloatArray]:
    start = prefix + "/"
    return {name[len(start) :]: array for name, array in arrays.items() if name.startswith(start)}
