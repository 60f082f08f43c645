"""Readers: one per file format, each of which returns a ``Source``.

    layouts.py → idx.py, csv.py, npz.py → Parts → assemble.py → Source
               → folders.py             →                       Source

Reading order: ``layouts.py`` chooses the reader by what is in a file or folder, ``names.py`` knows what
splits are called. ``idx.py`` reads MNIST's own format, ``csv.py`` (with ``columns.py``) and ``npz.py``
read data of your own; ``assemble.py`` decides for all three what labels (``labels.py``) and pixels
(``pixels.py``) mean. ``folders.py`` reads pictures. ``unpack.py`` unpacks, within limits.
``named.py`` lists the data sets that have a name. ``published.py`` finds those such as MNIST, or
downloads them with ``download.py``; ``digits.py`` needs no network.
"""
