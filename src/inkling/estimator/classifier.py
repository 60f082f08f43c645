"""``inkling.MLPClassifier``: labels in, labels and probabilities out.

Labels of any kind become columns of 0 and 1, one for each class, or a single one for two classes; with
several labels a sample the columns are the targets as they come. Softmax with cross-entropy for three
classes and more, else sigmoid with binary cross-entropy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import column_or_1d
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call,
    type_of_target,
    unique_labels,
)

from inkling._types import AnyArray, FloatArray
from inkling.estimator.base import BaseMLP
from inkling.estimator.parameters import has_epochs
from inkling.estimator.sklearn_base import ClassifierMixin, _fit_context, available_if
from inkling.training.callbacks import Callback


class MLPClassifier(ClassifierMixin, BaseMLP):
    """A neural network for classes, with scikit-learn's face.

    Args:
        hidden_layer_sizes: units of each hidden layer; () for softmax regression.
        activation: of the hidden layers: identity, logistic, tanh, relu, leaky_relu, gelu; or a list
            with one for each.
        solver: sgd, adam, adamw or lbfgs.
        alpha: λ of the L2 term ½ λ ‖W‖², which is divided by the size of each batch; for adamw the
            decay of the weights, as it is.
        batch_size: samples a step; "auto" is min(200, N).
        learning_rate: constant; invscaling or adaptive, for sgd; step, cosine, one_cycle or warm_up,
            schedules over ``max_iter`` epochs.
        learning_rate_init: the first rate, or a schedule's peak.
        power_t: of invscaling: η = η₀ / (t + 1)^power_t after t samples.
        max_iter: epochs, or iterations of lbfgs.
        shuffle: a new order every epoch.
        random_state: decides weights, orders and held-out samples, as in scikit-learn.
        tol: the least improvement that counts.
        verbose: print a line an epoch.
        warm_start: True starts from the last fit's weights; "exact" goes on with everything, so that
            a fit that is interrupted, or given more ``max_iter``, ends as if it had never stopped.
        momentum: μ of sgd, in [0, 1).
        nesterovs_momentum: whether sgd looks ahead.
        early_stopping: stop by the score on held-out samples, and keep the best weights.
        validation_fraction: the part held out for it, unless ``fit`` gets ``validation_data``.
        beta_1: β₁ of adam and adamw.
        beta_2: β₂ of adam and adamw.
        epsilon: ε of adam and adamw.
        n_iter_no_change: epochs without improvement before a fit stops.
        max_fun: evaluations of the loss for lbfgs.
        dropout: the rate with which hidden units are silenced while training, in [0, 1).
        class_weight: what a sample of each class counts: a dict, "balanced" for n / (C · n_class),
            or None for 1.
        scoring: how held-out samples are scored: None for the accuracy, "loss" for the negative loss,
            the name of a scorer of scikit-learn, or a function of (estimator, X, y).
        callbacks: ``inkling.Callback`` objects that watch the fit.
        progress_bar: show a bar on standard error.

    Attributes:
        classes_: the labels, sorted.
        coefs_: the weights (I, O) of each layer.
        intercepts_: the biases (O,) of each layer.
        loss_: the last loss, with its L2 term; ``best_loss_`` the least, None with early stopping.
        loss_curve_: the loss of every epoch.
        validation_loss_curve_: the loss on held-out samples after every epoch; None without any.
        validation_scores_: their scores; ``best_validation_score_`` the best.
        n_iter_: epochs, or iterations of lbfgs.
        n_layers_: layers, inputs and outputs included; ``n_outputs_`` the number of outputs.
        n_features_in_: I; ``feature_names_in_`` the names of a data frame's columns.
        out_activation_: softmax, or logistic for two classes and for several labels a sample.
        t_: samples seen.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> X, y = load_iris(return_X_y=True)
        >>> classifier = MLPClassifier((20,), solver="lbfgs", random_state=0).fit(X, y)
        >>> classifier.predict([[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]])
        array([0, 2])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseMLP._parameter_constraints,
        "class_weight": [StrOptions({"balanced"}), dict, list, None],
    }

    class_weight: Mapping[Any, float] | Sequence[Mapping[Any, float]] | str | None

    classes_: AnyArray

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: str | Sequence[str] = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: int | np.random.RandomState | None = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool | str = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        dropout: float = 0.0,
        class_weight: Mapping[Any, float] | Sequence[Mapping[Any, float]] | str | None = None,
        scoring: str | Callable[..., float] | None = None,
        callbacks: Sequence[Callback] | None = None,
        progress_bar: bool = False,
    ) -> None:
        self._keep(locals())

    @available_if(has_epochs)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: Any = None,
        classes: Any = None,
    ) -> Self:
        """Goes once over some samples, and on from where the last call stopped.

        Args:
            X: the samples (N, I).
            y: the labels (N,), or (N, C) of 0 and 1.
            sample_weight: (N,), at least 0; equal by default.
            classes: all labels that will ever come; needed in the first call.

        Raises:
            ValueError: the first call has no ``classes``, or a later one others.
        """
        if _check_partial_fit_first_call(self, classes):
            self._label_binarizer = LabelBinarizer()
            several = type_of_target(y).startswith("multilabel")
            self._label_binarizer.fit(y if several else classes)
        self._fit(X, y, sample_weight, incremental=True)
        return self

    def predict(self, X: Any) -> AnyArray:  # noqa: N803
        """Returns the most probable label of each sample (N,), or all that are probable (N, C).

        Args:
            X: the samples (N, I).
        """
        return self._answers(self._outputs(X))

    def predict_proba(self, X: Any) -> FloatArray:  # noqa: N803
        """Returns the probability of each class (N, C), in the order of ``classes_``.

        Args:
            X: the samples (N, I).
        """
        outputs = self._outputs(X)
        return np.hstack([1 - outputs, outputs]) if self.n_outputs_ == 1 else outputs

    def predict_log_proba(self, X: Any) -> FloatArray:  # noqa: N803
        """Returns the logarithms of the probabilities (N, C).

        Args:
            X: the samples (N, I).
        """
        probabilities = self.predict_proba(X)
        return np.log(probabilities, out=probabilities)

    def decision_function(self, X: Any) -> FloatArray:  # noqa: N803
        """Returns the logits (N, C), which softmax makes probabilities of; (N,) for two classes.

        Args:
            X: the samples (N, I).
        """
        logits = self._outputs(X, logits=True)
        return logits.ravel() if self.n_outputs_ == 1 else logits

    def _read_targets(self, y: AnyArray, *, going_on: bool, incremental: bool) -> AnyArray:
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if not hasattr(self, "classes_") or not (going_on or incremental):
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        elif self.warm_start and set(classes := unique_labels(y)) != set(self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous call "
                f"to fit. Previously got {self.classes_}, `y` has {classes}"
            )
        return self._targets_of(y)

    def _targets_of(self, y: AnyArray) -> AnyArray:
        classes = unique_labels(y)
        if len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. "
                f"'y' has {classes}."
            )
        targets: AnyArray = self._label_binarizer.transform(y)
        return targets.astype(bool)  # an eighth of the memory; batches become floats

    def _truth_of(self, targets: AnyArray) -> AnyArray:
        labels: AnyArray = self._label_binarizer.inverse_transform(targets)
        return labels

    def _answers(self, outputs: FloatArray) -> AnyArray:
        column = outputs.ravel() if self.n_outputs_ == 1 else outputs
        labels: AnyArray = self._label_binarizer.inverse_transform(column)
        return labels

    def _usual_score(self, truth: AnyArray, answers: AnyArray, weights: FloatArray | None) -> float:
        return float(accuracy_score(truth, answers, sample_weight=weights))

    def _scores_are_accuracies(self) -> bool:
        return self.scoring in (None, "accuracy")

    def _output_activation(self) -> str:
        return "softmax" if self._label_binarizer.y_type_ == "multiclass" else "logistic"

    def _classes_to_keep_apart(self, targets: AnyArray) -> AnyArray | None:
        # As in scikit-learn: two classes are kept in proportion; more, and several labels, are not.
        return targets if self.n_outputs_ == 1 else None

    def _weights_of(
        self, y: AnyArray, weights: FloatArray | None, *, incremental: bool
    ) -> FloatArray | None:
        if self.class_weight is None:
            return weights
        if incremental and self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' cannot be used with partial_fit, which never sees how "
                "frequent the classes are; compute the weights over all labels with "
                "sklearn.utils.class_weight.compute_class_weight and pass them as a dict."
            )
        of_classes: FloatArray = compute_sample_weight(self.class_weight, y)
        return of_classes if weights is None else of_classes * weights

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
