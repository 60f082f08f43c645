"""scikit-learn's base classes and decorators, with the type annotations that scikit-learn lacks.

Type checkers see stubs of the methods that users call; at run time the names are scikit-learn's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Self, TypeVar

    from inkling._types import AnyArray

    Method = TypeVar("Method", bound=Callable[..., Any])

    class BaseEstimator:
        """Base class of estimators, with parameters by name."""

        n_features_in_: int
        feature_names_in_: AnyArray

        @classmethod
        def _get_param_names(cls) -> list[str]: ...
        def get_params(self, deep: bool = True) -> dict[str, Any]:
            """Returns the constructor's arguments by name."""
            ...

        def set_params(self, **params: Any) -> Self:
            """Sets constructor arguments by name."""
            ...

        def _repr_html_(self) -> str: ...
        def __sklearn_tags__(self) -> Any: ...

    class ClassifierMixin:
        """Base class of estimators whose score is the accuracy."""

        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:  # noqa: N803
            """Returns the accuracy."""
            ...

    class RegressorMixin:
        """Base class of estimators whose score is R²."""

        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:  # noqa: N803
            """Returns R²: 1 for the true values, 0 for predicting their mean."""
            ...

    def _fit_context(*, prefer_skip_nested_validation: bool) -> Callable[[Method], Method]: ...

    def available_if(check: Callable[[Any], bool]) -> Callable[[Method], Method]:
        """Hides a method if the check of its estimator fails."""
        ...

else:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, _fit_context
    from sklearn.utils.metaestimators import available_if

__all__ = ["BaseEstimator", "ClassifierMixin", "RegressorMixin", "_fit_context", "available_if"]
