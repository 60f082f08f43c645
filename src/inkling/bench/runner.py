"""All contenders of a work, each in its own process, asked in turn; and what comes of it.

One round is one run of each, so that a slow minute of the machine falls on all. A ratio is taken within
a round; the median over the rounds counts, and how far they spread is said.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from time import sleep
from typing import IO, Any

import numpy as np

from inkling._checks import complain
from inkling.bench.implementations import FLOOR, Contender, contenders_of
from inkling.bench.workloads import Work
from inkling.errors import BenchError

REST = 0.1
"""Seconds between two turns, until the threads of the one before have gone to sleep."""
TOLERANCES = {"sgd": 1e-2, "adam": 5e-2}
"""How far evidence may part, relatively: a thousand roundings in float32, each of which the next step
enlarges. Adam divides by the root of what may be a rounding error, so that its paths part sooner."""
THREAD_VARIABLES = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"),
    "VECLIB_MAXIMUM_THREADS",
)


@dataclass
class Result:
    """What a contender's turns gave.

    Attributes:
        contender: who.
        seconds: of each run, one a round.
        evidence: of what it did in its first run; None where nothing can show it.
    """

    contender: Contender
    evidence: list[float] | None
    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Seconds of a run."""
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class Comparison:
    """The results of one work.

    Attributes:
        work: the work.
        results: Inkling's first.
        absent: why others were not timed, by contender.
    """

    work: Work
    results: list[Result]
    absent: dict[str, str]

    def ratios(self, result: Result) -> tuple[float, float, float]:
        """Returns what Inkling's first one takes of another's time: the median, the least, the most.

        Each is a quotient of two runs of the same round.
        """
        pairs = zip(self.results[0].seconds, result.seconds, strict=True)
        ratios = [ours / theirs for ours, theirs in pairs]
        return statistics.median(ratios), min(ratios), max(ratios)

    def to_dict(self) -> dict[str, Any]:
        """Returns it as plain data for JSON."""
        return {
            "work": self.work.name,
            "words": self.work.words,
            "samples": self.work.samples,
            "contenders": [
                {
                    "name": result.contender.name,
                    "version": result.contender.version,
                    "seconds": result.seconds,
                    "median": result.median,
                    "inkling_takes": dict(
                        zip(("median", "least", "most"), self.ratios(result), strict=True)
                    ),
                }
                for result in self.results
            ],
            "absent": self.absent,
        }


def compare(
    work: Work, threads: int, rounds: int, on_turn: Callable[[str], None] | None = None
) -> Comparison:
    """Lets all contenders that are installed do a work; a peer that fails is left out.

    Args:
        work: the work, one that there is no reason to leave out.
        threads: how many each may use; with one, who is alone anyway is left out.
        rounds: how many runs of each are timed.
        on_turn: is told who begins or runs.

    Raises:
        BenchError: a contender failed, or did other work than Inkling.
    """
    tell = on_turn or (lambda _: None)
    absent: dict[str, str] = {}
    with ExitStack() as stack:
        workers, results = [], []
        for number, contender in enumerate(contenders_of(work)):
            if contender.alone and threads == 1:
                continue
            if contender.missing():
                absent[contender.name] = f"{' and '.join(contender.missing())} cannot be imported"
                continue
            tell(f"{contender.name}, getting ready")
            share = 1 if contender.alone else threads
            worker = stack.enter_context(_worker(work, number, share, contender.name))
            try:
                evidence = worker.answer()["evidence"]
            except BenchError as error:
                if contender.ours:
                    raise
                absent[contender.name] = str(error).removesuffix(".")
                continue
            workers.append(worker)
            results.append(Result(contender, evidence))
        _check_same_work(work, results)
        for turn in range(rounds):
            for worker, result in zip(workers, results, strict=True):
                tell(f"{result.contender.name}, round {turn + 1} of {rounds}")
                sleep(REST)
                result.seconds.append(worker.run())
    return Comparison(work, results, absent)


class _Worker:
    """A process that runs when it is asked."""

    def __init__(self, name: str, process: subprocess.Popen[str], words: IO[str]) -> None:
        self.name, self.process, self._words = name, process, words

    def run(self) -> float:
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):  # whoever is gone does not answer, which is said below
            self.process.stdin.write("\n")
            self.process.stdin.flush()
        return float(self.answer()["seconds"])

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self._words.seek(0)
            last = (self._words.read().strip().splitlines() or ["nothing"])[-1].rstrip(".")
            raise BenchError(complain("bench", f"an answer from {self.name}", last))
        return dict(json.loads(line))


def _command(work: Work, number: int, threads: int) -> list[str]:
    return [sys.executable, "-m", "inkling.bench.worker", work.name, str(number), str(threads)]


@contextmanager
def _worker(work: Work, number: int, threads: int, name: str) -> Iterator[_Worker]:
    command = _command(work, number, threads)
    environment = {**os.environ, **dict.fromkeys(THREAD_VARIABLES, str(threads))}
    pipe = subprocess.PIPE
    with tempfile.TemporaryFile("w+") as words:  # a pipe that nobody reads would fill and stop it
        process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=words, text=True, env=environment
        )
        with process:
            try:
                yield _Worker(name, process, words)
                with suppress(BrokenPipeError):
                    process.communicate()  # the end of its input is the end of its work
            finally:
                process.kill()


def _check_same_work(work: Work, results: list[Result]) -> None:
    reference = results[0].evidence
    for result in results[1:]:
        if reference is None or result.evidence is None:
            continue
        if not np.allclose(result.evidence, reference, rtol=TOLERANCES[work.optimizer], atol=1e-5):
            expected = f"{result.contender.name} to do Inkling's work {work.name}, {reference}"
            raise BenchError(complain("bench", expected, result.evidence))


def floor_of(comparison: Comparison) -> Result | None:
    """Returns the arithmetic alone, where it was timed."""
    results = (one for one in comparison.results if one.contender.name == FLOOR)
    return next(results, None)
