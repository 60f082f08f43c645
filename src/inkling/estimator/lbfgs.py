"""The fit through SciPy's L-BFGS-B: all samples at once, and steps that learn from earlier slopes.

    flat vector of all weights  →  loss and slope over all samples  →  scipy.optimize.minimize

It computes in float64 whatever the data's dtype, because its line search compares losses that differ in
the eighth digit; the weights it leaves are the data's dtype again.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from inkling._types import FloatArray
from inkling.estimator.samples import Samples, dense_rows, slices
from inkling.estimator.translate import LOSSES, network_around, sklearn_loss_scale
from inkling.nn.losses import Loss
from inkling.nn.network import Network

if TYPE_CHECKING:
    from inkling.estimator.base import BaseMLP


def fit_lbfgs(mlp: BaseMLP, samples: Samples) -> None:
    """Moves ``coefs_`` and ``intercepts_`` to a minimum, and sets ``loss_`` and ``n_iter_``.

    Args:
        mlp: the estimator, with first weights.
        samples: all samples.
    """
    from scipy.optimize import minimize

    objective = Objective(mlp, samples)
    shown = {"callback": lambda intermediate_result: objective.tell(intermediate_result.fun)}
    result = minimize(
        objective,
        objective.flat(),
        method="L-BFGS-B",
        jac=True,
        options={"maxfun": mlp.max_fun, "maxiter": mlp.max_iter, "gtol": mlp.tol},
        **(shown if mlp.verbose else {}),
    )
    mlp.n_iter_, mlp.loss_ = min(int(result.nit), mlp.max_iter), float(result.fun)
    objective.put(result.x)
    for ours, found in zip(
        [*mlp.coefs_, *mlp.intercepts_], [*objective.weights, *objective.biases], strict=True
    ):
        ours[...] = found
    if result.status != 0:
        warnings.warn(
            f"lbfgs failed to converge after {mlp.n_iter_} iteration(s) (status={result.status}):\n"
            f"{result.message}\n\nIncrease the number of iterations to improve the convergence "
            f"(max_iter={mlp.max_iter}), or scale the data.",
            ConvergenceWarning,
            stacklevel=5,
        )


class Objective:
    """The loss over all samples and its slope, as a function of one flat vector.

    Args:
        mlp: the estimator, whose weights are where it starts.
        samples: all samples.
    """

    def __init__(self, mlp: BaseMLP, samples: Samples) -> None:
        self.mlp = mlp
        self.samples = samples
        self.weights: list[FloatArray] = [array.astype(np.float64) for array in mlp.coefs_]
        self.biases: list[FloatArray] = [array.astype(np.float64) for array in mlp.intercepts_]
        self.network: Network = network_around(self.weights, self.biases, mlp._activations())
        self.loss: Loss = LOSSES[mlp.out_activation_]()
        self.n_iter: int = 0
        dense = isinstance(samples.inputs, np.ndarray)
        self.inputs: Any = (
            samples.inputs.astype(np.float64, copy=False) if dense else samples.inputs
        )
        # Sparse samples, a slice at a time, are never filled out all at once.
        self.rows: list[slice] = [slice(None)] if dense else list(slices(len(samples)))

    def __call__(self, flat: FloatArray) -> tuple[float, FloatArray]:
        """Returns loss and slope at ``flat``: L + ½ α ‖W‖² / Σ w, and the sum of both slopes."""
        self.put(flat)
        loss, slopes, total = 0.0, np.zeros_like(flat), self._share(slice(None))
        for rows in self.rows:
            if part := self._share(rows) / total:
                value, slope = self._of(rows)
                loss += part * value
                slopes += part * slope
        decay = self.mlp.alpha / total
        squares = sum(float(np.vdot(weights, weights)) for weights in self.weights)
        slopes[: sum(weights.size for weights in self.weights)] += decay * np.concatenate(
            [weights.ravel() for weights in self.weights]
        )
        # Squared errors count as their mean over the outputs while the slope is that of their sum:
        # scikit-learn's lbfgs walks by the two as they are, and the same path needs the same.
        counted = sklearn_loss_scale(loss, self.mlp.out_activation_, self.mlp.n_outputs_)
        return counted + 0.5 * decay * squares, slopes

    def _of(self, rows: slice) -> tuple[float, FloatArray]:
        """Returns the mean loss of some samples and its slope, flat: weights first, then biases."""
        weights = None if self.samples.weights is None else self.samples.weights[rows]
        with np.errstate(over="ignore", invalid="ignore"):  # a step too far; the loss tells
            loss, gradients, _ = self.network.loss_and_gradients(
                dense_rows(self.inputs, rows),
                self.samples.targets[rows],
                self.loss,
                sample_weights=weights,
            )
        numbers = range(1, len(self.weights) + 1)
        names = [f"dense{n}.weights" for n in numbers] + [f"dense{n}.bias" for n in numbers]
        return loss, np.concatenate([gradients[name].ravel() for name in names])

    def _share(self, rows: slice) -> float:
        if self.samples.weights is None:
            return float(len(range(*rows.indices(len(self.samples)))))
        return float(self.samples.weights[rows].sum())

    def flat(self) -> FloatArray:
        """Returns all weights, then all biases, as one vector."""
        return np.concatenate([array.ravel() for array in [*self.weights, *self.biases]])

    def put(self, flat: FloatArray) -> None:
        """Writes a flat vector into the network."""
        start = 0
        for array in [*self.weights, *self.biases]:
            array[...] = flat[start : start + array.size].reshape(array.shape)
            start += array.size

    def tell(self, loss: Any) -> None:
        """Says an iteration, for ``verbose``."""
        self.n_iter += 1
        self.mlp._say(f"Iteration {self.n_iter}, loss = {loss:.8f}")
