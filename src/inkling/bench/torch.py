"""PyTorch, eager, on float tensors in memory in order: nothing is gathered or scaled."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from inkling._types import FloatArray
from inkling.bench.case import Case, distances, in_batches, statistics_of
from inkling.bench.workloads import Workload, first_weights, test_samples, training_samples
from inkling.model.file import load_model
from inkling.model.locations import SHIPPED


def _network(weights: list[FloatArray], activation: str) -> Any:
    """Returns the layers without a softmax."""
    modules: list[Any] = []
    for w, b in zip(weights[::2], weights[1::2], strict=True):
        linear = torch.nn.Linear(*w.shape)
        linear.weight.data = torch.from_numpy(np.ascontiguousarray(w.T))
        linear.bias.data = torch.from_numpy(b)
        modules += [linear, torch.nn.ReLU() if activation == "relu" else torch.nn.Sigmoid()]
    return torch.nn.Sequential(*modules[:-1])


def eager(workload: Workload, threads: int) -> Case:
    """Trains on slices of tensors, with the fastest form of its optimizers."""
    torch.set_num_threads(threads)
    samples = training_samples(workload)
    images, targets = torch.from_numpy(samples.inputs()), torch.from_numpy(samples.labels)
    network = _network(first_weights(workload), workload.activation)
    loss_of = torch.nn.CrossEntropyLoss()
    parameters = list(network.parameters())
    groups: list[dict[str, Any]] = [
        {"params": parameters[::2], "weight_decay": workload.weight_decay},
        {"params": parameters[1::2]},
    ]
    kind: Any = torch.optim.Adam if workload.optimizer == "adam" else torch.optim.SGD
    optimizer = kind(groups, lr=workload.learning_rate, fused=True)  # 0.75 × its default's time

    def epoch() -> None:
        for start in range(0, workload.samples, workload.batch_size):
            optimizer.zero_grad()
            outputs = network(images[start : start + workload.batch_size])
            loss_of(outputs, targets[start : start + workload.batch_size]).backward()
            optimizer.step()

    def evidence() -> list[float]:
        return distances([p.detach().numpy().T for p in parameters], first_weights(workload))

    return Case(epoch, evidence)


def predictions(workload: Workload, threads: int) -> Case:
    """The model that ships, on bytes, without gradients."""
    torch.set_num_threads(threads)
    model = load_model(SHIPPED).require_single("torch")
    network = _network(list(model.network.parameters.values()), "relu")
    pixels = torch.from_numpy(test_samples(workload).pixels)

    def probabilities(rows: Any) -> Any:
        with torch.inference_mode():
            return torch.softmax(network(rows.float() * model.scaling.factor), dim=1)

    run = in_batches(workload, probabilities, pixels)
    return Case(run, lambda: statistics_of(probabilities(pixels).numpy()))
