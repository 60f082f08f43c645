"""One contender in a process of its own: ready, then a run whenever it is asked.

    python -m inkling.bench.worker WORK NUMBER THREADS

Its libraries, its threads and its memory are its own. It answers in lines of JSON: the evidence after a
first run, in which everything is compiled and touched, and then for every line it reads the seconds of
a run.
"""

from __future__ import annotations

import json
import os
import sys
from time import perf_counter

from inkling.bench.implementations import contenders_of
from inkling.bench.workloads import WORKS
from inkling.errors import InklingError


def main() -> None:
    """Serves until its standard input ends; an error that a user can cause is one line."""
    try:
        serve()
    except InklingError as error:
        sys.exit(str(error))


def serve() -> None:
    """Answers as long as it is asked."""
    work, number, threads = WORKS[sys.argv[1]], int(sys.argv[2]), int(sys.argv[3])
    if hasattr(os, "sched_setaffinity"):  # not every library can be told how many threads to use
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a library prints is no answer
    contest = contenders_of(work)[number].prepare(work, threads)
    contest.run()
    evidence = None if contest.evidence is None else contest.evidence()
    print(json.dumps({"evidence": evidence}), file=answers)
    for _ in sys.stdin:
        started = perf_counter()
        contest.run()
        print(json.dumps({"seconds": perf_counter() - started}), file=answers)


if __name__ == "__main__":
    main()
