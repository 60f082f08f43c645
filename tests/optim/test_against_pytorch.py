"""Fifty steps beside PyTorch, with and without weight decay, while the learning rate changes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from inkling.optim import SGD, Adam, AdamW, Momentum, Nesterov, Optimizer, RMSprop

torch: Any = pytest.importorskip("torch")

STEPS = 50
# ε is large enough here for its place in the formula to show.
PAIRS: dict[str, tuple[Callable[..., Optimizer], Callable[..., Any]]] = {
    "sgd": (SGD, lambda groups: torch.optim.SGD(groups, lr=0.05)),
    "momentum": (
        lambda **decay: Momentum(momentum=0.8, **decay),
        lambda groups: torch.optim.SGD(groups, lr=0.05, momentum=0.8),
    ),
    "nesterov": (
        lambda **decay: Nesterov(momentum=0.8, **decay),
        lambda groups: torch.optim.SGD(groups, lr=0.05, momentum=0.8, nesterov=True),
    ),
    "rmsprop": (
        lambda **decay: RMSprop(smoothing=0.9, epsilon=1e-2, **decay),
        lambda groups: torch.optim.RMSprop(groups, lr=0.05, alpha=0.9, eps=1e-2),
    ),
    "adam": (
        lambda **decay: Adam(beta1=0.8, beta2=0.95, epsilon=1e-2, **decay),
        lambda groups: torch.optim.Adam(groups, lr=0.05, betas=(0.8, 0.95), eps=1e-2),
    ),
    "adamw": (
        lambda **decay: AdamW(beta1=0.8, beta2=0.95, epsilon=1e-2, **decay),
        lambda groups: torch.optim.AdamW(groups, lr=0.05, betas=(0.8, 0.95), eps=1e-2),
    ),
}


@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
@pytest.mark.parametrize("name", PAIRS)
def test_fifty_steps_agree_with_pytorch(name: str, weight_decay: float) -> None:
    """Weights and bias follow PyTorch's to 1e-10, the bias without decay."""
    ours, theirs = PAIRS[name]
    rng = np.random.default_rng(11)
    parameters = {"weights": rng.normal(size=(7, 3)), "bias": rng.normal(size=3)}
    tensors = {key: torch.tensor(array.copy()) for key, array in parameters.items()}
    rival = theirs(
        [
            {"params": [tensors["weights"]], "weight_decay": weight_decay},
            {"params": [tensors["bias"]], "weight_decay": 0.0},
        ]
    )
    optimizer = ours(weight_decay=weight_decay)
    for step in range(STEPS):
        rate = 0.05 * (1.2 + math.sin(step))
        noise = {key: rng.normal(size=array.shape) for key, array in parameters.items()}
        for group in rival.param_groups:
            group["lr"] = rate
        for key, tensor in tensors.items():
            tensor.grad = 0.3 * tensor + torch.tensor(noise[key])
        gradients = {key: 0.3 * array + noise[key] for key, array in parameters.items()}
        rival.step()
        optimizer.update(parameters, gradients, learning_rate=rate)
    for key, tensor in tensors.items():
        np.testing.assert_allclose(parameters[key], tensor.numpy(), rtol=1e-10)
