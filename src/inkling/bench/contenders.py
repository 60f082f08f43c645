"""Who can do which work, and what has to be installed for it.

A module is imported in its contender's own process only.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec

from inkling.bench.contest import Contest
from inkling.bench.works import ANSWER, FIT, PREDICT, START, TRAIN, Work

FLOOR = "arithmetic alone"


@dataclass(frozen=True)
class Contender:
    """Someone who does a kind of work.

    Attributes:
        name: what the tables call it.
        kind: the kind of work.
        needs: the distributions that have to be installed.
        home: module and function, which takes the work and the number of threads.
        only: the names of the works it does; all of the kind where there are none.
    """

    name: str
    kind: str
    needs: tuple[str, ...]
    home: str
    only: tuple[str, ...] = ()

    def does(self, work: Work) -> bool:
        """Returns whether the work is its own."""
        return work.kind == self.kind and (not self.only or work.name in self.only)

    def missing(self) -> list[str]:
        """Returns what would have to be installed."""
        return [name for name in self.needs if find_spec(_MODULES.get(name, name)) is None]

    @property
    def ours(self) -> bool:
        """Whether it is Inkling."""
        return self.name.startswith("Inkling")

    @property
    def version(self) -> str:
        """Of its library; "" where that is NumPy, or Inkling itself."""
        return "" if self.ours or not self.needs else version(self.needs[0])

    def prepare(self, work: Work, threads: int) -> Contest:
        """Loads its libraries and makes everything ready, in this process."""
        module, _, function = self.home.partition(":")
        contest: Contest = getattr(import_module(f"inkling.bench.{module}"), function)(
            work, threads
        )
        return contest


_MODULES = {"scikit-learn": "sklearn"}

CONTENDERS: tuple[Contender, ...] = (
    Contender("Inkling, compiled", TRAIN, ("numba", "scipy"), "ours:compiled_engine"),
    Contender("Inkling, NumPy", TRAIN, (), "ours:numpy_engine"),
    Contender("JAX, one scan", TRAIN, ("jax",), "jax:scan"),
    Contender("PyTorch, eager", TRAIN, ("torch",), "torch:eager"),
    Contender("scikit-learn", TRAIN, ("scikit-learn",), "estimators:scikit_learns_epoch"),
    Contender("tutorial 2's loop", TRAIN, (), "textbook:one_by_one", only=("one",)),
    Contender(FLOOR, TRAIN, (), "floor:arithmetic"),
    Contender("Inkling", PREDICT, (), "ours:predictions"),
    Contender("ONNX Runtime", PREDICT, ("onnxruntime", "onnx"), "onnx:predictions"),
    Contender("PyTorch", PREDICT, ("torch",), "torch:predictions"),
    Contender(FLOOR, PREDICT, (), "floor:arithmetic", only=("predict",)),
    Contender("Inkling", FIT, ("scikit-learn",), "estimators:ours"),
    Contender("scikit-learn", FIT, ("scikit-learn",), "estimators:scikit_learns"),
    Contender("Inkling", ANSWER, ("scikit-learn",), "estimators:ours"),
    Contender("scikit-learn", ANSWER, ("scikit-learn",), "estimators:scikit_learns"),
    Contender("Inkling", START, (), "whole_programs:ours"),
    Contender("PyTorch", START, ("torch",), "whole_programs:pytorch"),
    Contender("scikit-learn", START, ("scikit-learn",), "whole_programs:scikit_learns"),
)


def contenders_of(work: Work) -> list[Contender]:
    """Returns those who do a work; Inkling's first one is the one that the others are measured by."""
    return [contender for contender in CONTENDERS if contender.does(work)]
