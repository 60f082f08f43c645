"""Inkling: neural networks in NumPy, gradients by hand, that read handwritten digits.

    file → arrays → batches → network → loss → gradients → optimizer → model file → recognition

The folders follow that line: ``image``, ``data``, ``nn``, ``optim``, ``training``, then ``model_file.py``
and ``recognize.py``. What is listed here is the public face. Names are loaded when they are first used,
so that ``import inkling`` loads NumPy and nothing heavier.
"""

__version__ = "0.1.0"
