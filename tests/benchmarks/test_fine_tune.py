"""How the benchmark of fine-tuning counts errors."""

from __future__ import annotations

import numpy as np

from fine_tune import Errors
from writing.rows import Answers


def test_a_rejected_digit_is_an_error_even_if_it_was_found() -> None:
    """Right; misread; rejected though its digit was the most probable one; rejected."""
    answered = np.array([True, True, False, False])
    answers = Answers(np.array([1, 2, 3, 4]), np.array([1, 7, 3, 9]), np.ones(4), answered)
    assert Errors.among(answers) == Errors(misread=1, rejected=2)
    assert str(Errors(1, 2) + Errors(0, 3)) == "6 (1 + 5)"
