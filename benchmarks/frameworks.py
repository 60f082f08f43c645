"""The table and the bars of docs/speed.md's last section, from one `inkling bench`.

    python benchmarks/frameworks.py --docs docs/speed                 all works, a quarter of an hour
    python benchmarks/frameworks.py --docs docs/speed --from FILE     from the JSON of an earlier one

Of a peer that was timed with one thread and with all, the faster row counts.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

COLUMNS = ("work", "peer", "Inkling, s", "peer, s", "Inkling takes", "from", "to")
ALONE = ", 1 thread"


def best_of_each(contenders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns everyone but Inkling's first, and of two rows of one peer the faster."""
    best: dict[str, dict[str, Any]] = {}
    for contender in contenders[1:]:
        peer = contender["name"].removesuffix(ALONE)
        if peer not in best or contender["median"] < best[peer]["median"]:
            best[peer] = contender
    return list(best.values())


def rows_of(work: dict[str, Any]) -> list[tuple[str, ...]]:
    """Returns a work's rows, its words in the first one only."""
    ours = work["contenders"][0]["median"]
    rows = []
    for contender in best_of_each(work["contenders"]):
        taken = contender["inkling_takes"]
        ratios = (f"{taken[key]:.2f}" for key in ("median", "least", "most"))
        name = f"{contender['name']} {contender['version']}".strip()
        rows.append(("", name, f"{ours:.3g}", f"{contender['median']:.3g}", *ratios))
    return [(work["words"], *rows[0][1:]), *rows[1:]]


def main(
    docs: Annotated[Path, typer.Option(help="Where the table and the bars go.")],
    earlier: Annotated[Path | None, typer.Option("--from")] = None,
) -> None:
    """Writes bench.csv and, unless it is from an earlier run, bench.png."""
    if earlier is None:
        command = [sys.executable, "-m", "inkling", "bench", "--json"]
        command += ["--plot", str(docs / "bench.png")]
        result = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    else:
        result = json.loads(earlier.read_text())
    with (docs / "bench.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(row for work in result["works"] for row in rows_of(work))


if __name__ == "__main__":
    typer.run(main)
