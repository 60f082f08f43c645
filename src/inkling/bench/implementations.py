"""The implementations: Inkling's engines and its peers, and what must be installed for each.

An implementation's module is imported only in the process that runs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import distributions, version

from inkling.bench.case import Case
from inkling.bench.workloads import ANSWER, FIT, PREDICT, START, TRAIN, Workload
from inkling.data.readers.published import folder_in_place

FLOOR = "arithmetic alone"
LARGE = ("100-100", "100-50", "128-32", "800-256", "adam")
"""Training workloads that consist of matrix products."""


@dataclass(frozen=True)
class Implementation:
    """One way to perform a kind of workload."""

    name: str
    kind: str
    needs: tuple[str, ...]
    """The distributions that must be installed."""
    function: str
    """"module:function" in ``inkling.bench``; it takes a workload and a number of threads and returns a
    ``Case``."""
    only: tuple[str, ...] = ()
    """The workloads it performs; all of its kind if empty."""
    threads: int | None = None
    """How many threads it uses; None for as many as are allowed."""

    def missing(self) -> list[str]:
        """Returns the distributions that are not installed."""
        return [name for name in self.needs if not any(distributions(name=name))]

    @property
    def ours(self) -> bool:
        """Whether it is Inkling."""
        return self.name.startswith("Inkling")

    @property
    def version(self) -> str:
        """The version of its library; "" for NumPy and for Inkling itself."""
        return "" if self.ours or not self.needs else version(self.needs[0])

    @property
    def label(self) -> str:
        """Its name with the version of its library."""
        return f"{self.name} {self.version}".strip()

    def prepare(self, workload: Workload, threads: int) -> Case:
        """Imports its module and prepares the workload in this process."""
        module, _, function = self.function.partition(":")
        case: Case = getattr(import_module(f"inkling.bench.{module}"), function)(workload, threads)
        return case


NUMBA, JAX, TORCH, SKLEARN = ("numba",), ("jax",), ("torch",), ("scikit-learn",)


def _both_ways(name: str, kind: str, needs: tuple[str, ...], function: str) -> list[Implementation]:
    """Returns a peer with all threads and with one, which may be faster if its steps are small."""
    alone = Implementation(f"{name}, 1 thread", kind, needs, function, threads=1)
    return [Implementation(name, kind, needs, function), alone]


IMPLEMENTATIONS: tuple[Implementation, ...] = (
    Implementation("Inkling, compiled", TRAIN, NUMBA, "ours:compiled_engine"),
    Implementation("Inkling, NumPy", TRAIN, (), "ours:numpy_engine"),
    *_both_ways("JAX, one scan", TRAIN, JAX, "jax:scan"),
    *_both_ways("PyTorch, eager", TRAIN, TORCH, "torch:eager"),
    *_both_ways("scikit-learn", TRAIN, SKLEARN, "estimators:sklearn_epoch"),
    Implementation("tutorial 2's loop", TRAIN, (), "plain:one_by_one", only=("one",)),
    Implementation(FLOOR, TRAIN, (), "plain:arithmetic", only=LARGE),
    Implementation("Inkling, compiled", PREDICT, NUMBA, "ours:compiled_predictions"),
    Implementation("Inkling, NumPy", PREDICT, (), "ours:numpy_predictions"),
    Implementation("ONNX Runtime", PREDICT, ("onnxruntime", "onnx"), "onnx:predictions"),
    Implementation("PyTorch", PREDICT, TORCH, "torch:predictions"),
    Implementation("scikit-learn", PREDICT, SKLEARN, "estimators:sklearn_predictions"),
    Implementation(FLOOR, PREDICT, (), "plain:arithmetic", only=("predict",)),
    Implementation("Inkling", FIT, SKLEARN, "estimators:ours"),
    *_both_ways("scikit-learn", FIT, SKLEARN, "estimators:sklearns"),
    Implementation("Inkling", ANSWER, SKLEARN, "estimators:ours"),
    Implementation("scikit-learn", ANSWER, SKLEARN, "estimators:sklearns"),
    Implementation("Inkling", START, (), "whole_programs:ours"),
    Implementation("Inkling, nothing compiled yet", START, (), "whole_programs:ours_cold"),
    Implementation("PyTorch", START, TORCH, "whole_programs:pytorch"),
    Implementation("scikit-learn", START, SKLEARN, "whole_programs:sklearns"),
)


def implementations_of(workload: Workload, threads: int) -> list[Implementation]:
    """Returns the implementations of a workload; the first is the one the others are compared with."""
    return [
        one
        for one in IMPLEMENTATIONS
        if one.kind == workload.kind
        and (not one.only or workload.name in one.only)
        and (one.threads is None or threads > 1)  # with one thread both ways are the same
    ]


def reason_to_leave_out(workload: Workload) -> str:
    """Returns why a workload cannot be timed here; empty if it can."""
    if workload.kind == START and folder_in_place("mnist") is None:
        return "MNIST is not in place; run: inkling data info mnist"
    ours = [one for one in implementations_of(workload, 1) if one.ours]
    if all(one.missing() for one in ours):
        return f"it needs {' and '.join(ours[0].missing())}"
    return ""
