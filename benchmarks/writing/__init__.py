"""What ``benchmarks/handwriting.py`` measures with: strokes, non-digits, styles, pictures."""
