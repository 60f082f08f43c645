"""Which engine takes an estimator's steps, and by how many threads.

The rule is that of ``inkling train`` (``training/engine/choice.py``): arithmetic, and what is compiled
already; never the clock. There is no parameter for it: scikit-learn has none, and both engines end with
the same weights up to their last digits. Called by ``stochastic.py``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from inkling.estimator.run import Run
from inkling.training.engine.choice import NUMPY, Engine, choose_engine, recorded_engine
from inkling.training.engine.numpy_engine import TrainingContext
from inkling.training.engine.threads import threads_given

if TYPE_CHECKING:
    from inkling.estimator.base import BaseMLP

USUAL_EPOCHS = 200
"""What ``warm_start="exact"`` goes by: more ``max_iter`` later must not find another engine."""


def engine_for(
    mlp: BaseMLP, run: Run, task: TrainingContext, batch_size: int, *, incremental: bool
) -> Engine:
    """Returns the engine of a fit; of one that is resumed, the engine that it was started with.

    It expects ``max_iter`` epochs. ``partial_fit`` does not know what will come: there it is as many
    steps as there have been, so that one who goes on for long changes to the compiled engine.

    Args:
        mlp: the estimator.
        run: what is taken over from an earlier fit.
        task: what is trained on what; sparse samples are NumPy's.
        batch_size: B.
        incremental: whether this is ``partial_fit``.

    Raises:
        RunError: the fit was started with machine code, and here there can be none.
    """
    if run.engine is not None:
        return recorded_engine(type(mlp).__name__, run.engine.name, run.engine.threads, task)
    if not isinstance(task.pixels, np.ndarray):
        return Engine(NUMPY, 1)
    epochs = 1 if incremental else USUAL_EPOCHS if mlp.warm_start == "exact" else mlp.max_iter
    steps = task.optimizer.steps + epochs * -(-len(run.order) // batch_size)
    engine = choose_engine("auto", task, batch_size, steps)
    if engine.name == NUMPY:
        return engine
    return replace(engine, threads=min(engine.threads, threads_given()))
