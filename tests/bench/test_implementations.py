"""Everyone who is timed does the same work: the weights go equally far, the probabilities agree."""

from __future__ import annotations

import re
import sys
from dataclasses import replace

import numpy as np
import pytest

from inkling.bench import runner
from inkling.bench.implementations import (
    CONTENDERS,
    FLOOR,
    Contender,
    contenders_of,
    reason_to_leave_out,
)
from inkling.bench.runner import Comparison, Result, compare
from inkling.bench.stages import STAGES, stages_of
from inkling.bench.workloads import (
    ANSWER,
    FIT,
    PREDICT,
    TRAIN,
    WORKS,
    Work,
    first_weights,
    training_samples,
)
from inkling.cli.bench import WORK_NAMES
from inkling.errors import BenchError
from inkling.model.file import load_model
from inkling.model.locations import SHIPPED

pytest.importorskip("sklearn")

SMALL = (
    Work("small", TRAIN, (11, 7), 5, images=38),
    Work("small", TRAIN, (7,), 3, optimizer="adam", images=20),
    Work("one", TRAIN, (5,), 1, activation="sigmoid", images=13),
    Work("small", PREDICT, WORKS["predict"].hidden, 9, images=23),
)
TIMED = [
    (work, contender)
    for work in SMALL
    for contender in contenders_of(work)
    if not (contender.missing() or contender.alone or contender.name == FLOOR)
]


@pytest.mark.parametrize(
    ("work", "contender"), TIMED, ids=lambda part: getattr(part, "kind", "") + part.name
)
def test_does_the_work_of_the_first(work: Work, contender: Contender) -> None:
    """Its evidence after one run is that of Inkling's NumPy engine, or of the model's own file."""
    reference = next(one for one in contenders_of(work) if one.ours and "compiled" not in one.name)
    evidence: list[list[float] | None] = []
    for one in (reference, contender):
        contest = one.prepare(work, 1)
        contest.run()
        evidence.append(None if contest.evidence is None else contest.evidence())
    if contender.name == "scikit-learn" and work.optimizer == "adam":
        assert evidence[1] is None  # its Adam has begun before the first timed step
        return
    assert evidence[0] is not None
    assert evidence[1] is not None
    np.testing.assert_allclose(evidence[1], evidence[0], rtol=2e-3)
    assert np.min(evidence[0]) > 0  # nobody stood still


def test_both_estimators_fit_and_answer_alike() -> None:
    """Weights of the same size, and the same share of answers for each class."""
    for work in (
        Work("fit", FIT, (7,), 20, optimizer="adam", images=300),
        Work("answer", ANSWER, (7,), 20, optimizer="adam", images=300),
    ):
        results = []
        for contender in contenders_of(work):
            contest = contender.prepare(work, 1)
            contest.run()
            assert contest.evidence is not None
            results.append(contest.evidence())
        np.testing.assert_allclose(results[0], results[1], rtol=1e-3)


def test_the_arithmetic_is_counted() -> None:
    """784-100-10: twice 784 · 100 forward and for ∂L/∂W, three times 100 · 10; two operations each."""
    assert WORKS["100-100"].operations == 60_000 * (4 * 78_400 + 6 * 1_000)
    assert (
        replace(WORKS["predict"], hidden=(3,), images=5, batch_size=5).operations == 5 * 2 * 2_382
    )
    assert replace(WORKS["128-32"], images=70).samples == 64


def test_predictions_are_those_of_the_model_that_ships() -> None:
    """The work says its sizes, as the arithmetic is counted from them."""
    network = load_model(SHIPPED).network
    outputs = [len(bias) for name, bias in network.parameters.items() if name.endswith("bias")]
    assert (network.inputs, *outputs) == WORKS["predict"].sizes


def test_samples_are_the_same_for_everyone() -> None:
    """Asked twice, the order, the pixels and the first weights are equal."""
    work = SMALL[0]
    one, other = training_samples(work), training_samples(work)
    assert len(one.labels) == 35
    np.testing.assert_array_equal(one.pixels, other.pixels)
    np.testing.assert_array_equal(one.labels, other.labels)
    for first, again in zip(first_weights(work), first_weights(work), strict=True):
        np.testing.assert_array_equal(first, again)


def test_stages_cover_a_step() -> None:
    """Each of the five takes some time."""
    seconds = stages_of(SMALL[0], 1)
    assert tuple(seconds) == STAGES
    assert all(part > 0 for part in seconds.values())


