"""Pictures: opening them, finding the digits in them, and giving each the shape that MNIST's have.

    one digit: file → open.py → grey pixels (H, W) → single.py, normalize.py → (28, 28)
    a page:    file → open.py → polarity.py, light.py → ink → threshold.py, components.py → strokes
               → writing.py → what is worth reading → rows.py → rows → candidates.py → normalize.py

Training images, photographs and canvases all pass through the same ``normalize``, because a fully
connected network knows a digit only at the size and place it has seen in training. This folder
knows pixels and nothing else: where a row can be read in several ways, it offers them all
(``lattice.py``). From here the images go on to ``data/`` (to train) or ``recognize.py`` (to read).
"""
