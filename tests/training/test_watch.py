"""Watching: events compared with values computed by hand, and commands that change no number."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from inkling._types import FloatArray
from inkling.data.dataset import Dataset
from inkling.data.split import Split
from inkling.errors import SettingError
from inkling.training import loop, watch
from inkling.training.callbacks import Callback
from inkling.training.result import TrainingResult
from inkling.training.run import train
from inkling.training.state import RunInfo, TrainingState
from inkling.training.watch import Watch
from inkling.training.watch_events import Event, failed_event, finished_event

SMALL: dict[str, Any] = {"hidden": (13,), "batch_size": 25, "epochs": 3, "dropout": 0.2}
CHUNKS = 5
"""Per epoch: 50, 50, 50, 50 and 3 images."""


@pytest.fixture(autouse=True)
def _every_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small chunks, a look after each, and ten validation images per look."""
    monkeypatch.setattr(loop, "CHUNK", 50)
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(watch, "LOOK_SHARE", np.inf)
    monkeypatch.setattr(watch, "LOOK_IMAGES", 10)


class Weights(Callback):
    """Copies the weights after each chunk."""

    def __init__(self) -> None:
        self.copies: list[dict[str, FloatArray]] = []

    def after_chunk(self, state: TrainingState) -> None:
        """Copies them."""
        parameters = state.context.network.parameters
        self.copies.append({name: array.copy() for name, array in parameters.items()})


def same(result: TrainingResult) -> Any:
    """What must be equal: every bit of the weights, and the history without its times."""
    network = result.model.network
    history = [replace(record, seconds=0.0, images_per_second=0.0) for record in result.history]
    weights = {name: array.tobytes() for name, array in network.parameters.items()}
    return weights, history, result.test_loss


def by_hand(weights: dict[str, FloatArray], images: Any) -> tuple[FloatArray, FloatArray]:
    """The hidden layer and the probabilities, in plain NumPy."""
    x = (images.reshape(len(images), -1) / 255).astype(np.float32)
    hidden = np.maximum(x @ weights["dense1.weights"] + weights["dense1.bias"], 0)
    e = np.exp(hidden @ weights["dense2.weights"] + weights["dense2.bias"])
    return hidden, e / e.sum(axis=1, keepdims=True)


def test_looks_show_the_network_of_the_moment(strokes: Dataset) -> None:
    """Weights, confusion matrix, silent units and the drawing, after every chunk."""
    events: list[Event] = []
    watcher, spy = Watch(events.append), Weights()
    watcher.obey("drawing", strokes.test.images[0].tobytes())
    settings = {**SMALL, "optimizer": "sgd", "learning_rate": 2.0}  # kills some units
    result = train(strokes, **settings, callbacks=[spy, watcher])
    looks = [event for event in events if event["event"] == "look"]
    assert json.loads(json.dumps(events, allow_nan=False)) == events
    assert len(looks) == len(spy.copies) + 1 == 3 * CHUNKS + 1  # one more after the last epoch
    held_out, answers, start = strokes.validation, np.full(37, -1), 0
    for look, weights in zip(looks, spy.copies, strict=False):
        rows = np.arange(start, min(start + 10, 37))
        start = (start + 10) % 40
        hidden, probabilities = by_hand(weights, held_out.images[rows])
        answers[rows] = probabilities.argmax(axis=1)
        confusion = np.zeros((10, 10), int)
        for truth, answer in zip(held_out.labels, answers, strict=True):
            if answer >= 0:
                confusion[truth, answer] += 1
        assert look["confusion"] == confusion.tolist()
        assert look["silent"] == [sum(len(set(unit)) == 1 for unit in hidden.T) / 13]
        _, [read] = by_hand(weights, strokes.test.images[:1])
        assert look["drawing"]["probabilities"] == pytest.approx(read.tolist(), abs=1e-5)
        first = weights["dense1.weights"].T
        scaled = np.rint(127 * first / np.abs(first).max(axis=1, keepdims=True)).astype(np.int8)
        content = base64.b64decode(look["weights"].pop("bytes"))
        assert look["weights"] == {"units": 13, "height": 28, "width": 28}
        np.testing.assert_array_equal(np.frombuffer(content, np.int8).reshape(13, -1), scaled)
    assert len({look["silent"][0] for look in looks}) > 1
    assert [look["images"] for look in looks[:CHUNKS]] == [50, 100, 150, 200, 203]
    last = looks[CHUNKS - 1]
    record = result.history[0]
    assert (last["loss"], last["accuracy"]) == (record.train_loss, record.train_accuracy)
    assert last["learning_rate"] == record.learning_rate


def test_the_other_events(strokes: Dataset) -> None:
    """What a run is, its epochs, and how it ended."""
    events: list[Event] = []
    watcher = Watch(events.append)
    watcher.about = {"kind": "train", "run": "runs/a"}
    result = train(strokes, **SMALL, callbacks=[watcher])
    started, *others = [event for event in events if event["event"] != "look"]
    assert started.pop("settings")["hidden"] == [13]
    assert started == {
        **{"event": "started", "kind": "train", "run": "runs/a", "data": "strokes"},
        **{"network": "784-13-10", "classes": list("0123456789"), "image_shape": [28, 28]},
        **{"epochs": 3, "first_epoch": 1, "images": 203},
        "note": "labels smoothed by 0.1: the loss cannot fall below 0.50",
    }
    assert others == [{"event": "epoch", **vars(record)} for record in result.history]
    assert finished_event(result) == {
        "event": "finished",
        "run": None,
        "test_accuracy": result.test_accuracy,
        "test_interval": list(result.test_interval),
        "train_seconds": result.train_seconds,
    }


