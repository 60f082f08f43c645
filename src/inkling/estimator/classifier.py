"""``inkling.MLPClassifier``: labels in, labels and probabilities out.

Labels become columns of 0 and 1, one per class, or a single one for two classes; multilabel targets are
such columns already. Three or more classes use softmax and cross-entropy, the others sigmoid and binary
cross-entropy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.multiclass import _check_partial_fit_first_call, type_of_target, unique_labels

from inkling._types import AnyArray, FloatArray
from inkling.estimator.base import BaseMLP, has_epochs
from inkling.estimator.sklearn_base import ClassifierMixin, _fit_context, available_if
from inkling.training.callbacks import Callback


class MLPClassifier(ClassifierMixin, BaseMLP):
    """A neural network for classification, with the interface of scikit-learn's ``MLPClassifier``.

    Args:
        hidden_layer_sizes: the number of units in each hidden layer; () for none.
        activation: of the hidden layers: identity, logistic, tanh, relu, leaky_relu or gelu; or a list
            with one name per layer.
        solver: sgd, adam, adamw or lbfgs.
        alpha: λ of the L2 term ½ λ ‖W‖², which is divided by the size of each batch; for adamw the
            weight decay.
        batch_size: samples per step; "auto" is min(200, N).
        learning_rate: constant; invscaling or adaptive, for sgd only; or step, cosine, one_cycle or
            warm_up, schedules over ``max_iter`` epochs.
        learning_rate_init: the initial rate, or the peak of a schedule.
        power_t: the exponent of invscaling: η = η₀ / (t + 1)^power_t after t samples.
        max_iter: epochs, or iterations of lbfgs.
        shuffle: whether to shuffle the samples before every epoch.
        random_state: determines initial weights, sample orders and held-out samples, as in scikit-learn.
        tol: the smallest change that counts as an improvement.
        verbose: print a line per epoch.
        warm_start: True starts from the weights of the last fit; "exact" continues it, so that a fit
            that was interrupted, or that gets a larger ``max_iter``, gives the same result as one fit.
        momentum: μ of sgd, in [0, 1).
        nesterovs_momentum: whether sgd uses Nesterov momentum.
        early_stopping: stop by the score on held-out samples, and keep the best weights.
        validation_fraction: the share of samples held out, unless ``fit`` is given ``validation_data``.
        beta_1: β₁ of adam and adamw.
        beta_2: β₂ of adam and adamw.
        epsilon: ε of adam and adamw.
        n_iter_no_change: epochs without improvement before a fit stops.
        max_fun: the largest number of loss evaluations of lbfgs.
        dropout: the dropout rate of hidden units, in [0, 1).
        class_weight: the weight of each class: a dict, "balanced" for N / (C · N_class), or None for 1.
        scoring: the score on held-out samples: None for the accuracy, "loss" for the negative loss, the
            name of a scikit-learn scorer, or a function of (estimator, X, y).
        callbacks: ``inkling.Callback`` objects that observe the fit.
        progress_bar: show a bar on standard error.

    Attributes:
        classes_: the labels, sorted.
        coefs_: the weights (I, O) of each layer.
        intercepts_: the biases (O,) of each layer.
        loss_: the last loss, with its L2 term; ``best_loss_`` is the lowest, None with early stopping.
        loss_curve_: the loss of every epoch.
        validation_loss_curve_: the loss on held-out samples after every epoch; None without any.
        validation_scores_: their scores; ``best_validation_score_`` is the highest.
        n_iter_: the number of epochs, or of iterations of lbfgs.
        n_layers_: the number of layers with inputs and outputs; ``n_outputs_`` the number of outputs.
        n_features_in_: I; ``feature_names_in_`` are the column names of a data frame.
        out_activation_: softmax, or logistic for two classes and multilabel targets.
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

    _metric = staticmethod(accuracy_score)

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
        self._keep_parameters(locals())

    @available_if(has_epochs)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: Any = None,
        classes: Any = None,
    ) -> Self:
        """Trains for one epoch on samples (N, I) and labels (N,), or (N, C) of 0 and 1.

        Weights, optimizer and loss curve continue from the last call. ``classes`` are all labels that
        will occur; the first call needs them.

        Raises:
            ValueError: the first call has no ``classes``, or a later call has different ones.
        """
        if _check_partial_fit_first_call(self, classes):
            self._label_binarizer = LabelBinarizer()
            several = type_of_target(y).startswith("multilabel")
            self._label_binarizer.fit(y if several else classes)
        self._fit(X, y, sample_weight, incremental=True)
        return self

    def predict(self, X: Any) -> AnyArray:  # noqa: N803
        """Returns the most probable label of each sample (N,); (N, C) of 0 and 1 for multilabel."""
        return self._predictions(self._outputs(X))

    def predict_proba(self, X: Any) -> FloatArray:  # noqa: N803
        """Returns the probability of each class (N, C), in the order of ``classes_``."""
        outputs = self._outputs(X)
        return np.hstack([1 - outputs, outputs]) if self.n_outputs_ == 1 else outputs

    def predict_log_proba(self, X: Any) -> FloatArray:  # noqa: N803
        """Returns the logarithms of the probabilities (N, C)."""
        probabilities = self.predict_proba(X)
        return np.log(probabilities, out=probabilities)

    def _read_classes(self, y: AnyArray, *, reset: bool) -> None:
        if reset:
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        elif self.warm_start and set(classes := unique_labels(y)) != set(self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous call "
                f"to fit. Previously got {self.classes_}, `y` has {classes}"
            )

    def _targets(self, y: AnyArray) -> AnyArray:
        classes = unique_labels(y)
        if len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. "
                f"'y' has {classes}."
            )
        targets: AnyArray = self._label_binarizer.transform(y)
        return targets.astype(bool)  # an eighth of the memory; batches become floats

    def _predictions(self, outputs: AnyArray) -> AnyArray:
        column = outputs.ravel() if outputs.shape[1] == 1 else outputs
        labels: AnyArray = self._label_binarizer.inverse_transform(column)
        return labels

    def _output_activation(self) -> str:
        return "softmax" if self._label_binarizer.y_type_ == "multiclass" else "logistic"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
