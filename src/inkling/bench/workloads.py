"""What is timed: networks to train for an epoch, images to predict, estimators to fit.

Everyone gets the same images in the same order, the same first weights and the same batches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from inkling._types import ByteArray, FloatArray, IntArray
from inkling.data.dataset import load_dataset
from inkling.data.readers.mnist import folder_in_place
from inkling.nn.mlp import build_mlp
from inkling.nn.network import Network

PIXELS, CLASSES = 784, 10
TRAINING_IMAGES, TEST_IMAGES = 60_000, 10_000
INK = 0.19
"""The share of MNIST's pixels that are not 0, of which noise has as many."""
LEARNING_RATES = {"sgd": 0.1, "adam": 0.001}
SHIPPED_HIDDEN = (1000, 600, 500, 300)
"""The hidden layers of the model that ships, which "predict" is about."""
DECAY = 1e-4
"""λ of the L2 term, with Adam."""

FIT_EPOCHS = 5
TRAIN, PREDICT, FIT, ANSWER, START = "train", "predict", "fit", "answer", "start"
"""An epoch of mini-batches; the shipped model's probabilities; a classifier's ``fit``, and its
``predict``; a program from its start to a saved network."""


@dataclass(frozen=True)
class Work:
    """A kind of work.

    Attributes:
        name: what it is called on the command line.
        kind: what is done: "train", "predict", "fit", "answer" or "start".
        hidden: the hidden layers' units.
        batch_size: B, images a step; for "predict" images a call.
        optimizer: "sgd", or "adam" with weight decay.
        activation: the hidden layers'.
        images: how many are seen; of a last batch that is not full, none.
    """

    name: str
    kind: str
    hidden: tuple[int, ...]
    batch_size: int
    optimizer: str = "sgd"
    activation: str = "relu"
    images: int = TRAINING_IMAGES

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units of every layer."""
        return (PIXELS, *self.hidden, CLASSES)

    @property
    def samples(self) -> int:
        """Images in whole batches."""
        return self.images // self.batch_size * self.batch_size

    @property
    def learning_rate(self) -> float:
        """η."""
        return LEARNING_RATES[self.optimizer]

    @property
    def decay(self) -> float:
        """λ of the L2 term."""
        return DECAY if self.optimizer == "adam" else 0.0

    @property
    def operations(self) -> int:
        """Multiplications and additions of the matrix products, twice as many as weight and sample.

        Training takes them three times a layer: forward, ∂L/∂W, ∂L/∂x; the first layer has no ∂L/∂x.
        """
        weights = [
            before * after for before, after in zip(self.sizes, self.sizes[1:], strict=False)
        ]
        if self.kind in (PREDICT, ANSWER):
            return 2 * self.samples * sum(weights)
        return self.samples * (6 * sum(weights) - 2 * weights[0])

    @property
    def words(self) -> str:
        """The work in words."""
        network = "-".join(str(size) for size in self.sizes)
        count = f"{self.samples:,} images"
        if self.kind == PREDICT:
            many = "one at a time" if self.batch_size == 1 else "at once"
            return f"the model that ships, {network}: probabilities of {count}, {many}"
        if self.kind == FIT:
            adam = f"{self.optimizer}, batch {self.batch_size}, {FIT_EPOCHS} epochs of {count}"
            return f"MLPClassifier.fit, {network}, {adam}"
        if self.kind == ANSWER:
            return f"MLPClassifier.predict, {network}, {count}"
        if self.kind == START:
            return "from the program's start to 97 % on MNIST's test set and a saved network"
        step = "one image a step" if self.batch_size == 1 else f"batch {self.batch_size}"
        return f"{network} {self.activation}, {step}, {self.optimizer}: an epoch of {count}"


WORKS: dict[str, Work] = {
    work.name: work
    for work in (
        Work("100-100", TRAIN, (100,), 100),
        Work("100-50", TRAIN, (100,), 50),
        Work("128-32", TRAIN, (128,), 32),
        Work("800-256", TRAIN, (800,), 256),
        Work("adam", TRAIN, (256, 128), 128, optimizer="adam"),
        Work("one", TRAIN, (28,), 1, activation="sigmoid", images=3_000),
        Work("predict", PREDICT, SHIPPED_HIDDEN, TEST_IMAGES, images=TEST_IMAGES),
        Work("predict-one", PREDICT, SHIPPED_HIDDEN, 1, images=1_000),
        Work("fit", FIT, (100,), 200, optimizer="adam"),
        Work("fit-predict", ANSWER, (100,), 200, optimizer="adam", images=TEST_IMAGES),
        Work("start", START, (128,), 128, optimizer="adam"),
    )
}


def data_in_use() -> str:
    """Says what the images are, as a network's speed may depend on how many pixels are 0."""
    return "noise as sparse as MNIST" if folder_in_place() is None else "MNIST"


class Samples(NamedTuple):
    """Images and what they show."""

    pixels: ByteArray
    """(N, 784)."""
    labels: IntArray
    """(N,)."""

    def inputs(self) -> FloatArray:
        """The pixels as float32 from 0 to 1, for those who train on floats."""
        return np.divide(self.pixels, np.float32(255), dtype=np.float32)


def training_samples(work: Work) -> Samples:
    """Returns the images of an epoch in the order in which they are seen."""
    samples = _mnist_or_noise(train=True)
    order = np.random.default_rng(0).permutation(len(samples.labels))[: work.samples]
    return Samples(samples.pixels[order], samples.labels[order])


def test_samples(work: Work) -> Samples:
    """Returns the images to predict."""
    pixels, labels = _mnist_or_noise(train=False)
    return Samples(pixels[: work.samples], labels[: work.samples])


def _mnist_or_noise(*, train: bool) -> Samples:
    if folder_in_place() is not None:
        mnist = load_dataset("mnist", validation=0)
        split = mnist.train if train else mnist.test
        return Samples(split.images.reshape(-1, PIXELS), split.labels.astype(np.int64))
    rng = np.random.default_rng(1)
    count = TRAINING_IMAGES if train else TEST_IMAGES
    pixels = rng.integers(1, 256, (count, PIXELS), dtype=np.uint8)
    pixels[rng.random(pixels.shape, dtype=np.float32) > INK] = 0
    return Samples(pixels, rng.integers(0, CLASSES, count))


def first_network(work: Work) -> Network:
    """Returns the network that everyone begins with, in float32."""
    return build_mlp(work.sizes, rng=np.random.default_rng(2), activation=work.activation)


def first_weights(work: Work) -> list[FloatArray]:
    """Returns its W (I, O) and b (O,), layer by layer."""
    return list(first_network(work).parameters.values())
