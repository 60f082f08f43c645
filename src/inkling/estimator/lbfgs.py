"""The fit with SciPy's L-BFGS-B: all samples in every step, with step sizes from earlier gradients.

    flat vector of all parameters → loss and gradient over all samples → scipy.optimize.minimize

It computes in float64 for every dtype, because its line search compares losses that differ in the eighth
digit. The resulting weights have the dtype of the data.
"""

from __future__ import annotations

import warnings
from itertools import count
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from inkling._types import FloatArray
from inkling.estimator.network import LOSSES, network_from_arrays
from inkling.estimator.parameters import FitParams
from inkling.estimator.samples import Samples, dense, slices
from inkling.estimator.state import FitState
from inkling.nn.losses import Loss
from inkling.nn.network import Network


def fit_lbfgs(params: FitParams, state: FitState, samples: Samples) -> None:
    """Minimizes the loss over all samples, and sets weights, ``loss`` and ``n_iter`` of the state."""
    from scipy.optimize import minimize

    objective = Objective(params, state, samples)
    iterations = count(1)

    def report(intermediate_result: Any) -> None:
        params.report(f"Iteration {next(iterations)}, loss = {intermediate_result.fun:.8f}")

    result = minimize(
        objective,
        objective.point.copy(),
        method="L-BFGS-B",
        jac=True,
        options={"maxfun": params.max_fun, "maxiter": params.max_iter, "gtol": params.tol},
        callback=report if params.verbose else None,
    )
    objective.point[...] = result.x
    for array, found in zip([*state.coefs, *state.intercepts], objective.arrays, strict=True):
        array[...] = found
    state.n_iter, state.loss = min(int(result.nit), params.max_iter), float(result.fun)
    if result.status != 0:
        warnings.warn(
            f"lbfgs failed to converge after {state.n_iter} iteration(s) (status={result.status}):\n"
            f"{result.message}\n\nIncrease the number of iterations to improve the convergence "
            f"(max_iter={params.max_iter}), or scale the data.",
            ConvergenceWarning,
            stacklevel=5,
        )


class Objective:
    """The loss over all samples and its gradient, as a function of one flat vector.

    ``point`` is that vector, all weights, then all biases; ``arrays`` are views of it, in the network.
    """

    def __init__(self, params: FitParams, state: FitState, samples: Samples) -> None:
        initial = [*state.coefs, *state.intercepts]
        self.point: FloatArray = np.concatenate([array.ravel() for array in initial], dtype=float)
        parts = np.split(self.point, np.cumsum([array.size for array in initial])[:-1])
        self.arrays: list[FloatArray] = [
            part.reshape(array.shape) for part, array in zip(parts, initial, strict=True)
        ]
        n_layers, activations = len(state.coefs), [*params.activations, state.out_activation]
        self.n_weights: int = sum(array.size for array in state.coefs)
        self.network: Network = network_from_arrays(
            self.arrays[:n_layers], self.arrays[n_layers:], activations
        )
        self.loss: Loss = LOSSES[state.out_activation]()
        self.alpha: float = params.alpha
        self.state: FitState = state
        self.samples: Samples = samples

    def __call__(self, point: FloatArray) -> tuple[float, FloatArray]:
        """Returns L + ½ α ‖W‖² / Σ w and its gradient, w the sample weights."""
        self.point[...] = point
        loss, gradient, total = 0.0, np.zeros_like(point), self.samples.weight()
        names = sorted(self.network.parameters, key=lambda name: name.endswith("bias"))
        for rows in slices(self.samples.inputs):
            part = self.samples.part(rows)
            if share := part.weight() / total:
                # The line search may try a step that is too long; the loss shows it.
                with np.errstate(over="ignore", invalid="ignore"):
                    value, gradients, _ = self.network.loss_and_gradients(
                        dense(part.inputs), part.targets, self.loss, sample_weights=part.weights
                    )
                loss += share * value
                gradient += share * np.concatenate([gradients[name].ravel() for name in names])
        decay, weights = self.alpha / total, point[: self.n_weights]
        gradient[: self.n_weights] += decay * weights
        # scikit-learn's lbfgs combines the mean of squared errors over the outputs with the gradient of
        # their sum; only this gives the same path.
        penalty = 0.5 * decay * float(weights @ weights)
        return self.state.sklearn_loss(loss) + penalty, gradient
