"""Who can do which work, and what has to be installed for it.

A module is imported in its contender's own process only.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec

from inkling.bench.case import Contest
from inkling.bench.workloads import ANSWER, FIT, PREDICT, START, TRAIN, Work
from inkling.data.readers.mnist import folder_in_place

FLOOR = "arithmetic alone"
LARGE = ("100-100", "100-50", "128-32", "800-256", "adam")
"""Works of training that have matrix products."""


@dataclass(frozen=True)
class Contender:
    """Someone who does a kind of work.

    Attributes:
        name: what the tables call it.
        kind: the kind of work.
        needs: the distributions that have to be installed.
        home: module and function, which takes the work and the number of threads.
        only: the names of the works it does; all of the kind where there are none.
        alone: whether it uses one thread whatever there are: for small steps a peer may be faster so.
            Inkling goes by a rule of its own.
    """

    name: str
    kind: str
    needs: tuple[str, ...]
    home: str
    only: tuple[str, ...] = ()
    alone: bool = False

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
_JAX, _TORCH, _SKLEARN = ("jax",), ("torch",), ("scikit-learn",)

CONTENDERS: tuple[Contender, ...] = (
    Contender("Inkling, compiled", TRAIN, ("numba", "scipy"), "ours:compiled_engine"),
    Contender("Inkling, NumPy", TRAIN, (), "ours:numpy_engine"),
    Contender("JAX, one scan", TRAIN, _JAX, "jax:scan"),
    Contender("JAX, one scan, 1 thread", TRAIN, _JAX, "jax:scan", alone=True),
    Contender("PyTorch, eager", TRAIN, _TORCH, "torch:eager"),
    Contender("PyTorch, eager, 1 thread", TRAIN, _TORCH, "torch:eager", alone=True),
    Contender("scikit-learn", TRAIN, _SKLEARN, "estimators:scikit_learns_epoch"),
    Contender(
        "scikit-learn, 1 thread", TRAIN, _SKLEARN, "estimators:scikit_learns_epoch", alone=True
    ),
    Contender("tutorial 2's loop", TRAIN, (), "textbook:one_by_one", only=("one",)),
    Contender(FLOOR, TRAIN, (), "floor:arithmetic", only=LARGE),
    Contender("Inkling", PREDICT, (), "ours:predictions"),
    Contender("ONNX Runtime", PREDICT, ("onnxruntime", "onnx"), "onnx:predictions"),
    Contender("PyTorch", PREDICT, _TORCH, "torch:predictions"),
    Contender("scikit-learn", PREDICT, _SKLEARN, "estimators:scikit_learns_predictions"),
    Contender(FLOOR, PREDICT, (), "floor:arithmetic", only=("predict",)),
    Contender("Inkling", FIT, _SKLEARN, "estimators:ours"),
    Contender("scikit-learn", FIT, _SKLEARN, "estimators:scikit_learns"),
    Contender("scikit-learn, 1 thread", FIT, _SKLEARN, "estimators:scikit_learns", alone=True),
    Contender("Inkling", ANSWER, _SKLEARN, "estimators:ours"),
    Contender("scikit-learn", ANSWER, _SKLEARN, "estimators:scikit_learns"),
    Contender("Inkling", START, (), "whole_programs:ours"),
    Contender("Inkling, nothing compiled yet", START, (), "whole_programs:ours_cold"),
    Contender("PyTorch", START, _TORCH, "whole_programs:pytorch"),
    Contender("scikit-learn", START, _SKLEARN, "whole_programs:scikit_learns"),
)


def contenders_of(work: Work) -> list[Contender]:
    """Returns those who do a work; Inkling's first one is the one that the others are measured by."""
    return [contender for contender in CONTENDERS if contender.does(work)]


def reason_to_leave_out(work: Work) -> str:
    """Returns why a work cannot be timed here, in words; empty where it can."""
    if work.kind == START and folder_in_place() is None:
        return "MNIST is not in place; type: inkling data info mnist"
    ours = [contender for contender in contenders_of(work) if contender.ours]
    if all(contender.missing() for contender in ours):
        return f"it needs {' and '.join(ours[0].missing())}"
    return ""
