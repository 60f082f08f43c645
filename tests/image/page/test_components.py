"""Connected components, compared with SciPy's labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inkling._types import BoolArray
from inkling.image.page.components import find_components


def outline(mask: BoolArray) -> int:
    """The number of sides of true pixels without a true neighbor."""
    padded = np.pad(mask, 1).astype(np.int8)
    return int(np.abs(np.diff(padded, axis=0)).sum() + np.abs(np.diff(padded, axis=1)).sum())


@settings(deadline=None)
@given(mask=arrays(np.bool_, st.tuples(st.integers(1, 13), st.integers(1, 17))))
def test_the_same_as_scipy(mask: BoolArray) -> None:
    """Boxes, areas, outlines and the drawn masks of all components; corners connect."""
    ndimage = pytest.importorskip("scipy.ndimage")
    labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
    found = find_components(mask)
    assert len(found) == count
    assert found.boxes.shape == (count, 4)
    height, width = mask.shape
    for number in range(count):
        component = found.mask([number], (0, 0, width, height))
        name = labels[component][0]
        assert np.array_equal(component, labels == name)
        rows, columns = ndimage.find_objects(labels)[name - 1]
        box = [columns.start, rows.start, columns.stop, rows.stop]
        assert found.boxes[number].tolist() == box
        assert found.areas[number] == component.sum()
        assert found.edges[number] == outline(component)


def test_several_components_in_a_part_of_the_image() -> None:
    """Only those given are drawn into the box."""
    mask = np.zeros((9, 12), dtype=bool)
    mask[1:3, 2:5] = mask[6, 2:11] = mask[1:8, 9] = mask[4, 0] = True
    found = find_components(mask)
    large = np.flatnonzero(found.areas > 1).tolist()
    assert np.array_equal(found.mask(large, (2, 1, 11, 8)), mask[1:8, 2:11])
