"""A small task to train on, and the same training written out by hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from inkling._types import AnyArray, FloatArray, IntArray
from inkling.data.scaling import PixelScaling
from inkling.nn.losses import CrossEntropy
from inkling.nn.mlp import build_mlp
from inkling.optim.descent import SGD
from inkling.training.engine.context import TrainingContext

N, I, H, O = 23, 7, 11, 3  # noqa: E741 (the axis letters)
"""Samples, inputs, hidden units, outputs: no two alike, and no batch size below divides N."""


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of small runs would wait for it most of the time; test_files.py sees to the sync."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


MakeTask = Callable[..., TrainingContext]


@pytest.fixture
def make_task() -> MakeTask:
    """Makes a float64 network 7 → 11 relu → 3 softmax with 23 samples; arguments replace parts."""

    def make(dtype: str = "float64", dropout: float = 0.0, **parts: Any) -> TrainingContext:
        rng = np.random.default_rng(42)
        pixels = rng.integers(0, 256, (N, I)).astype(np.uint8)
        labels = rng.integers(0, O, N)
        network = build_mlp((I, H, O), rng=rng, dtype=dtype, dropout=dropout)
        given = {
            "network": network,
            "loss": CrossEntropy(),
            "optimizer": SGD(0.5),
            "pixels": pixels,
            "targets": labels,
            "scaling": PixelScaling(),
            **parts,
        }
        return TrainingContext(**given)

    return make


@dataclass
class ByHand:
    """Training 7 → 11 relu → 3 softmax with SGD, in plain NumPy and nothing of Inkling's.

    Attributes:
        loss: after ``train``, the mean loss over the samples, each before the step it was part of.
        accuracy: the share of them that was right.
    """

    parameters: dict[str, FloatArray]
    loss: float = 0.0
    accuracy: float = 0.0
    norms: list[float] = field(default_factory=list)

    def forward(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The hidden layer and the probabilities."""
        p = self.parameters
        hidden = np.maximum(x @ p["dense1.weights"] + p["dense1.bias"], 0)
        z = hidden @ p["dense2.weights"] + p["dense2.bias"]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return hidden, e / e.sum(axis=1, keepdims=True)

    def train(
        self,
        x: FloatArray,
        labels: IntArray,
        order: IntArray,
        batch_size: int,
        rates: list[float],
        sample_weights: FloatArray | None = None,
        clip_norm: float = np.inf,
    ) -> None:
        """One epoch; the last batch is divided by its own size."""
        weights = np.ones(len(x)) if sample_weights is None else sample_weights
        losses = right = 0.0
        batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
        for rows, rate in zip(batches, rates, strict=True):
            inputs, truth, w = x[rows], labels[rows], weights[rows]
            hidden, said = self.forward(inputs)
            losses += float(-(w * np.log(said[np.arange(len(rows)), truth])).sum())
            right += float((said.argmax(axis=1) == truth).sum())
            delta = said.copy()
            delta[np.arange(len(rows)), truth] -= 1
            delta *= (w / w.sum())[:, None]
            grad_hidden = (delta @ self.parameters["dense2.weights"].T) * (hidden > 0)
            gradients = {
                "dense1.weights": inputs.T @ grad_hidden,
                "dense1.bias": grad_hidden.sum(axis=0),
                "dense2.weights": hidden.T @ delta,
                "dense2.bias": delta.sum(axis=0),
            }
            norm = float(np.sqrt(sum((g**2).sum() for g in gradients.values())))
            self.norms.append(norm)
            for name, gradient in gradients.items():
                self.parameters[name] = self.parameters[name] - rate * gradient * min(
                    1, clip_norm / norm
                )
        self.loss, self.accuracy = losses / weights[order].sum(), right / len(order)

    def assert_same(self, parameters: dict[str, AnyArray]) -> None:
        """Raises unless the parameters are these, to 1e-12."""
        assert parameters.keys() == self.parameters.keys()
        for name, parameter in parameters.items():
            np.testing.assert_allclose(parameter, self.parameters[name], rtol=1e-12, atol=1e-13)


@pytest.fixture
def by_hand() -> Callable[[TrainingContext], ByHand]:
    """Starts the training by hand from a task's weights."""

    def start(task: TrainingContext) -> ByHand:
        return ByHand({name: array.copy() for name, array in task.network.parameters.items()})

    return start
