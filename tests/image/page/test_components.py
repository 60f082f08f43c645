"""Connected components: SciPy's labels say what hangs together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from inkling.image.page.components import find_components

MASKS = arrays(np.bool_, st.tuples(st.integers(1, 13), st.integers(1, 17)))


def outline(mask: NDArray[np.bool_]) -> int:
    """How many sides of true pixels have no true neighbour, counted one by one."""
    padded = np.pad(mask, 1).astype(np.int8)
    return int(np.abs(np.diff(padded, axis=0)).sum() + np.abs(np.diff(padded, axis=1)).sum())


@given(mask=MASKS)
def test_the_same_as_scipy(mask: NDArray[np.bool_]) -> None:
    """Boxes, areas, outlines and the drawn masks of all components; corners connect."""
    ndimage = pytest.importorskip("scipy.ndimage")
    labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
    found = find_components(mask)
    assert len(found) == count
    height, width = mask.shape
    drawn = [found.mask([number], (0, 0, width, height)) for number in range(count)]
    for component, box, area, edge in zip(
        drawn, found.boxes.tolist(), found.areas, found.edges, strict=True
    ):
        name = labels[component][0]
        assert np.array_equal(component, labels == name)
        rows, columns = ndimage.find_objects(labels)[name - 1]
        assert box == [columns.start, rows.start, columns.stop, rows.stop]
        assert area == (labels == name).sum()
        assert edge == outline(labels == name)


def test_a_winding_path_is_one() -> None:
    """A spiral, whose runs are all connected only at its end."""
    mask = np.zeros((41, 41), dtype=bool)
    for turn in range(0, 20, 2):
        mask[turn, turn : 41 - turn] = mask[40 - turn, turn : 41 - turn] = True
        mask[turn : 41 - turn, 40 - turn] = mask[turn + 2 : 41 - turn, turn] = True
        mask[turn + 2, turn : turn + 3] = True
    assert len(find_components(mask)) == 1


def test_several_components_in_a_part_of_the_picture() -> None:
    """Drawn into the box asked for, and nothing else."""
    mask = np.zeros((9, 12), dtype=bool)
    mask[1:3, 2:5] = mask[6, 2:11] = mask[1:8, 9] = mask[4, 0] = True
    found = find_components(mask)
    large = [number for number in range(len(found)) if found.areas[number] > 1]
    assert np.array_equal(found.mask(large, (2, 1, 11, 8)), mask[1:8, 2:11])


def test_nothing() -> None:
    """No component, and arrays to match."""
    found = find_components(np.zeros((5, 7), dtype=bool))
    assert len(found) == 0
    assert found.boxes.shape == (0, 4)
