"""What the estimators inherit from scikit-learn and decorate their methods with, and its types.

scikit-learn has no annotations, and a type checker that does not know a base class knows nothing of the
class. For checkers there are stand-ins here, with the methods that users call; at run time the names
are scikit-learn's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Self, TypeVar

    from inkling._types import AnyArray

    Method = TypeVar("Method", bound=Callable[..., Any])

    class BaseEstimator:
        """Parameters by name."""

        n_features_in_: int
        feature_names_in_: AnyArray

        @classmethod
        def _get_param_names(cls) -> list[str]: ...
        def get_params(self, deep: bool = True) -> dict[str, Any]:
            """Returns the constructor's arguments by name."""
            ...

        def set_params(self, **params: Any) -> Self:
            """Changes some of them."""
            ...

        def _repr_html_(self) -> str: ...
        def __sklearn_tags__(self) -> Any: ...

    class ClassifierMixin:
        """An estimator whose score is the accuracy."""

        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:  # noqa: N803
            """Returns the share of right answers."""
            ...

    class RegressorMixin:
        """An estimator whose score is R²."""

        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:  # noqa: N803
            """Returns R²: 1 for the true values, 0 for what their mean reaches."""
            ...

    def _fit_context(*, prefer_skip_nested_validation: bool) -> Callable[[Method], Method]: ...

    def available_if(check: Callable[[Any], bool]) -> Callable[[Method], Method]:
        """Hides a method of estimators that fail the check."""
        ...

else:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, _fit_context
    from sklearn.utils.metaestimators import available_if

__all__ = ["BaseEstimator", "ClassifierMixin", "RegressorMixin", "_fit_context", "available_if"]
