"""Images drawn by a program.

pen.py          digits as people write them: allograph → curve → brush → normalized image
allographs.py   reads the shapes from allographs.toml, to which you can add yours
curves.py       splines through the points of a shape
brush.py        draws a curve with a brush of any width
non_digits.py   what a model should reject
"""
