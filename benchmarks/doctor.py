"""The share of the training time that the doctor takes; docs/howto/diagnose.md has the result.

    python benchmarks/doctor.py                 on MNIST; about three minutes
    python benchmarks/doctor.py --rounds 5

Everything is measured in seconds of the processor, with one thread, which busy neighbors lengthen less
than seconds of a clock. A row has the shortest times of the rounds. The network that ships is trained
for 200 epochs; here it is for one, so that the share of its whole run is far smaller.
"""

from __future__ import annotations

from dataclasses import replace
from time import process_time
from typing import Annotated

import typer

from inkling.data.dataset import Dataset, load_dataset
from inkling.training.doctor import Doctor
from inkling.training.history import EpochRecord
from inkling.training.presets import PRESETS
from inkling.training.run import run_epochs
from inkling.training.set_up import engine_for, set_up
from inkling.training.settings import TrainingSettings
from inkling.training.state import RunInfo, TrainingState

CASES = {
    "the default run": TrainingSettings(),
    "the default run with NumPy": TrainingSettings(engine="numpy"),
    "one epoch of the default network": TrainingSettings(epochs=1),
    "a small network": TrainingSettings(hidden=(16, 16)),
    "one epoch of the network that ships": replace(PRESETS["shipped"], epochs=1),
}


class Timed(Doctor):
    """A doctor whose methods are timed."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds, self.looks = 0.0, 0

    def before_run(self, info: RunInfo) -> None:
        """Times the first look."""
        started = process_time()
        super().before_run(info)
        self.looks += 1
        self.seconds += process_time() - started

    def after_chunk(self, state: TrainingState) -> None:
        """Times what may be a look."""
        started = process_time()
        super().after_chunk(state)
        self.seconds += process_time() - started

    def after_epoch(self, state: TrainingState, record: EpochRecord) -> None:
        """Times the comparison, and what may be the last look."""
        started = process_time()
        super().after_epoch(state, record)
        self.seconds += process_time() - started

    def _look(self, state: TrainingState) -> None:
        self.looks += 1
        super()._look(state)


def measure(dataset: Dataset, settings: TrainingSettings) -> tuple[float, float, int]:
    """Returns the seconds of a run without the doctor, those of the doctor, and how often it looked."""
    parts = set_up(dataset, settings)
    engine = engine_for(parts.state.context, settings, threads=1)
    engine.load(parts.state.context)
    doctor = Timed()
    started = process_time()
    run_epochs(parts, dataset, settings, engine, [doctor])
    seconds = process_time() - started
    return seconds - doctor.seconds, doctor.seconds, doctor.looks


def main(rounds: Annotated[int, typer.Option(min=1)] = 3) -> None:
    """Times runs with a doctor."""
    dataset = load_dataset("mnist", validation=0)
    measure(dataset, replace(CASES["a small network"], epochs=1))  # loads the machine code
    print("run, seconds of training, milliseconds of the doctor, looks, share")
    for name, settings in CASES.items():
        training, doctor, looks = zip(
            *(measure(dataset, settings) for _ in range(rounds)), strict=True
        )
        seconds, own = min(training), min(doctor)
        print(f"{name}, {seconds:.2f}, {1e3 * own:.1f}, {looks[0]}, {100 * own / seconds:.2f} %")


if __name__ == "__main__":
    typer.run(main)
