"""The arrays that a training run uses again."""

from __future__ import annotations

import numpy as np

from inkling.nn.layer import Workspace, empty


def test_the_same_question_gets_the_same_array() -> None:
    """An owner, a purpose, a shape and a dtype name one array."""
    workspace, owner = Workspace(), object()
    first = workspace.empty(owner, "outputs", (5, 3), np.float32)
    assert first.shape == (5, 3)
    assert first.dtype == np.float32
    assert workspace.empty(owner, "outputs", (5, 3), np.float32) is first


def test_another_owner_or_purpose_gets_another_array() -> None:
    """Two layers, or two uses in one layer, never share memory."""
    workspace, one, other = Workspace(), object(), object()
    arrays = [
        workspace.empty(one, "outputs", (5, 3), np.float32),
        workspace.empty(one, "mask", (5, 3), np.float32),
        workspace.empty(other, "outputs", (5, 3), np.float32),
    ]
    for index, array in enumerate(arrays):
        assert not any(np.shares_memory(array, later) for later in arrays[index + 1 :])


def test_a_smaller_batch_takes_the_first_rows() -> None:
    """The last batch of an epoch needs no memory of its own, and the next full one finds its array."""
    workspace, owner = Workspace(), object()
    full = workspace.empty(owner, "outputs", (5, 3), np.float32)
    last = workspace.empty(owner, "outputs", (4, 3), np.float32)
    assert last.shape == (4, 3)
    assert last.base is full
    assert workspace.empty(owner, "outputs", (5, 3), np.float32) is full


def test_what_does_not_fit_is_replaced() -> None:
    """More rows, other columns, another number of axes or another dtype get a fitting array."""
    workspace, owner = Workspace(), object()
    for shape, dtype in [
        ((5, 3), "float32"),
        ((6, 3), "float32"),
        ((5, 4), "float32"),
        ((5,), "float32"),
        ((5,), "float64"),
        ((5, 3), "float64"),
    ]:
        array = workspace.empty(owner, "outputs", shape, dtype)
        assert array.shape == shape
        assert array.dtype == dtype


def test_without_a_workspace_every_array_is_fresh() -> None:
    """Whoever passes none shares nothing."""
    owner = object()
    first = empty(None, owner, "outputs", (5, 3), np.float64)
    second = empty(None, owner, "outputs", (5, 3), np.float64)
    assert first.shape == second.shape == (5, 3)
    assert first.dtype == second.dtype == np.float64
    assert not np.shares_memory(first, second)
