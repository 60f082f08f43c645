"""The choice of the engine: a rule that looks at no clock, and runs that keep to what was chosen."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.compiled import jit
from inkling.data.dataset import Dataset
from inkling.errors import RunError, SettingError
from inkling.nn.losses import CrossEntropy
from inkling.nn.mlp import build_mlp
from inkling.optim.optimizers import build_optimizer
from inkling.training.callbacks import Callback
from inkling.training.engine import arithmetic, choice
from inkling.training.engine.arithmetic import CALLS, INSTRUCTION_SETS
from inkling.training.engine.choice import (
    COMPILING,
    EngineChoice,
    choose_engine,
    compile_ahead,
    compiled_threads_for,
    recorded_engine,
    seconds_saved,
)
from inkling.training.engine.context import TrainingContext
from inkling.training.engine.prediction import LOADING
from inkling.training.result import TrainingResult
from inkling.training.run import train
from inkling.training.run_directory import RunDirectory
from inkling.training.set_up import set_up
from inkling.training.settings import TrainingSettings
from inkling.training.state import RunInfo, TrainingState


def make_task(*hidden: int, optimizer: str = "sgd", ink: int = 0, **parts: Any) -> TrainingContext:
    """A task on blank images, or on such as are full of ink."""
    network = build_mlp((784, *hidden, 10), rng=np.random.default_rng(0))
    pixels, labels = np.full((300, 784), ink, np.uint8), np.zeros(300, int)
    given = {"network": network, "optimizer": build_optimizer(optimizer), **parts}
    return TrainingContext(loss=CrossEntropy(), pixels=pixels, targets=labels, **given)


@pytest.fixture(autouse=True)
def _same_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule's result on any machine is that of one with AVX-512 and two cores."""
    monkeypatch.setattr(arithmetic, "instruction_set", lambda: INSTRUCTION_SETS[0])
    monkeypatch.setattr("inkling.training.engine.threads.available_cores", lambda: 2)


