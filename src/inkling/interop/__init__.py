"""Exports a model: as ONNX, NumPy arrays or PyTorch tensors for programs, or as a page for people.

    model  →  layers that act in prediction  →  a file, and lines of Python that compute with it

Every format takes pixels from 0 to 255 and gives what ``Model.predict_proba`` returns: the pixel scaling
and the output activation are part of the export. ``formats.py`` lists the formats and has the function
to call; each format has a file of its own.
"""
