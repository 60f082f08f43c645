"""784-128-10 with scikit-learn."""

import sys
import warnings

import joblib
import numpy as np
from sklearn.neural_network import MLPClassifier


def read(name: str, start: int) -> np.ndarray:
    """Returns the data of an IDX file."""
    return np.fromfile(f"{sys.argv[1]}/{name}-ubyte", np.uint8, offset=start)


def inputs(name: str) -> np.ndarray:
    """Returns images as float32 from 0 to 1."""
    return read(name, 16).reshape(-1, 784) / np.float32(255)


warnings.simplefilter("ignore")  # it has not converged after four epochs
network = MLPClassifier(
    (128,), batch_size=128, learning_rate_init=0.003, max_iter=4, random_state=0
)
network.fit(inputs("train-images-idx3"), read("train-labels-idx1", 8))
joblib.dump(network, sys.argv[2])
answers = network.predict(inputs("t10k-images-idx3"))
print(np.mean(answers == read("t10k-labels-idx1", 8)))  # noqa: T201
