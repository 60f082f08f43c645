"""Images: opening them, finding the digits in them, and giving each digit the form of MNIST's images.

    one digit: file → open.py → gray pixels (H, W) → single.py, normalize.py → (28, 28)
    a page:    file → open.py → gray pixels (H, W) → page/ → candidates for digits → normalize.py

Training images, photographs and canvases all pass through the same ``normalize``, because a fully
connected network recognizes a digit only at the size and place that it was trained on. This folder
computes on pixels only: if a row of digits can be read in several ways, it returns all of them. The
images go on to ``data/`` for training or to ``recognize/`` for reading.
"""
