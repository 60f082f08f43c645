"""Pictures: opening them, and bringing a digit into the shape that MNIST gave its digits.

    file → open.py → grey pixels (H, W) → normalize.py → (28, 28), paper 0, ink up to 255

Training images, photographs and canvases all pass through the same ``normalize``, because a fully
connected network knows a digit only at the size and place it has seen in training. This folder
knows pixels and nothing else. From here the images go on to ``data/`` (to train) or
``recognize.py`` (to read).
"""
