"""The measures of the handwriting benchmark."""

from __future__ import annotations

import numpy as np
import pytest

from writing.rows import expected_calibration_error


def test_the_calibration_error_by_hand() -> None:
    """Ten answers in three of five bins; 0.4 belongs to (0.2, 0.4]."""
    confidence = np.array([0.3, 0.4, 0.4, 0.35, 0.95, 0.9, 1.0, 0.85, 0.7, 0.7])
    right = np.array([0, 1, 0, 0, 1, 1, 1, 0, 1, 1], bool)
    by_bin = [abs(0.3 + 0.4 + 0.4 + 0.35 - 1), abs(0.7 + 0.7 - 2), abs(0.95 + 0.9 + 1 + 0.85 - 3)]
    assert expected_calibration_error(confidence, right, bins=5) == pytest.approx(sum(by_bin) / 10)
    assert expected_calibration_error(np.zeros(3), np.zeros(3, bool)) == 0
