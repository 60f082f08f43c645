"""Checkpoints: everything that a run needs to continue as if it had never stopped.

After each epoch one file is replaced: the weights, the optimizer's state, the states of the random
generators and of callbacks, and the history. The schedule's position is the optimizer's number of
steps. A killed run therefore loses at most one epoch, and ends with the same weights, bit for bit, as
one that was not killed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from inkling._checks import complain
from inkling._files import CHECKPOINT, HISTORY, atomic_write
from inkling._types import AnyArray
from inkling.errors import InklingError, ModelFileError, SettingError
from inkling.model.manifest import COUNT, digest_of
from inkling.model.schema import (
    FLAG,
    PLAIN,
    TEXT,
    List,
    Object,
    checked,
    number,
    one_of,
    parse_json,
)
from inkling.model.tensors import check_fit, read_tensors, tensor_bytes
from inkling.training.callbacks import Callback
from inkling.training.history import RECORD, EpochRecord, History
from inkling.training.set_up import RunParts
from inkling.training.state import TrainingState

FORMAT = "inkling-checkpoint-3"
ADVICE = "delete it to start the run from its beginning"
GENERATOR = Object(
    {
        "bit_generator": one_of(("PCG64",)),
        "state": Object({name: number(0, 2**128 - 1, whole=True) for name in ("state", "inc")}),
        "has_uint32": number(0, 1, whole=True),
        "uinteger": number(0, 2**32 - 1, whole=True),
    }
)
"""The state of a random generator of NumPy."""
REMEMBERED = Object({}, others=Object({}, others=PLAIN))
"""The states of the callbacks besides their arrays."""


class Checkpoint(Callback):
    """Writes history and checkpoint after each epoch, after the callbacks whose state it stores."""

    def __init__(
        self,
        folder: Path,
        parts: RunParts,
        callbacks: Sequence[Callback],
        manifest: Mapping[str, Any],
    ) -> None:
        self.folder = folder
        self.parts = parts
        self.callbacks = callbacks
        same = manifest["dataset"]["sha256"], manifest["settings"], manifest["threads"]
        self.run: str = digest_of([*same, manifest["engine"]])

    def after_epoch(self, state: TrainingState, record: EpochRecord) -> None:  # noqa: ARG002
        """Replaces history and checkpoint."""
        atomic_write(self.folder / HISTORY, state.history.to_csv().encode())
        self.save()

    def save(self) -> None:
        """Replaces the checkpoint."""
        state, context = self.parts.state, self.parts.state.context
        tensors = _below("network", context.network.parameters)
        tensors |= _below("optimizer", context.optimizer.state)
        remembered = {}
        for name, callback in self._named():
            kept = callback.state_dict()
            arrays = {key: value for key, value in kept.items() if isinstance(value, np.ndarray)}
            tensors |= _below(name, arrays)
            remembered[name] = {key: kept[key] for key in kept.keys() - arrays.keys()}
        dropout = context.dropout_rng
        plain = {
            "run": self.run,
            "epoch": state.epoch,
            "ended": state.ended,
            "steps": context.optimizer.steps,
            "sampler": self.parts.sampler.state(),
            "dropout": {} if dropout is None else dict(dropout.bit_generator.state),
            "augmentation": self.parts.augment_rng.bit_generator.state,
            "callbacks": remembered,
            "history": state.history.to_list(),
        }
        checked("callback", remembered, REMEMBERED, error=SettingError)
        metadata = {"format": FORMAT, "state": json.dumps(plain)}
        tensors = dict(sorted(tensors.items()))  # a resumed run has them in another order
        atomic_write(self.folder / CHECKPOINT, tensor_bytes(tensors, metadata))

    def restore(self) -> None:
        """Restores the run from its checkpoint; without one it starts at its beginning.

        Raises ModelFileError if the file is not a checkpoint of this run.
        """
        path = self.folder / CHECKPOINT
        if not path.exists():
            return
        who = f"checkpoint {path}"
        tensors, metadata = read_tensors(path, "checkpoint", (FORMAT,), ADVICE)
        plain = parse_json(who, metadata.get("state", ""), advice=ADVICE)
        checked(who, plain, self._schema(), advice=ADVICE)
        if plain["run"] != self.run:
            got = "one of a run with other settings or data"
            raise ModelFileError(complain(who, "the checkpoint of this run", got, ADVICE))
        try:
            self._load(tensors, plain)
        except InklingError as error:
            expected, got = "the state of this run", str(error).rstrip(".")
            raise ModelFileError(complain(who, expected, got, ADVICE)) from error

    def _schema(self) -> Object:
        """Returns what the state of this run besides its arrays may be."""
        state = self.parts.state
        shuffles, drops = self.parts.sampler.state(), state.context.dropout_rng
        return Object(
            {
                "run": TEXT,
                "epoch": number(0, state.epochs, whole=True),
                "ended": FLAG,
                "steps": COUNT,
                "sampler": GENERATOR if shuffles else Object({}),
                "dropout": GENERATOR if drops else Object({}),
                "augmentation": GENERATOR,
                "callbacks": REMEMBERED,
                "history": List(RECORD),
            }
        )

    def _load(self, tensors: Mapping[str, AnyArray], plain: Mapping[str, Any]) -> None:
        state, context = self.parts.state, self.parts.state.context
        weights = _of("network", tensors)
        check_fit(context.network.parameters, weights)
        for name, values in weights.items():
            context.network.parameters[name][...] = values
        context.optimizer.load_state(_of("optimizer", tensors), plain["steps"])
        context.optimizer.prepare(context.network.parameters)  # checks that the state fits
        self.parts.sampler.restore(plain["sampler"])
        if context.dropout_rng is not None:
            context.dropout_rng.bit_generator.state = plain["dropout"]
        self.parts.augment_rng.bit_generator.state = plain["augmentation"]
        for name, callback in self._named():
            kept = {**plain["callbacks"].get(name, {}), **_of(name, tensors)}
            if kept:
                callback.load_state(kept)
        history = History.from_list(plain["history"])
        if history.column("epoch") != list(range(1, plain["epoch"] + 1)):
            got = f"epochs {history.column('epoch')}"
            raise ModelFileError(complain("history", f"epochs 1 to {plain['epoch']}", got))
        state.history, state.epoch, state.ended = history, plain["epoch"], plain["ended"]

    def _named(self) -> Iterator[tuple[str, Callback]]:
        """Yields each callback after the name of its state: its class, and which of that class it is."""
        seen: Counter[str] = Counter()
        for callback in self.callbacks:
            kind = type(callback).__name__
            seen[kind] += 1
            yield f"{kind} {seen[kind]}", callback


def _below(name: str, arrays: Mapping[str, AnyArray]) -> dict[str, AnyArray]:
    return {f"{name}/{key}": array for key, array in arrays.items()}


def _of(name: str, arrays: Mapping[str, AnyArray]) -> dict[str, AnyArray]:
    start = f"{name}/"
    return {
        key.removeprefix(start): array for key, array in arrays.items() if key.startswith(start)
    }
