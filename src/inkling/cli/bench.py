"""``inkling bench``: how fast Inkling is on this machine, beside every peer that is installed."""

from __future__ import annotations

import os
import platform
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkling._checks import complain, import_extra
from inkling.cli.output import JsonOption, check_out, console, percent, print_json, say, show
from inkling.errors import BenchError

if TYPE_CHECKING:
    from rich.table import Table

    from inkling.bench.runner import Comparison, Result
    from inkling.bench.workloads import Work

WORK_NAMES = (
    "100-100, 100-50, 128-32, 800-256, adam, one, predict, predict-one, fit, fit-predict, start"
)


def bench(
    works: Annotated[
        list[str] | None,
        typer.Argument(
            help=f"What to time: {WORK_NAMES}; all by default, in a quarter of an hour."
        ),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads for each; all cores by default.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Runs of each.")] = 7,
    plot: Annotated[
        Path | None, typer.Option(help="Draw bars into this PNG file.", dir_okay=False)
    ] = None,
    json: JsonOption = False,
) -> None:
    """Time both engines and every peer that is installed, on the same work, in turns."""
    from inkling._checks import look_up
    from inkling.bench.workloads import WORKS, data_in_use
    from inkling.training.engine.threads import available_cores

    chosen = _possible([look_up("bench", "work", name, WORKS) for name in works or WORKS])
    if plot is not None:
        check_out("--plot", plot)
        import_extra("matplotlib", "plots", "--plot")
    cores = min(threads or available_cores(), available_cores())
    comparisons, stages = _time(chosen, cores, rounds, quiet=json)
    if json:
        print_json(
            {
                "machine": _machine(),
                "data": data_in_use(),
                "threads": cores,
                "rounds": rounds,
                "works": [one.to_dict() for one in comparisons],
                "stages": stages,
            }
        )
    if plot is not None:
        _draw(plot, comparisons)


def _possible(works: list[Work]) -> list[Work]:
    """The works that can be timed here; why the others cannot is said."""
    from inkling.bench.implementations import reason_to_leave_out

    reasons = {work: reason_to_leave_out(work) for work in works}
    possible = [work for work, reason in reasons.items() if not reason]
    if not possible:
        work, reason = next(iter(reasons.items()))
        raise BenchError(complain("bench", f"what {work.name} needs", f"none: {reason}"))
    for work, reason in reasons.items():
        if reason:
            say(f"{work.name}: left out, as {reason}")
    return possible


def _time(
    works: list[Work], threads: int, rounds: int, *, quiet: bool
) -> tuple[list[Comparison], dict[str, dict[str, float]]]:
    """Times the works and, unless quiet, prints each when it is done."""
    from inkling.bench.stages import stages_of
    from inkling.bench.workloads import TRAIN, data_in_use

    comparisons, stages = [], {}
    say(f"{data_in_use()}, {threads} {'thread' if threads == 1 else 'threads'}")
    for work in works:
        comparison = _compare(work, threads, rounds)
        comparisons.append(comparison)
        if work.kind == TRAIN:
            stages[work.name] = stages_of(work, threads)
        if not quiet:
            _print(comparison, stages.get(work.name))
    return comparisons, stages


def _draw(path: Path, comparisons: list[Comparison]) -> None:
    from inkling._files import atomic_write
    from inkling.bench.bars import draw_bars

    atomic_write(path, draw_bars(comparisons))
    say(f"Bars: {path}")


def _compare(work: Work, threads: int, rounds: int) -> Comparison:
    from inkling.bench.runner import compare

    if not sys.stderr.isatty():
        say(work.words)
        return compare(work, threads, rounds)
    with console().status(work.words) as status:
        return compare(work, threads, rounds, lambda who: status.update(f"{work.words}: {who}"))


def _machine() -> dict[str, Any]:
    import numpy as np

    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def _processor() -> str:
    """The processor's name, for which Python has no function on Linux."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _print(comparison: Comparison, stages: dict[str, float] | None) -> None:
    from inkling.bench.runner import floor_of

    show(comparison.work.words)
    show(_table(comparison))
    floor = floor_of(comparison)
    if floor is not None:
        rate = comparison.work.operations / floor.median / 1e9
        show(
            f"large matrix products run at {rate:.0f} GFLOP/s here: no one can be below the last row"
        )
    if stages is not None:
        total = sum(stages.values())
        shares = ", ".join(f"{name} {percent(part / total)}" for name, part in stages.items())
        show(f"where NumPy's time goes: {shares}")
    for name, reason in comparison.absent.items():
        show(f"{name}: not timed: {reason}")
    show("")


def _table(comparison: Comparison) -> Table:
    from rich.table import Table

    table = Table("", "seconds", "from", "to", f"{comparison.results[0].contender.name} takes")
    for result in comparison.results:
        table.add_row(*_row(comparison, result))
    return table


def _row(comparison: Comparison, result: Result) -> tuple[str, ...]:
    name = " ".join((result.contender.name, result.contender.version)).strip()
    times = result.median, min(result.seconds), max(result.seconds)
    ratio, least, most = comparison.ratios(result)
    taken = "" if result is comparison.results[0] else f"{ratio:.2f} × ({least:.2f} to {most:.2f})"
    return name, *(_seconds(time) for time in times), taken


def _seconds(time: float) -> str:
    return f"{time:.4f}" if time < 0.1 else f"{time:.3f}"
