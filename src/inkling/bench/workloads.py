"""The workloads: networks to train for an epoch, images to predict, estimators to fit.

Every implementation gets the same images in the same order, the same first weights and the same batches.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from inkling._types import ByteArray, FloatArray, IntArray
from inkling.data.dataset import load_dataset
from inkling.data.readers.published import folder_in_place
from inkling.nn.mlp import build_mlp
from inkling.nn.network import Network

PIXELS, CLASSES = 784, 10
TRAINING_IMAGES, TEST_IMAGES = 60_000, 10_000
INK = 0.19
"""The share of nonzero pixels in MNIST, and in the noise that replaces it."""
SHIPPED_HIDDEN = (1000, 600, 500, 300)
"""The hidden layers of the model that ships, which the workloads "predict" use."""
WEIGHT_DECAY = 1e-4
"""λ of the L2 term, with Adam."""
FIT_EPOCHS = 5
TRAIN, PREDICT, FIT, ANSWER, START = "train", "predict", "fit", "answer", "start"
"""The kinds: an epoch of mini-batches; probabilities; a classifier's ``fit``, and its ``predict``; a
program from its start to a saved network."""


@dataclass(frozen=True)
class Workload:
    """A piece of work to be timed."""

    name: str
    kind: str
    hidden: tuple[int, ...]
    batch_size: int
    """B, images per step; images per call for "predict"."""
    optimizer: str = "sgd"
    learning_rate: float = 0.1
    activation: str = "relu"
    images: int = TRAINING_IMAGES
    """How many images are used; an incomplete last batch is dropped."""
    tolerance: float = 1e-2
    """The relative difference that the evidence of two implementations may have. Rounding errors grow
    from step to step, faster with Adam, which divides by small numbers."""
    file: str = ""
    """A file of bytes (N, 784) that is mapped into memory instead of MNIST."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units of every layer."""
        return (PIXELS, *self.hidden, CLASSES)

    @property
    def samples(self) -> int:
        """Images in whole batches."""
        return self.images // self.batch_size * self.batch_size

    @property
    def weight_decay(self) -> float:
        """λ of the L2 term."""
        return WEIGHT_DECAY if self.optimizer == "adam" else 0.0

    @property
    def operations(self) -> int:
        """Multiplications and additions of the matrix products: two per weight, sample and product.

        Training takes three products per layer, forward, ∂L/∂W and ∂L/∂x; the first has no ∂L/∂x.
        """
        weights = [before * after for before, after in pairwise(self.sizes)]
        if self.kind in (PREDICT, ANSWER):
            return 2 * self.samples * sum(weights)
        return self.samples * (6 * sum(weights) - 2 * weights[0])

    @property
    def description(self) -> str:
        """The workload in words."""
        network = "-".join(map(str, self.sizes))
        count, batch = f"{self.samples:,} images", f"batch {self.batch_size}"
        step, how = batch, "at once"
        if self.batch_size == 1:
            step, how = "one image per step", "one at a time"
        epoch = f"{step}, {self.optimizer}: an epoch of {count}"
        fit = f"{self.optimizer}, {batch}: {FIT_EPOCHS} epochs of {count}"
        return {
            TRAIN: f"{network} {self.activation}, {epoch}",
            PREDICT: f"the model that ships, {network}: probabilities of {count}, {how}",
            FIT: f"MLPClassifier.fit, {network}, {fit}",
            ANSWER: f"MLPClassifier.predict, {network}: {count}",
            START: "a whole program: from its start to 97 % on MNIST's test set and a saved network",
        }[self.kind]


WORKLOADS: dict[str, Workload] = {
    workload.name: workload
    for workload in (
        Workload("100-100", TRAIN, (100,), 100),
        Workload("100-50", TRAIN, (100,), 50),
        Workload("128-32", TRAIN, (128,), 32),
        Workload("800-256", TRAIN, (800,), 256),
        Workload("adam", TRAIN, (256, 128), 128, "adam", learning_rate=0.001, tolerance=5e-2),
        Workload("one", TRAIN, (28,), 1, activation="sigmoid", images=3_000),
        Workload("predict", PREDICT, SHIPPED_HIDDEN, TEST_IMAGES, images=TEST_IMAGES),
        Workload("predict-one", PREDICT, SHIPPED_HIDDEN, 1, images=1_000),
        Workload("fit", FIT, (100,), 200, "adam", tolerance=5e-2),
        Workload("fit-predict", ANSWER, (100,), 200, "adam", images=TEST_IMAGES, tolerance=5e-2),
        Workload("start", START, (128,), 128, "adam"),
    )
}


def data_in_use() -> str:
    """Returns the source of the images; speed may depend on how many pixels are 0."""
    return "noise as sparse as MNIST" if folder_in_place("mnist") is None else "MNIST"


class Samples(NamedTuple):
    """Images and their labels."""

    pixels: ByteArray  # (N, 784)
    labels: IntArray  # (N,)

    def inputs(self) -> FloatArray:
        """The pixels as float32 from 0 to 1, for implementations that train on floats."""
        return np.divide(self.pixels, np.float32(255), dtype=np.float32)


def training_samples(workload: Workload) -> Samples:
    """Returns the images of an epoch in the order in which they are used."""
    if workload.file:
        labels = np.random.default_rng(0).integers(0, CLASSES, workload.samples)
        shape = (workload.samples, PIXELS)
        return Samples(np.memmap(workload.file, np.uint8, "r", shape=shape), labels)
    samples = mnist_or_noise(train=True)
    order = np.random.default_rng(0).permutation(len(samples.labels))[: workload.samples]
    return Samples(samples.pixels[order], samples.labels[order])


def test_samples(workload: Workload) -> Samples:
    """Returns the images to predict."""
    pixels, labels = mnist_or_noise(train=False)
    return Samples(pixels[: workload.samples], labels[: workload.samples])


def mnist_or_noise(*, train: bool) -> Samples:
    """Returns MNIST's training or test images in the order of the files; noise without MNIST."""
    if folder_in_place("mnist") is not None:
        mnist = load_dataset("mnist", validation=0)
        split = mnist.train if train else mnist.test
        return Samples(split.images.reshape(-1, PIXELS), split.labels.astype(np.int64))
    rng = np.random.default_rng(1)
    count = TRAINING_IMAGES if train else TEST_IMAGES
    pixels = rng.integers(1, 256, (count, PIXELS), dtype=np.uint8)
    pixels[rng.random(pixels.shape, dtype=np.float32) > INK] = 0
    return Samples(pixels, rng.integers(0, CLASSES, count))


def first_network(workload: Workload) -> Network:
    """Returns the network that every implementation starts from, in float32."""
    return build_mlp(workload.sizes, rng=np.random.default_rng(2), activation=workload.activation)


def first_weights(workload: Workload) -> list[FloatArray]:
    """Returns its W (I, O) and b (O,), layer by layer."""
    return list(first_network(workload).parameters.values())
