"""All implementations of a workload do the same work, and the runner compares their times."""

from __future__ import annotations

import multiprocessing
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inkling.bench import runner, whole_programs
from inkling.bench.case import Case
from inkling.bench.implementations import (
    FLOOR,
    IMPLEMENTATIONS,
    Implementation,
    implementations_of,
    reason_to_leave_out,
)
from inkling.bench.runner import Comparison, Result, check_same_work, compare
from inkling.bench.stages import PYTHON, STAGES, parts_of, stages_of
from inkling.bench.worker import serve
from inkling.bench.workloads import (
    ANSWER,
    FIT,
    INK,
    PREDICT,
    TRAIN,
    WORKLOADS,
    Samples,
    Workload,
)
from inkling.cli.bench import WORKLOAD_NAMES
from inkling.data.readers.idx import read_idx
from inkling.errors import BenchError
from inkling.model.file import load_model
from inkling.model.locations import SHIPPED

pytest.importorskip("sklearn")

SMALL = (
    Workload("small", TRAIN, (11, 7), 5, images=38),
    Workload("small", TRAIN, (7,), 3, "adam", learning_rate=0.001, images=20),
    Workload("one", TRAIN, (5,), 1, activation="sigmoid", images=13),
    Workload("small", PREDICT, WORKLOADS["predict"].hidden, 9, images=23),
    Workload("small", FIT, (7,), 20, "adam", images=300),
    Workload("small", ANSWER, (7,), 20, "adam", images=300),
)
INKLING, SKLEARN = implementations_of(WORKLOADS["fit"], 1)


@pytest.fixture
def few_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """300 images of noise instead of MNIST, which takes a while to read."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (300, 784), dtype=np.uint8)
    pixels[rng.random(pixels.shape) > INK] = 0
    samples = Samples(pixels, rng.integers(0, 10, 300))
    monkeypatch.setattr("inkling.bench.workloads.mnist_or_noise", lambda *, train: samples)  # noqa: ARG005


@pytest.mark.usefixtures("few_images")
@pytest.mark.parametrize("workload", SMALL, ids=lambda one: f"{one.kind}-{one.optimizer}")
def test_all_implementations_do_the_same_work(workload: Workload) -> None:
    """After one run the weights have moved equally far, or the probabilities agree."""
    found: dict[str, list[float] | None] = {}
    for one in implementations_of(workload, 1):
        if not one.missing() and one.name != FLOOR:
            case = one.prepare(workload, 1)
            case.run()
            found[one.name] = None if case.evidence is None else case.evidence()
    if workload.kind == TRAIN and workload.optimizer == "adam":
        assert found.pop("scikit-learn") is None  # its Adam makes a step before the first timed one
    expected = found.popitem()[1]
    assert expected is not None
    assert np.max(expected) > 0
    for name, evidence in found.items():
        assert evidence is not None
        np.testing.assert_allclose(evidence, expected, rtol=2e-3, err_msg=name)


def test_the_arithmetic_is_counted() -> None:
    """784-100-10: twice 784 · 100 forward and for ∂L/∂W, three times 100 · 10; two operations each."""
    workload = WORKLOADS["100-100"]
    assert workload.operations == 60_000 * (4 * 78_400 + 6 * 1_000)
    few = replace(WORKLOADS["predict"], hidden=(3,), images=5, batch_size=5)
    assert few.operations == 5 * 2 * 2_382
    assert replace(WORKLOADS["128-32"], images=70).samples == 64
    (floor,) = (one for one in implementations_of(workload, 1) if one.name == FLOOR)
    case = floor.prepare(few, 1)
    assert case.run() is None


def test_predictions_are_those_of_the_model_that_ships() -> None:
    """The workload has its sizes, from which the arithmetic is counted."""
    network = load_model(SHIPPED).network
    outputs = [len(bias) for name, bias in network.parameters.items() if name.endswith("bias")]
    assert (network.inputs, *outputs) == WORKLOADS["predict"].sizes


@pytest.mark.usefixtures("few_images")
def test_stages_cover_a_step() -> None:
    """Each stage takes some time; the parts name the layers."""
    seconds = stages_of(SMALL[0], 1)
    assert tuple(seconds) == STAGES
    assert all(part > 0 for part in seconds.values())
    parts = parts_of(SMALL[0], 1)
    assert {"forward: dense, layer 1", "backward: relu, layer 2", PYTHON} < set(parts)


def test_ratios_are_taken_within_a_round() -> None:
    """A round that is twice as slow for both changes nothing: 1/2, 1/2 and 3/4."""
    results = [Result(INKLING, None, [1, 2, 3]), Result(SKLEARN, None, [2, 4, 4])]
    comparison = Comparison(WORKLOADS["fit"], results, {})
    assert comparison.ratios(results[1]) == (0.5, 0.5, 0.75)
    assert comparison.ratios(results[0]) == (1, 1, 1)


def test_a_row_compares_each_of_ours_with_a_peer() -> None:
    """NumPy's engine too has a row of its own; the second of ours needs twice the time of the first."""
    everyone = implementations_of(WORKLOADS["100-100"], 1)
    ours = [one for one in everyone if one.ours]
    (peer,) = (one for one in everyone if one.name == "scikit-learn")
    times = zip((*ours, peer), ([1.0], [2.0], [4.0]), strict=True)
    results = [Result(one, None, seconds) for one, seconds in times]
    rows = Comparison(WORKLOADS["100-100"], results, {}).to_dict()["rows"]
    takes = [(row["inkling"], row["peer"], row["median"]) for row in rows]
    assert takes == [(one.name, "scikit-learn", 0.25 * 2**n) for n, one in enumerate(ours)]


