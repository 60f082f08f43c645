"""Watching a run: a callback that sends events and obeys commands, for a page or another program.

    before_run → started      after_chunk → look, paused, resumed, stopped      after_epoch → epoch

An event is a dictionary of plain data for JSON. A *look* shows the network of this moment: weights,
answers to validation images, silent units, and the answer to a drawing. Looks come at the ends of
chunks, and take at most a tenth of the time. They change nothing: a run that is watched, paused and
stepped through ends with the same weights, bit for bit, as one that is not.
"""

from __future__ import annotations

import base64
import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from time import perf_counter
from typing import Any

import numpy as np

from inkling._checks import check_name, complain
from inkling._types import AnyArray, FloatArray, IntArray
from inkling.errors import SettingError
from inkling.model.metrics import confusion_matrix
from inkling.nn.activations import Activation
from inkling.nn.network import Network
from inkling.training.callbacks import Callback
from inkling.training.doctor_findings import Finding
from inkling.training.engine.arithmetic import operations_per_second, operations_per_step
from inkling.training.engine.context import TrainingContext
from inkling.training.engine.threads import blas_threads
from inkling.training.history import EpochRecord
from inkling.training.state import RunInfo, TrainingState
from inkling.training.watch_events import COMMANDS, Event

LOOK_SECONDS = 0.1
"""The shortest time between two looks."""
LOOK_SHARE = 0.1
"""The share of the time that looks may take, unless the run is paused."""
LOOK_IMAGES = 250
"""Validation images that each look classifies, at most."""
LOOK_ARITHMETIC = 0.004
"""Seconds of arithmetic in a look, about, because a large network classifies fewer images per look."""
LOOK_UNITS = 64
"""Units of the first layer whose weights are shown, at most."""
WAIT = 0.1
"""Seconds after which a paused run checks for Ctrl-C, and for a drawing that came too soon."""


