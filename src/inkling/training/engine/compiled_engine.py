"""The compiled engine as the training loop calls it: from a context to ``compiled/`` and back."""

from __future__ import annotations

from collections.abc import Sequence

from inkling._types import IntArray
from inkling.compiled import engine
from inkling.compiled.memory import Memory
from inkling.training.engine.context import EpochSums, TrainingContext


class CompiledEngine:
    """Computes the steps of ``numpy_engine.train_batches`` in machine code, for one run.

    The last digits of the result depend on the number of threads.
    """

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads
        self._memory = Memory()

    def __call__(
        self,
        context: TrainingContext,
        order: IntArray,
        batch_size: int,
        learning_rates: Sequence[float],
    ) -> EpochSums:
        """Trains on consecutive mini-batches; arguments as of ``numpy_engine.train_batches``."""
        arguments = context, order, batch_size, learning_rates, self.threads, self._memory
        return EpochSums(**engine.train_batches(*arguments))
