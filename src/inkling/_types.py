"""Type aliases for arrays. Docstrings give their shapes in axis letters (``nn/layer.py``)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]
"""An array of float32 or float64."""
IntArray = NDArray[np.integer[Any]]
"""An array of whole numbers: class labels or row numbers."""
ByteArray = NDArray[np.uint8]
"""Pixels, 0 (paper) to 255 (ink)."""
BoolArray = NDArray[np.bool_]
"""A mask: True for the pixels that belong to something."""
AnyArray = NDArray[Any]
"""An array whose dtype has not been checked yet."""
