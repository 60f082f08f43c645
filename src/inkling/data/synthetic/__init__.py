"""Images drawn by a program; ``non_digits.py`` draws what a model should reject."""
