"""The share of the training time that the doctor takes; docs/howto/diagnose.md has the result.

    python benchmarks/doctor.py                 on MNIST; about three minutes
    python benchmarks/doctor.py --rounds 5

The doctor's methods are timed, and compared with the seconds of the history, which the loop counts
without callbacks. A row has the shortest times of the rounds. The network that ships is trained for 200
epochs; here it stops after two, with a look at that end, so that the share of a whole run is smaller.
"""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from inkling.data.dataset import Dataset, load_dataset
from inkling.training.doctor import Doctor
from inkling.training.history import EpochRecord
from inkling.training.presets import PRESETS
from inkling.training.run import run_epochs
from inkling.training.set_up import engine_for, set_up
from inkling.training.settings import TrainingSettings
from inkling.training.state import RunInfo, TrainingState

SHIPPED_EPOCHS = 2
CASES = {
    "the default run": TrainingSettings(),
    "the default run with NumPy": TrainingSettings(engine="numpy"),
    "one epoch of the default network": TrainingSettings(epochs=1),
    "a small network": TrainingSettings(hidden=(16, 16)),
    "the network that ships": PRESETS["shipped"],
}


class Timed(Doctor):
    """A doctor whose methods are timed, and that ends a run after some epochs."""

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self.epochs, self.seconds, self.looks = epochs, 0.0, 0

    def before_run(self, info: RunInfo) -> None:
        """Times the first look."""
        started = perf_counter()
        super().before_run(info)
        self.looks += 1
        self.seconds += perf_counter() - started

    def after_chunk(self, state: TrainingState) -> None:
        """Times what may be a look."""
        started = perf_counter()
        super().after_chunk(state)
        self.seconds += perf_counter() - started

    def after_epoch(self, state: TrainingState, record: EpochRecord) -> None:
        """Times the comparison, and what may be the last look."""
        state.ended = record.epoch == self.epochs
        started = perf_counter()
        super().after_epoch(state, record)
        self.seconds += perf_counter() - started

    def _look(self, state: TrainingState) -> None:
        self.looks += 1
        super()._look(state)


def measure(dataset: Dataset, settings: TrainingSettings) -> tuple[float, float, int]:
    """Returns the seconds of training, those of the doctor, and how often it looked."""
    parts = set_up(dataset, settings)
    engine = engine_for(parts.state.context, settings)
    doctor = Timed(SHIPPED_EPOCHS if settings.epochs > 10 else settings.epochs)
    run_epochs(parts, dataset, settings, engine, [doctor])
    assert not doctor.findings
    return parts.state.history.train_seconds, doctor.seconds, doctor.looks


def main(rounds: Annotated[int, typer.Option(min=1)] = 3) -> None:
    """Times runs with a doctor."""
    dataset = load_dataset("mnist")
    measure(dataset, replace(CASES["a small network"], epochs=1))  # loads the machine code
    table = Table("run", "training, s", "doctor, ms", "looks", "share")
    for name, settings in CASES.items():
        training, doctor, looks = zip(
            *(measure(dataset, settings) for _ in range(rounds)), strict=True
        )
        seconds, own = min(training), min(doctor)
        cells = f"{seconds:.2f}", f"{1e3 * own:.1f}", str(looks[0]), f"{100 * own / seconds:.2f} %"
        table.add_row(name, *cells)
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
