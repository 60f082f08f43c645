"""Data: from files to arrays of images and labels, split once and for all, then cut into batches.

    file → idx.py, csv.py, npz.py, folders.py, digits.py → Source → dataset.py → Dataset
                                                                       ↓
                                       training ← batches.py ← augment.py

Read in this order:

    split.py      what a set of labelled images is, and how one is divided fairly
    idx.py        MNIST's own file format; unpack.py opens it packed or not
    csv.py        one image a line; npz.py: NumPy's archives; folders.py: pictures, a folder per class
    mnist.py      where the four MNIST files are, and that they are the right ones; download.py
    digits.py     the small set that needs no network
    dataset.py    ``load_dataset``, the one door to all of them

``batches.py``, ``augment.py`` and ``scaling.py`` come in when training starts.
"""
