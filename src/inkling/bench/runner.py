"""Runs all implementations of a workload in turn, each in its own process, and compares their times.

One round is one run of each, so a slow minute of the machine affects all of them. Ratios are taken
within a round; the result is their median over the rounds, with the smallest and the largest.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from time import sleep
from typing import Any
from unittest.mock import patch

import numpy as np

from inkling.bench.implementations import FLOOR, Implementation
from inkling.bench.worker import serve_quietly
from inkling.bench.workloads import Workload
from inkling.errors import BenchError

REST = 0.1
"""Seconds between two runs, for the threads of the previous run to go to sleep."""
LAST_WAIT = 5.0
"""Seconds that a process has to exit and to remove its temporary files."""
THREAD_VARIABLES = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"),
    "VECLIB_MAXIMUM_THREADS",
)


@dataclass
class Result:
    """The times of one implementation, one per round."""

    implementation: Implementation
    evidence: list[float] | None
    seconds: list[float] = field(default_factory=list)
    memory: dict[str, float] = field(default_factory=dict)
    """The largest megabytes of its process after a run, by the keys of ``worker.MEMORY``."""

    @property
    def median(self) -> float:
        """The median time of a run in seconds."""
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class Comparison:
    """The results of one workload."""

    workload: Workload
    results: list[Result]
    absent: dict[str, str]
    """Why the other implementations were not timed, by name."""

    def ratios(self, result: Result, ours: Result | None = None) -> tuple[float, float, float]:
        """Returns Inkling's time divided by another's: median, smallest, largest.

        Each is the quotient of two runs of the same round. ``ours`` is the first by default.
        """
        first = self.results[0] if ours is None else ours
        pairs = zip(first.seconds, result.seconds, strict=True)
        ratios = [one / other for one, other in pairs]
        return statistics.median(ratios), min(ratios), max(ratios)

    @property
    def floor(self) -> Result | None:
        """The arithmetic alone, if it was timed."""
        return next((one for one in self.results if one.implementation.name == FLOOR), None)

    def to_dict(self) -> dict[str, Any]:
        """Returns the comparison as plain data for JSON."""
        return {
            "work": self.workload.name,
            "words": self.workload.description,
            "samples": self.workload.samples,
            "contenders": [
                {
                    "name": result.implementation.name,
                    "version": result.implementation.version,
                    "seconds": result.seconds,
                    "median": result.median,
                    "inkling_takes": self._takes(result),
                }
                for result in self.results
            ],
            "rows": [
                {"inkling": ours.implementation.name, "peer": peer.implementation.name}
                | self._takes(peer, ours)
                for ours in self.results
                for peer in self.results
                if ours.implementation.ours and not peer.implementation.ours
            ],
            "absent": self.absent,
        }

    def _takes(self, result: Result, ours: Result | None = None) -> dict[str, float]:
        return dict(zip(("median", "least", "most"), self.ratios(result, ours), strict=True))


def compare(
    workload: Workload, implementations: Sequence[Implementation], threads: int, rounds: int
) -> Comparison:
    """Times all installed implementations of a workload; a peer that fails is left out.

    All are compared with the first that is installed. Raises BenchError if Inkling fails, or if the
    evidence of an implementation differs from that of the first.
    """
    absent: dict[str, str] = {}
    with ExitStack() as stack:
        connections, results = [], []
        for one in implementations:
            if one.missing():
                absent[one.name] = f"{' and '.join(one.missing())} cannot be imported"
                continue
            connection = stack.enter_context(_process(one, workload, one.threads or threads))
            try:
                evidence = _receive(connection, one)
            except BenchError as error:
                if one.ours:
                    raise
                absent[one.name] = str(error).removesuffix(".")
                continue
            connections.append(connection)
            results.append(Result(one, evidence))
        check_same_work(workload, results)
        for _ in range(rounds):
            for connection, result in zip(connections, results, strict=True):
                sleep(REST)
                with suppress(BrokenPipeError):  # the process has ended, which is reported below
                    connection.send(True)
                seconds, memory = _receive(connection, result.implementation)
                result.seconds.append(seconds)
                result.memory = {k: max(v, result.memory.get(k, 0.0)) for k, v in memory.items()}
    return Comparison(workload, results, absent)


@contextmanager
def _process(
    implementation: Implementation, workload: Workload, threads: int
) -> Iterator[Connection]:
    """Starts a process for one implementation and yields the connection to it."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(
        target=serve_quietly, args=(there, implementation, workload, threads), daemon=True
    )
    with patch.dict(os.environ, dict.fromkeys(THREAD_VARIABLES, str(threads))):
        process.start()  # libraries read the variables when they are imported
    there.close()
    try:
        yield here
    finally:
        here.close()
        process.join(LAST_WAIT)
        process.kill()
        process.join()


def _receive(connection: Connection, implementation: Implementation) -> Any:
    try:
        answer = connection.recv()
    except (EOFError, ConnectionResetError):
        answer = "its process ended"
    if isinstance(answer, str):
        raise BenchError(f"{implementation.name} failed: {answer.removesuffix('.')}.")
    return answer


def check_same_work(workload: Workload, results: Sequence[Result]) -> None:
    """Raises BenchError if the evidence of a result differs from that of the first."""
    first = results[0].evidence
    for result in results[1:]:
        if first is None or result.evidence is None:
            continue
        if not np.allclose(result.evidence, first, rtol=workload.tolerance, atol=1e-5):
            name = result.implementation.name
            raise BenchError(
                f"{name} did not do the same work as {results[0].implementation.name} in "
                f"{workload.name}: {result.evidence} instead of {first}."
            )
