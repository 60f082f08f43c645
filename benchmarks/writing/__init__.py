"""The parts of ``handwriting.py``: strokes and their styles, non-digits, rows of the table."""
