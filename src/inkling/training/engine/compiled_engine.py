"""The compiled engine as the training loop calls it: from a context to ``compiled/`` and back."""

from __future__ import annotations

from collections.abc import Sequence

from inkling._types import IntArray
from inkling.compiled import engine
from inkling.training.engine.context import EpochSums, TrainingContext
from inkling.training.engine.threads import blas_threads


class CompiledEngine:
    """Computes the steps of ``numpy_engine.train_batches`` in machine code, for one run.

    The last digits of the result depend on the number of threads.
    """

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads

    def __call__(
        self,
        context: TrainingContext,
        order: IntArray,
        batch_size: int,
        learning_rates: Sequence[float],
    ) -> EpochSums:
        """Trains on consecutive mini-batches; arguments as of ``numpy_engine.train_batches``."""
        with blas_threads(1):  # each thread makes its own calls; BLAS's threads would come on top
            sums = engine.train_batches(
                context.network,
                context.loss,
                context.optimizer,
                context.scaling,
                context.pixels,
                context.targets,
                order,
                batch_size,
                learning_rates,
                sample_weights=context.sample_weights,
                clip_norm=context.clip_norm,
                l2=context.l2,
                divergence_threshold=context.divergence_threshold,
                threads=self.threads,
            )
        return EpochSums(**sums._asdict())
