"""``inkling bench``: times Inkling and every installed peer on this machine."""

from __future__ import annotations

import os
import platform
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkling.cli.inputs import PathOption
from inkling.cli.output import (
    JsonOption,
    check_out,
    console,
    percent,
    print_json,
    results_table,
    say,
    say_file,
    show,
)
from inkling.errors import BenchError

if TYPE_CHECKING:
    from inkling.bench.runner import Comparison, Result
    from inkling.bench.workloads import Workload

WORKLOAD_NAMES = (
    "100-100, 100-50, 128-32, 800-256, adam, one, predict, predict-one, fit, fit-predict, start"
)


def bench(
    works: Annotated[
        list[str] | None,
        typer.Argument(
            help=f"Workloads to time: {WORKLOAD_NAMES}; by default all, which takes about 15 "
            "minutes."
        ),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads per implementation (default one per core).")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Timed runs per implementation.")] = 7,
    plot: Annotated[Path | None, PathOption(help="Write a bar chart to this PNG file.")] = None,
    json: JsonOption = False,
) -> None:
    """Time both engines and every installed peer on the same workloads, in turns."""
    from inkling._checks import look_up
    from inkling.bench.implementations import implementations_of
    from inkling.bench.runner import compare
    from inkling.bench.stages import stages_of
    from inkling.bench.workloads import WORKLOADS, data_in_use
    from inkling.plots.canvas import load_matplotlib
    from inkling.training.engine.threads import available_cores

    workloads = [look_up("bench", "workload", name, WORKLOADS) for name in works or WORKLOADS]
    workloads = _possible(workloads)
    if plot is not None:
        check_out("--plot", plot)
        load_matplotlib("--plot")
    cores = min(threads or available_cores(), available_cores())
    say(f"{data_in_use()}, {cores} {'thread' if cores == 1 else 'threads'}")
    comparisons, stages = [], {}
    for workload in workloads:
        if not sys.stderr.isatty():
            say(workload.description)
        with console().status(workload.description):  # shown only in a terminal
            everyone = implementations_of(workload, cores)
            comparisons.append(compare(workload, everyone, cores, rounds))
        if workload.kind == "train":
            stages[workload.name] = stages_of(workload, cores)
        if not json:
            _print(comparisons[-1], stages.get(workload.name))
    if json:
        print_json(
            {
                "machine": {
                    "system": platform.platform(),
                    "processor": _processor(),
                    "cores": os.cpu_count(),
                    "python": platform.python_version(),
                    "numpy": version("numpy"),
                },
                "data": data_in_use(),
                "threads": cores,
                "rounds": rounds,
                "works": [one.to_dict() for one in comparisons],
                "stages": stages,
            }
        )
    if plot is not None:
        from inkling._files import atomic_write
        from inkling.bench.bars import draw_bars

        atomic_write(plot, draw_bars(comparisons))
        say_file("Bars", plot)


def _possible(workloads: list[Workload]) -> list[Workload]:
    """Returns the workloads that can be timed here, and prints why the others cannot."""
    from inkling.bench.implementations import reason_to_leave_out

    reasons = {workload.name: reason_to_leave_out(workload) for workload in workloads}
    possible = [workload for workload in workloads if not reasons[workload.name]]
    for name, reason in reasons.items():
        if reason and not possible:
            raise BenchError(f"{name} cannot be timed: {reason}.")
        if reason:
            say(f"{name} cannot be timed: {reason}")
    return possible


def _processor() -> str:
    """Returns the name of the processor, which Python does not provide on Linux."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _print(comparison: Comparison, stages: dict[str, float] | None) -> None:
    show(comparison.workload.description)
    first, *others = comparison.results
    name = first.implementation.name
    table = results_table("", "seconds", "from", "to", "ratio", "from", "to", left={""})
    for result in comparison.results:
        table.add_row(*_row(comparison, result))
    show(table)
    if others:
        show(f"ratio: how many times as long {name} takes")
    if comparison.floor is not None:
        rate = comparison.workload.operations / comparison.floor.median / 1e9
        show(
            f"large matrix products reach {rate:.0f} GFLOP/s here; the last row is the lower bound"
        )
    if stages is not None:
        total = sum(stages.values())
        shares = ", ".join(f"{name} {percent(part / total)}" for name, part in stages.items())
        show(f"time of the NumPy engine: {shares}")
    for name, reason in comparison.absent.items():
        show(f"{name}: not timed: {reason}")
    show("")


def _row(comparison: Comparison, result: Result) -> list[str]:
    times = result.median, min(result.seconds), max(result.seconds)
    cells = [f"{time:.4f}" if time < 0.1 else f"{time:.3f}" for time in times]
    if result is not comparison.results[0]:
        cells += [f"{ratio:.2f}" for ratio in comparison.ratios(result)]
    return [result.implementation.label, *cells]
