"""The table and the plot of docs/speed.md's section on frameworks: the workloads of ``inkling bench``.

    python benchmarks/frameworks.py --docs docs/speed     all workloads; about 15 minutes

If a peer was timed with one thread and with all, the table shows the faster row.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inkling.bench.implementations import implementations_of, reason_to_leave_out
from inkling.bench.runner import Comparison, Result, compare
from inkling.bench.workloads import WORKLOADS
from inkling.training.engine.threads import available_cores
from plots import draw_bench
from tables import publish


def rows_of(comparison: Comparison) -> list[dict[str, str]]:
    """Returns a row per peer; only the first names the workload."""
    ours, *others = comparison.results
    fastest: dict[str, Result] = {}
    for result in sorted(others, key=lambda one: one.median):
        fastest.setdefault(result.implementation.name.removesuffix(", 1 thread"), result)
    rows: list[dict[str, str]] = []
    for result in (one for one in others if one in fastest.values()):
        library, comma, how = result.implementation.name.partition(", ")
        name = f"{library} {result.implementation.version}".rstrip() + comma + how
        ratio, least, most = comparison.ratios(result)
        rows.append(
            {
                "work": "" if rows else comparison.workload.description,
                "peer": f"{name}, all cores" if result is comparison.floor else name,
                "Inkling, s": f"{ours.median:.3g}",
                "peer, s": f"{result.median:.3g}",
                "Inkling ÷ peer": f"{ratio:.2f}",
                "lowest": f"{least:.2f}",
                "highest": f"{most:.2f}",
            }
        )
    return rows


def main(
    docs: Annotated[Path | None, typer.Option(help="Folder for the table and the plot.")] = None,
    rounds: Annotated[int, typer.Option(min=1)] = 7,
) -> None:
    """Times every workload that can be timed here."""
    cores = available_cores()
    comparisons = [
        compare(workload, implementations_of(workload, cores), cores, rounds)
        for workload in WORKLOADS.values()
        if not reason_to_leave_out(workload)
    ]
    rows = [row for comparison in comparisons for row in rows_of(comparison)]
    publish("inkling bench", rows, docs and docs / "bench.csv")
    if docs is not None:
        draw_bench(docs)


if __name__ == "__main__":
    typer.run(main)