def result(contender: Contender, *seconds: float, evidence: list[float] | None = None) -> Result:
    """A result of that many rounds."""
    return Result(contender, evidence, list(seconds))


def test_ratios_are_taken_within_a_round() -> None:
    """A round that is twice as slow for both changes nothing: 1/2, 1/2 and 3/4."""
    ours, theirs = contenders_of(WORKS["fit"])[:2]
    comparison = Comparison(WORKS["fit"], [result(ours, 1, 2, 3), result(theirs, 2, 4, 4)], {})
    assert comparison.ratios(comparison.results[1]) == (0.5, 0.5, 0.75)
    assert comparison.ratios(comparison.results[0]) == (1, 1, 1)


def test_other_work_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes to other weights is named, with both figures."""
    ours, theirs = contenders_of(WORKS["fit"])[:2]
    results = [result(ours, evidence=[2.0, 1.0]), result(theirs, evidence=[2.0, 1.2])]
    message = "bench: expected scikit-learn to do Inkling's work fit, [2.0, 1.0], got [2.0, 1.2]."
    with pytest.raises(BenchError, match=re.escape(message)):
        runner._check_same_work(WORKS["fit"], results)
    monkeypatch.setattr(results[1], "evidence", [2.0, 1.04])
    runner._check_same_work(WORKS["fit"], results)


def test_what_is_not_installed_is_left_out_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are timed in processes of their own, once a round."""
    monkeypatch.setattr(
        Contender, "missing", lambda one: [] if one.ours or one.name == FLOOR else list(one.needs)
    )
    turns: list[str] = []
    comparison = compare(WORKS["predict-one"], threads=1, rounds=2, on_turn=turns.append)
    assert [len(one.seconds) for one in comparison.results] == [2]
    assert comparison.absent == {
        "ONNX Runtime": "onnxruntime and onnx cannot be imported",
        "PyTorch": "torch cannot be imported",
        "scikit-learn": "scikit-learn cannot be imported",
    }
    assert turns == ["Inkling, getting ready", "Inkling, round 1 of 2", "Inkling, round 2 of 2"]


def test_a_peer_that_fails_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last line it said is the reason; Inkling itself must not fail."""
    ours, theirs = contenders_of(WORKS["fit"])[:2]
    monkeypatch.setattr(runner, "contenders_of", lambda _: [ours, theirs])
    said = {ours.name: ["-c", "import sys; print('{\"evidence\": [1]}'); sys.stdin.read()"]}
    said[theirs.name] = ["-c", "raise SystemExit('no such processor.')"]

    def command(work: Work, number: int, threads: int) -> list[str]:  # noqa: ARG001
        return [sys.executable, *list(said.values())[number]]

    monkeypatch.setattr(runner, "_command", command)
    comparison = compare(WORKS["fit"], threads=1, rounds=0)
    reason = "bench: expected an answer from scikit-learn, got no such processor"
    assert comparison.absent == {"scikit-learn": reason}
    said[ours.name] = said[theirs.name]
    message = "bench: expected an answer from Inkling, got no such processor."
    with pytest.raises(BenchError, match=re.escape(message)):
        compare(WORKS["fit"], threads=1, rounds=0)


def test_what_cannot_be_timed_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """An estimator without scikit-learn; whole programs without MNIST."""
    monkeypatch.setattr(Contender, "missing", lambda one: list(one.needs))
    assert reason_to_leave_out(WORKS["fit"]) == "it needs scikit-learn"
    assert reason_to_leave_out(WORKS["100-100"]) == ""
    monkeypatch.setattr("inkling.bench.implementations.folder_in_place", lambda: None)
    assert reason_to_leave_out(WORKS["start"]) == (
        "MNIST is not in place; type: inkling data info mnist"
    )


def test_the_help_names_every_work() -> None:
    """Typer wants the text before the list is loaded."""
    assert ", ".join(WORKS) == WORK_NAMES


def test_every_work_has_inkling_first_and_someone_beside_it() -> None:
    """The ratios are Inkling's; the floor is no peer."""
    for work in WORKS.values():
        first, *others = contenders_of(work)
        assert first.ours
        assert any(not one.ours and one.name != FLOOR for one in others)
    assert all(CONTENDERS.count(one) == 1 for one in CONTENDERS)
