"""784-128-10 with PyTorch."""

import sys

import numpy as np
import torch


def read(name: str, start: int) -> torch.Tensor:
    """Returns the data of an IDX file."""
    return torch.from_numpy(np.fromfile(f"{sys.argv[1]}/{name}-ubyte", np.uint8, offset=start))


images = read("train-images-idx3", 16).view(-1, 784) / 255
labels = read("train-labels-idx1", 8).long()
torch.manual_seed(0)
network = torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
loss_of = torch.nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(network.parameters())
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, total_steps=2 * 469)
for _ in range(2):
    order = torch.randperm(len(images))
    for start in range(0, len(order), 128):
        rows = order[start : start + 128]
        optimizer.zero_grad()
        loss_of(network(images[rows]), labels[rows]).backward()
        optimizer.step()
        schedule.step()
torch.save(network.state_dict(), sys.argv[2])
with torch.inference_mode():
    answers = network(read("t10k-images-idx3", 16).view(-1, 784) / 255).argmax(1)
print((answers == read("t10k-labels-idx1", 8)).double().mean().item())  # noqa: T201
