"""Arrays that the compiled engine uses again in every run of batches."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from inkling._types import AnyArray


class Workspace:
    """Arrays that one training run uses again at every step.

    Without them every step would allocate, touch and free a megabyte or two. A workspace belongs to one
    run in one thread; whoever passes none gets fresh arrays.

    Example:
        >>> workspace = Workspace()
        >>> first = workspace.empty("owner", "outputs", (5, 3), np.float32)
        >>> first is workspace.empty("owner", "outputs", (5, 3), np.float32)
        True
        >>> workspace.empty("owner", "outputs", (4, 3), np.float32).base is first  # a smaller last batch
        True
    """

    def __init__(self) -> None:
        self._arrays: dict[tuple[object, str], AnyArray] = {}

    def empty(
        self, owner: object, purpose: str, shape: tuple[int, ...], dtype: DTypeLike
    ) -> AnyArray:
        """Returns an array with undefined contents, the same one as long as it is large enough.

        Args:
            owner: the layer that uses it.
            purpose: what for; one owner may hold several.
            shape: its shape; the first axis may be shorter than last time.
            dtype: its dtype.
        """
        key = (owner, purpose)
        array = self._arrays.get(key)
        if array is not None and array.dtype == dtype:
            if array.shape == shape:
                return array
            if array.shape[1:] == shape[1:] and array.shape[0] > shape[0]:
                return array[: shape[0]]
        array = self._arrays[key] = np.empty(shape, dtype)
        return array