def obeying(script: Callable[[Watch, Event], object]) -> tuple[Watch, list[str]]:
    """A watch whose events call a script that gives commands, and the kinds of the events."""
    kinds: list[str] = []

    def send(event: Event) -> None:
        kinds.append(event["event"])
        script(watcher, event)

    watcher = Watch(send)
    return watcher, kinds


def test_pauses_steps_and_drawings_change_no_number(strokes: Dataset) -> None:
    """Paused at once, three chunks step by step, a drawing, then to the end: the same run."""
    commands = iter(["step", "step", "step", "drawing", "resume"])

    def script(watcher: Watch, event: Event) -> None:
        if event["event"] == "started":
            watcher.obey("pause")
        elif "paused" in kinds and watcher.is_paused:
            command = next(commands)
            watcher.obey(command, bytes(784) if command == "drawing" else None)

    watcher, kinds = obeying(script)
    expected = train(strokes, **SMALL)
    assert same(train(strokes, **SMALL, callbacks=[watcher])) == same(expected)
    assert next(commands, None) is None
    start = ["started", "look", "paused", "look", "look", "look", "look", "resumed", "look"]
    assert kinds[: len(start)] == start
    assert kinds.count("look") == 3 * CHUNKS + 1 + 1


@pytest.mark.parametrize("paused", [False, True])
def test_stop_ends_and_finishes_the_run(strokes: Dataset, paused: bool) -> None:
    """After the second chunk; the model is tested as that of any run."""

    def script(watcher: Watch, event: Event) -> None:
        if event["event"] == "look" and event["images"] == 100:
            for command in ("pause", "stop")[not paused :]:
                watcher.obey(command)

    watcher, kinds = obeying(script)
    result = train(strokes, **SMALL, callbacks=[watcher])
    assert len(result.history) == 1
    assert kinds == ["started", "look", "look", "stopped", "epoch", "look"]
    assert result.model.manifest["results"]["epochs"] == 1


def test_a_limit_of_time_ends_the_run(strokes: Dataset) -> None:
    """As "stop" does; the time is that of training."""
    watcher = Watch(lambda _: None, most_seconds=0.0)
    result = train(strokes, **SMALL, callbacks=[watcher])
    assert len(result.history) == 1
    assert result.history.train_seconds < 10


def test_looks_take_a_tenth_of_the_time(strokes: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """With chunks of 50 ms and looks of 30 ms, one look every 300 to 350 ms."""
    now, starts = 0.0, []
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(watch, "LOOK_SHARE", 0.1)
    monkeypatch.setattr(watch, "perf_counter", lambda: now)

    class Chunk(Callback):
        def after_chunk(self, state: TrainingState) -> None:  # noqa: ARG002
            nonlocal now
            now += 0.05

    def send(event: Event) -> None:
        nonlocal now
        if event["event"] == "look":
            starts.append(now)
            now += 0.03

    train(strokes, **{**SMALL, "epochs": 9}, callbacks=[Chunk(), Watch(send)])
    assert np.diff(starts[:-1]).min() >= 0.3 - 1e-9  # the last one comes at the end of the run
    assert np.diff(starts).max() <= 0.35


def test_without_validation_images(strokes: Dataset) -> None:
    """No confusion matrix; silent units are those of training images."""
    none = Split(strokes.validation.images[:0], strokes.validation.labels[:0])
    looks: list[Event] = []
    train(replace(strokes, validation=none), **SMALL, callbacks=[Watch(looks.append)])
    assert {look["confusion"] for look in looks if look["event"] == "look"} == {None}
    assert all(0 <= look["silent"][0] < 1 for look in looks if look["event"] == "look")


def test_wrong_use() -> None:
    """An unknown command, and a run that has no data set."""
    with pytest.raises(SettingError, match="pause, resume, step, stop, drawing, got 'halt'"):
        Watch(print).obey("halt")
    with pytest.raises(SettingError, match=r"a run of inkling\.train"):
        Watch(print).before_run(RunInfo(1, 1, 1, ""))


def test_a_failed_run_says_how_to_resume(strokes: Dataset, tmp_path: Any) -> None:
    """If there is something to resume."""
    run = tmp_path / "a run"
    assert failed_event("It broke.", str(run))["error"] == "It broke."
    with pytest.raises(KeyboardInterrupt):
        train(strokes, run=run, **SMALL, callbacks=[Interrupt()])
    command = f"inkling train --resume '{run}'"
    event = failed_event("It broke.", str(run))
    assert (event["reason"], event["resume"]) == ("It broke.", command)
    assert event["error"] == f"It broke; to resume: {command}."


class Interrupt(Callback):
    """Interrupts a run after its first chunk."""

    def after_chunk(self, state: TrainingState) -> None:  # noqa: ARG002
        """Raises KeyboardInterrupt."""
        raise KeyboardInterrupt
