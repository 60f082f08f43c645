"""JAX: an epoch as one compiled ``lax.scan`` over float batches in memory."""

from __future__ import annotations

from typing import Any

import jax as untyped_jax
import jax.numpy as jnp
import numpy as np

from inkling.bench.case import Case, distances
from inkling.bench.workloads import PIXELS, Workload, first_weights, training_samples

jax: Any = untyped_jax
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def scan(workload: Workload, threads: int) -> Case:
    """Trains an epoch: forward, backward and update of all batches, compiled together."""
    samples = training_samples(workload)
    images = jnp.asarray(samples.inputs()).reshape(-1, workload.batch_size, PIXELS)
    targets = jnp.asarray(samples.labels).reshape(-1, workload.batch_size)
    activation = jax.nn.relu if workload.activation == "relu" else jax.nn.sigmoid

    def loss_of(parameters: Any, x: Any, y: Any) -> Any:
        for w, b in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
            x = activation(x @ w + b)
        logs = jax.nn.log_softmax(x @ parameters[-2] + parameters[-1])
        return -jnp.take_along_axis(logs, y[:, None], 1).mean()

    def step(state: Any, batch: Any) -> Any:
        gradients = jax.grad(loss_of)(state[0], *batch)
        move = _adam if workload.optimizer == "adam" else _sgd
        return move(workload, state, gradients), None

    run = jax.jit(lambda state: jax.lax.scan(step, state, (images, targets))[0], donate_argnums=0)
    weights = [jnp.asarray(w) for w in first_weights(workload)]
    zeros = [[jnp.zeros_like(w) for w in weights] for _ in range(2)]
    state = [(weights, *zeros, jnp.float32(0))]

    def epoch() -> None:
        state[0] = jax.block_until_ready(run(state[0]))

    def evidence() -> list[float]:
        return distances([np.asarray(w) for w in state[0][0]], first_weights(workload))

    return Case(epoch, evidence)


def _sgd(workload: Workload, state: Any, gradients: Any) -> Any:
    parameters, means, squares, t = state
    pairs = zip(parameters, gradients, strict=True)
    return [p - workload.learning_rate * g for p, g in pairs], means, squares, t


def _adam(workload: Workload, state: Any, gradients: Any) -> Any:
    """Adam with the L2 term on the matrices."""
    parameters, means, squares, t = state
    pairs = zip(parameters, gradients, strict=True)
    gradients = [g + workload.weight_decay * p if p.ndim > 1 else g for p, g in pairs]
    t = t + 1
    means = [BETA1 * m + (1 - BETA1) * g for m, g in zip(means, gradients, strict=True)]
    squares = [BETA2 * s + (1 - BETA2) * g * g for s, g in zip(squares, gradients, strict=True)]
    size, root = workload.learning_rate / (1 - BETA1**t), jnp.sqrt(1 - BETA2**t)
    moved = [
        p - size * m / (jnp.sqrt(s) / root + EPSILON)
        for p, m, s in zip(parameters, means, squares, strict=True)
    ]
    return moved, means, squares, t
