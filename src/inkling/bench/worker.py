"""A process that prepares one case and runs it on request.

Its libraries, threads and memory are its own.
"""

from __future__ import annotations

import os
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter

from inkling.bench.implementations import Implementation
from inkling.bench.workloads import Workload

MEMORY = {"peak": "VmHWM:", "own": "RssAnon:", "file": "RssFile:"}
"""Memory of a process as Linux counts it: the largest resident size so far; private memory now;
pages of mapped files, which the system can reclaim."""


def serve_quietly(
    connection: Connection, implementation: Implementation, workload: Workload, threads: int
) -> None:
    """Calls ``serve`` in a process that is limited to some cores, and discards what libraries print."""
    if hasattr(os, "sched_setaffinity"):  # not every library can be limited to a number of threads
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    serve(connection, implementation, workload, threads)


def serve(
    connection: Connection, implementation: Implementation, workload: Workload, threads: int
) -> None:
    """Sends the evidence after a first run; then seconds and memory of one run per message received.

    An error is sent as text and ends the loop, as does closing the connection.
    """
    try:
        case = implementation.prepare(workload, threads)
        case.run()  # compiles everything and touches all memory
        connection.send(case.evidence() if case.evidence else None)
        while connection.recv():
            started = perf_counter()
            case.run()
            connection.send((perf_counter() - started, memory()))
    except EOFError:
        return
    except Exception as error:
        connection.send(str(error).strip() or type(error).__name__)


def memory() -> dict[str, float]:
    """Returns the megabytes of this process, by the keys of ``MEMORY``; empty on other systems."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return {}
    kilobytes = dict(line.split()[:2] for line in lines if line.endswith("kB"))
    return {key: int(kilobytes[name]) / 1000 for key, name in MEMORY.items()}