def test_other_work_raises() -> None:
    """The message names the implementation and both numbers."""
    results = [Result(INKLING, [2.0, 1.0]), Result(SKLEARN, [2.0, 1.04]), Result(SKLEARN, None)]
    check_same_work(WORKLOADS["fit"], results)
    results[1].evidence = [2.0, 1.2]
    with pytest.raises(BenchError, match=r"scikit-learn .* fit: \[2\.0, 1\.2\] instead of"):
        check_same_work(WORKLOADS["fit"], results)


def test_what_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are timed in processes of their own, once per round."""
    monkeypatch.setattr(
        Implementation, "missing", lambda one: [] if one.ours else list(one.needs or ["x"])
    )
    workload = WORKLOADS["predict-one"]
    comparison = compare(workload, implementations_of(workload, 1), 1, 2)
    assert [len(one.seconds) for one in comparison.results] == [2, 2]  # both engines
    assert set(comparison.absent) == {"ONNX Runtime", "PyTorch", "scikit-learn"}


@pytest.mark.parametrize("name", ["Inkling", "a peer"])
def test_a_peer_that_fails_is_left_out(name: str) -> None:
    """Its error is the reason; an error of Inkling is raised."""
    good = Implementation("good", TRAIN, (), "plain:one_by_one")
    bad = Implementation(name, TRAIN, (), "plain:no_such_function")
    workload = Workload("one", TRAIN, (3,), 1, images=2)
    if name == "Inkling":
        with pytest.raises(BenchError, match=r"^Inkling failed: .*no_such_function"):
            compare(workload, [good, bad], 1, 0)
    else:
        absent = compare(workload, [good, bad], 1, 0).absent
        assert "no_such_function" in absent[name]


def test_a_worker_answers_until_the_connection_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """It sends evidence after a first run, then seconds per request."""
    runs: list[int] = []
    case = Case(lambda: runs.append(1), lambda: [float(len(runs))])
    monkeypatch.setattr(Implementation, "prepare", lambda *_: case)
    here, there = multiprocessing.Pipe()
    here.send(True)
    here.send(False)
    serve(there, INKLING, WORKLOADS["fit"], 1)
    assert here.recv() == [1.0]
    seconds, _ = here.recv()
    assert seconds >= 0
    assert len(runs) == 2
    monkeypatch.setattr(Implementation, "prepare", lambda *_: 1 / 0)
    serve(there, INKLING, WORKLOADS["fit"], 1)
    assert here.recv() == "division by zero"
    there.close()
    with pytest.raises(BenchError, match=r"^Inkling failed: its process ended\.$"):
        runner._receive(here, INKLING)


def test_whole_programs_are_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A program that fails, or is wrong too often, raises; all read the same files."""
    environment = dict(os.environ)
    whole_programs.check([sys.executable, "-c", "print(0.98)"], environment)
    with pytest.raises(BenchError, match=r"test accuracy 0\.5, below 0\.97"):
        whole_programs.check([sys.executable, "-c", "print(0.5)"], environment)
    with pytest.raises(BenchError, match="no such file"):
        whole_programs.check(
            [sys.executable, "-c", "raise SystemExit('no such file')"], environment
        )
    monkeypatch.setattr("inkling.bench.workloads.folder_in_place", lambda _: None)
    whole_programs.write_mnist(tmp_path)
    assert read_idx(tmp_path / "train-images-idx3-ubyte").shape == (60_000, 28, 28)
    assert read_idx(tmp_path / "t10k-labels-idx1-ubyte").shape == (10_000,)


def test_what_cannot_be_timed_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """An estimator without scikit-learn; whole programs without MNIST."""
    monkeypatch.setattr(Implementation, "missing", lambda one: list(one.needs))
    assert reason_to_leave_out(WORKLOADS["fit"]) == "it needs scikit-learn"
    assert reason_to_leave_out(WORKLOADS["100-100"]) == ""
    monkeypatch.setattr("inkling.bench.implementations.folder_in_place", lambda _: None)
    assert reason_to_leave_out(WORKLOADS["start"]).startswith("MNIST is not in place")


def test_every_workload_has_inkling_first_and_a_peer() -> None:
    """The help names every workload; each implementation is listed once."""
    assert ", ".join(WORKLOADS) == WORKLOAD_NAMES
    for workload in WORKLOADS.values():
        first, *others = implementations_of(workload, 1)
        assert first.ours
        assert any(not one.ours and one.name != FLOOR for one in others)
    assert len(set(IMPLEMENTATIONS)) == len(IMPLEMENTATIONS)