@pytest.fixture(params=[False, True], ids=["cold", "warm"])
def cached(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether machine code is on the disk."""
    monkeypatch.setattr(jit, "is_cached", lambda _: request.param)
    return bool(request.param)


def test_auto_weighs_what_is_saved_against_what_it_costs(cached: bool) -> None:
    """One step on either side of the point where loading, or compiling as well, is paid back."""
    pytest.importorskip("numba")
    task = make_task(100)
    cost = LOADING if cached else LOADING + COMPILING
    enough = int(cost / seconds_saved(task, 100)) + 1
    assert choose_engine("auto", task, 100, enough - 1).name == "numpy"
    chosen = choose_engine("auto", task, 100, enough)
    assert chosen.name == "compiled"
    assert bool(chosen.note) != cached  # that it is compiled first


def test_what_saves_more() -> None:
    """Blank pixels, a larger batch and a wider layer that skip more, and states to update."""
    saved = seconds_saved(make_task(100), 100)
    assert seconds_saved(make_task(100), 200) > saved
    assert seconds_saved(make_task(200), 100) > saved
    assert seconds_saved(make_task(100, optimizer="adam"), 100) > saved
    assert seconds_saved(make_task(100, ink=9), 100) < saved
    assert seconds_saved(make_task(100), 4096) < 0
    assert seconds_saved(make_task(100, ink=9), 200) < seconds_saved(make_task(100, ink=9), 100) < 0


def test_slower_instructions_save_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is skipped would have taken longer; it is shared if NumPy uses all cores."""
    saved = seconds_saved(make_task(100), 100)
    larger = seconds_saved(make_task(1000), 100)
    assert larger == pytest.approx(CALLS + (saved - CALLS) * 10 / 2)  # two cores
    monkeypatch.setattr(arithmetic, "instruction_set", lambda: INSTRUCTION_SETS[1])
    assert seconds_saved(make_task(100), 100) > saved


STEPS = 430  # 55,000 images in batches of 128


@pytest.mark.parametrize("instructions", INSTRUCTION_SETS[:3], ids=lambda one: one.name)
@pytest.mark.parametrize(
    ("hidden", "batch_size", "optimizer", "steps", "cold"),
    [
        ((256,), 128, "adam", 10 * STEPS, "numpy"),  # the default run
        ((100,), 100, "sgd", 5 * 550, "numpy"),
        ((28,), 1, "sgd", 1 * 55_000, "numpy"),
        ((28,), 1, "sgd", 10 * 55_000, "compiled"),
    ],
)
def test_what_the_rule_selects(
    monkeypatch: pytest.MonkeyPatch,
    instructions: arithmetic.InstructionSet,
    hidden: tuple[int, ...],
    batch_size: int,
    optimizer: str,
    steps: int,
    cold: str,
) -> None:
    """The compiled engine once it is compiled; before, NumPy for a run that is over by then."""
    pytest.importorskip("numba")
    monkeypatch.setattr(arithmetic, "instruction_set", lambda: instructions)
    task = make_task(*hidden, optimizer=optimizer)
    for is_cached, expected in ((True, "compiled"), (False, cold)):
        monkeypatch.setattr(jit, "is_cached", lambda _, answer=is_cached: answer)
        assert choose_engine("auto", task, batch_size, steps).name == expected


def test_compiling_ahead_says_what_prevents_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In this order: not installed, cannot be loaded, cannot be stored; else it is empty."""
    happened: list[str] = []
    monkeypatch.setattr(choice, "machine_code", happened.append)
    monkeypatch.setattr(jit, "code_folder", lambda _: tmp_path)
    monkeypatch.setattr(jit, "installed", lambda: True)
    monkeypatch.setattr(jit, "reason_not_to_load", str)
    assert compile_ahead("float64") == f"cannot store machine code in {tmp_path}"
    monkeypatch.setattr(jit, "is_cached", lambda _: True)
    assert compile_ahead("float64") == ""
    assert happened == ["float64", "float64"]
    monkeypatch.setattr(jit, "reason_not_to_load", lambda: "NUMBA_DISABLE_JIT=1")
    assert compile_ahead("float64") == "the compiled engine cannot be loaded: NUMBA_DISABLE_JIT=1"
    monkeypatch.setattr(jit, "installed", lambda: False)
    assert compile_ahead("float64") == "Numba is not installed"
    assert len(happened) == 2


@pytest.mark.usefixtures("cached")
def test_auto_takes_numpy_if_the_other_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dropout, or nothing installed: without a note, because it was not named."""
    network = build_mlp((784, 100, 10), rng=np.random.default_rng(0), dropout=0.5)
    assert choose_engine("auto", make_task(network=network), 100, 10**9) == EngineChoice("numpy", 1)
    monkeypatch.setitem(sys.modules, "numba", None)  # it cannot be found
    assert choose_engine("auto", make_task(100), 100, 10**9) == EngineChoice("numpy", 1)


def test_named_and_not_available(monkeypatch: pytest.MonkeyPatch) -> None:
    """NumPy trains what the engine does not support, with a note; a missing library is an error."""
    network = build_mlp((784, 100, 10), rng=np.random.default_rng(0), dropout=0.5)
    note = "using NumPy: the compiled engine does not support dropout"
    expected = EngineChoice("numpy", 1, note)
    assert choose_engine("compiled", make_task(network=network), 100, 1) == expected
    with monkeypatch.context() as patch:
        problem = "ImportError: Numba needs NumPy 2.3 or less"
        patch.setattr(jit, "reason_not_to_load", lambda: problem)
        expected_error = f"engine: expected a working Numba for compiled, got {problem}; repair it"
        with pytest.raises(SettingError, match=f"^{re.escape(expected_error)}"):
            choose_engine("compiled", make_task(100), 100, 1)
        chosen = choose_engine("auto", make_task(100), 100, 10**9)
        note = f"using NumPy: the compiled engine cannot be loaded: {problem}"
        assert chosen == EngineChoice("numpy", 1, note)
    monkeypatch.setattr(jit, "installed", lambda: False)
    with pytest.raises(SettingError, match="expected Numba for compiled, got no Numba; type"):
        choose_engine("compiled", make_task(100), 100, 1)


def test_threads_by_the_work_in_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """One for a single sample, all for a large step, never more than cores or samples."""
    monkeypatch.setattr(choice, "available_cores", lambda: 5)
    assert compiled_threads_for(make_task(28), 1) == 1
    assert compiled_threads_for(make_task(100), 32) == 2
    assert compiled_threads_for(make_task(1000), 300) == 5
    assert compiled_threads_for(make_task(1000, 1000), 3) == 3


class Stop(Callback):
    """Interrupts a run in the middle of an epoch, as Ctrl-C does."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def after_chunk(self, state: TrainingState) -> None:
        """Interrupts."""
        if state.epoch == self.epoch:
            raise KeyboardInterrupt


SETTINGS: dict[str, Any] = {"hidden": (11,), "batch_size": 32, "epochs": 3, "engine": "compiled"}


def end_of(result: TrainingResult) -> dict[str, Any]:
    """All that must be the same: every bit of the weights, and the history without its times."""
    parameters = result.model.network.parameters
    history = [replace(record, seconds=0.0, images_per_second=0.0) for record in result.history]
    return {"history": history, **{name: array.tobytes() for name, array in parameters.items()}}


@pytest.mark.parametrize("augment", ["none", "affine"])
def test_a_compiled_run_goes_on_where_it_was(
    strokes: Dataset, tmp_path: Path, augment: str
) -> None:
    """Stopped in its second epoch it ends with the same bits, with the engine it began with."""
    pytest.importorskip("numba")

    expected = train(strokes, run=tmp_path / "whole", augment=augment, **SETTINGS)
    with pytest.raises(KeyboardInterrupt):
        train(strokes, run=tmp_path / "a", callbacks=[Stop(2)], augment=augment, **SETTINGS)
    resumed = train(strokes, run=tmp_path / "a", resume=True)
    assert end_of(resumed) == end_of(expected)
    manifest = RunDirectory(tmp_path / "a").read_manifest()
    assert (manifest["engine"], manifest["threads"]) == ("compiled", 1)


def test_compiled_and_numpy_runs_learn_the_same(strokes: Dataset) -> None:
    """The same seed, the same history up to roundings."""
    pytest.importorskip("numba")
    runs = [train(strokes, **{**SETTINGS, "engine": name}) for name in ("numpy", "compiled")]
    for one, other in zip(runs[0].history, runs[1].history, strict=True):
        assert other.train_loss == pytest.approx(one.train_loss, rel=1e-5)
        assert other.validation_loss == pytest.approx(one.validation_loss, rel=1e-5)
        assert other.train_accuracy == one.train_accuracy


def test_resume_needs_the_engine(
    strokes: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NumPy would end with other bits; the message has what to type."""
    pytest.importorskip("numba")
    with pytest.raises(KeyboardInterrupt):
        train(strokes, run=tmp_path / "a", callbacks=[Stop(2)], **SETTINGS)
    monkeypatch.setattr(jit, "installed", lambda: False)
    message = "expected the compiled engine it was started with, got no Numba here; type: pip"
    with pytest.raises(RunError, match=message):
        train(strokes, run=tmp_path / "a", resume=True)


def test_resume_needs_a_network_that_the_engine_supports() -> None:
    """Machine code for the layer does not exist."""
    pytest.importorskip("numba")
    network = build_mlp((784, 100, 10), rng=np.random.default_rng(0), dropout=0.5)
    with pytest.raises(
        RunError, match=r"^mine: expected what the compiled engine supports, .* dropout"
    ):
        recorded_engine("mine", "compiled", 1, make_task(network=network))


def test_a_run_notes_why_numpy_trains(strokes: Dataset) -> None:
    """One line of the note before the run."""
    notes: list[str] = []

    class Listener(Callback):
        def before_run(self, info: RunInfo) -> None:
            notes.extend(info.note.splitlines())

    train(strokes, callbacks=[Listener()], **{**SETTINGS, "epochs": 1, "dropout": 0.5})
    assert "using NumPy: the compiled engine does not support dropout" in notes


@pytest.mark.slow
def test_a_small_run_does_not_load_numba() -> None:
    """The rule looks at the disk, and does not need Numba."""
    pytest.importorskip("sklearn")
    program = """
import sys
from inkling.training.run import train
train("digits", hidden=(5,), epochs=1)
print(*sorted({"numba", "llvmlite"} & set(sys.modules)))
"""
    command = [sys.executable, "-c", program]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (answer.stdout, answer.returncode) == ("\n", 0), answer.stderr


def test_seconds_per_call(strokes: Dataset) -> None:
    """The compiled engine copies every weight and its two states there and back; NumPy nothing."""
    context = set_up(strokes, TrainingSettings(hidden=(1000,))).state.context
    copied = choice.EngineChoice("compiled", 1).seconds_per_call(context)
    assert copied == pytest.approx(1.5e-9 * 3 * (785 * 1000 + 1001 * 10))
    assert choice.EngineChoice("numpy", 1).seconds_per_call(context) == 0