class Watch(Callback):
    """Sends what a run does, and pauses or ends it on command.

    Args:
        send: receives each event, in the thread that trains.
        most_seconds: the training time after which the run ends, as by "stop".

    Attributes:
        about: more fields of the first event, such as the run directory; to be set before the run.

    Example:
        >>> import inkling
        >>> events = []
        >>> watch = Watch(events.append)
        >>> result = inkling.train("digits", hidden=(20,), epochs=2, callbacks=[watch])
        >>> [event["event"] for event in events if event["event"] != "look"]
        ['started', 'epoch', 'epoch']
    """

    def __init__(self, send: Callable[[Event], None], most_seconds: float = math.inf) -> None:
        self.about: Mapping[str, Any] = {"kind": "train", "run": None}
        self._send = send
        self._most_seconds = most_seconds
        self._next_look = 0.0
        self._answers: IntArray | None = None  # the latest for each validation image; −1 before
        self._row = 0  # of the validation image that the next look begins with
        self._changed = threading.Condition()  # guards what follows, which commands change
        self._paused = self._stepping = self._stopped = False
        self._drawing: bytes | None = None
        self._is_new = False  # whether no look has shown the drawing
        self._was_paused = False  # as of the last event; for the thread that trains

    def obey(self, command: str, drawing: bytes | None = None) -> None:
        """Obeys a command at the end of this chunk; may be called from any thread.

        Args:
            command: "pause", "resume", "stop"; "step", one chunk more of a paused run; or "drawing".
            drawing: the pixels of a normalized image; None or of another size for none.

        Raises:
            SettingError: the command is unknown.
        """
        check_name("Watch", "a command", command, COMMANDS)
        with self._changed:
            if command == "drawing":
                self._drawing, self._is_new = drawing, True
            elif command == "stop":
                self._stopped = True
            elif command == "step":
                self._stepping = self._paused
            else:
                self._paused = command == "pause"
            self._changed.notify()

    @property
    def is_paused(self) -> bool:
        """Whether the last command among "pause" and "resume" was "pause"."""
        return self._paused

    def before_run(self, info: RunInfo) -> None:
        """Sends "started"; raises SettingError for the fit of an estimator."""
        dataset, settings = info.dataset, info.settings
        if dataset is None or settings is None:
            raise SettingError(complain("Watch", "a run of inkling.train", "another one"))
        height, width = self._image_shape = dataset.train.images.shape[1:]
        sizes = height * width, *settings.hidden, len(dataset.classes)
        event = {
            "event": "started",
            **self.about,
            "data": dataset.title,
            "settings": settings.to_dict(),
            "network": "-".join(map(str, sizes)),
            "classes": list(dataset.classes),
            "image_shape": [height, width],
            "epochs": info.epochs,
            "first_epoch": info.first_epoch,
            "images": info.images,
            "note": "\n".join(filter(None, (*dataset.notes, info.note))),
        }
        self._send(event)

    def found(self, finding: Finding) -> None:
        """Sends "finding"; for ``Doctor(found=…)``."""
        self._send({"event": "finding", **finding.to_dict()})

    def after_chunk(self, state: TrainingState) -> bool:
        """Sends a look if one is due, and waits while the run is paused."""
        self._stepping = False  # if a step was made, it ends here
        is_due = self._paused or perf_counter() >= self._next_look
        if is_due:
            self._look(state)
        if self._paused and not self._stopped:
            if not is_due:  # paused just now
                self._look(state)
            self._wait(state)
        if self._was_paused and not self._paused:
            self._was_paused = False
            self._send({"event": "resumed"})
        seconds = state.history.train_seconds + state.seconds
        ends = self._stopped or seconds > self._most_seconds
        if ends:
            self._send({"event": "stopped"})
        return ends

    def after_epoch(self, state: TrainingState, record: EpochRecord) -> None:
        """Sends "epoch"; after the last one, a look at what was trained."""
        self._send({"event": "epoch", **asdict(record)})
        if state.ended or state.epoch == state.epochs:
            self._look(state)

    def _wait(self, state: TrainingState) -> None:
        """Waits until a command continues the run; answers drawings in the meantime."""
        if not self._was_paused:
            self._was_paused = True
            self._send({"event": "paused"})
        while self._is_waiting():
            if self._is_new and perf_counter() >= self._next_look:
                self._look(state)
            with self._changed:
                if self._is_waiting():
                    self._changed.wait(WAIT)

    def _is_waiting(self) -> bool:
        return self._paused and not (self._stepping or self._stopped)

    def _look(self, state: TrainingState) -> None:
        started = perf_counter()
        # A run that diverges may be watched. After a matrix product, BLAS threads spin for a while on
        # the cores that the compiled engine needs: with two of them, a run took 1.7 times as long.
        with np.errstate(all="ignore"), blas_threads(1):
            self._send(self._look_event(state))
        pause = max(LOOK_SECONDS, (perf_counter() - started) / LOOK_SHARE)
        self._next_look = started + pause

    def _look_event(self, state: TrainingState) -> Event:
        context, progress = state.context, state.progress
        confusion, silent = self._classify_more(state)
        return {
            "event": "look",
            **{name: _finite(value) for name, value in asdict(progress).items()},
            "learning_rate": state.learning_rate,
            "weights": self._first_weights(context.network),
            "confusion": confusion,
            "silent": silent,
            "drawing": self._read_drawing(context),
        }

    def _first_weights(self, network: Network) -> dict[str, Any]:
        """Returns the weights of the first layer's units, each unit scaled to ±127."""
        weights = network.parameters["dense1.weights"].T[:LOOK_UNITS]  # (U, I)
        height, width = self._image_shape
        content = base64.b64encode(_as_bytes(weights)).decode("ascii")
        return {"units": len(weights), "height": height, "width": width, "bytes": content}

    def _classify_more(self, state: TrainingState) -> tuple[list[list[int]] | None, list[float]]:
        """Classifies further validation images; without these, training images for the second result.

        Returns:
            The confusion matrix (C, C) of the latest answers to all images looked at so far, and the
            share of silent units of each hidden layer.
        """
        context = state.context
        pixels, targets = state.validation or (context.pixels, context.targets)
        rows = slice(self._row, self._row + _images_per_look(context.network))
        self._row = rows.stop if rows.stop < len(pixels) else 0
        answers, silent = _classify(context, pixels[rows].reshape(-1, context.network.inputs))
        if state.validation is None or targets.ndim != 1:
            return None, silent
        if self._answers is None:
            self._answers = np.full(len(pixels), -1, np.int64)
        self._answers[rows] = answers
        known = self._answers >= 0
        outputs = context.network.outputs
        return confusion_matrix(targets[known], self._answers[known], outputs).tolist(), silent

    def _read_drawing(self, context: TrainingContext) -> dict[str, Any] | None:
        with self._changed:
            drawing, self._is_new = self._drawing, False
        if drawing is None or len(drawing) != context.network.inputs:
            return None
        pixels = np.frombuffer(drawing, np.uint8)[np.newaxis]
        outputs = context.network.predict(context.scaling(pixels, context.network.dtype))[0]
        return {"probabilities": [_finite(value) for value in outputs.tolist()]}


def _images_per_look(network: Network) -> int:
    """Returns how many images a look classifies; a forward pass is a third of a training step."""
    seconds = operations_per_step(network, 1) / 3 / operations_per_second(network)
    return max(int(min(LOOK_IMAGES, LOOK_ARITHMETIC / seconds)), 1)


def _classify(context: TrainingContext, pixels: AnyArray) -> tuple[IntArray, list[float]]:
    """Returns the classes (N,) of pixels (N, I), and the share of silent units per hidden layer.

    A unit is silent if its output is the same for all images, as that of a dead ReLU is.
    """
    signal: FloatArray = context.scaling(pixels, context.network.dtype)
    silent = []
    for layer in context.network.layers:
        signal, _ = layer.forward(signal)
        if isinstance(layer, Activation):
            silent.append(float((signal == signal[0]).all(axis=0).mean()))
    classes: IntArray = signal.argmax(axis=1)
    return classes, silent[:-1]


def _as_bytes(weights: FloatArray) -> bytes:
    """Returns weights (U, I) as int8, each row divided by its largest magnitude and times 127."""
    weights = np.nan_to_num(weights, posinf=0.0, neginf=0.0)
    largest = np.abs(weights).max(axis=1, keepdims=True)
    scaled = weights * (127 / np.where(largest > 0, largest, 1))
    return np.rint(scaled).astype(np.int8).tobytes()


def _finite(value: Any) -> Any:
    """Returns a number, or None for NaN and infinity, which JSON does not have."""
    return value if value is None or math.isfinite(value) else None
