"""What ``handwriting.py`` measures with: strokes and their styles, non-digits, rows of the table."""
