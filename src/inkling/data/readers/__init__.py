"""Readers: one per file format, each of which returns a ``Source``.

Reading order: ``layouts.py`` chooses the reader; ``unpack.py`` (gzip) and ``labels.py`` (numeric labels)
are shared; ``idx.py`` reads MNIST's own format, ``csv.py``, ``npz.py`` and ``folders.py`` read data of
your own; ``mnist.py`` finds MNIST or downloads it with ``download.py``; ``digits.py`` needs no network.
"""
