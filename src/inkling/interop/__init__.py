"""A model for other programs, ONNX, plain NumPy arrays, PyTorch, or for people: a page in one file.

    model  →  layers that act in prediction  →  a file, and the lines of Python that compute with it

Whatever the format, pixels of 0 to 255 go in and what ``Model.predict_proba`` says comes out: the pixel
scaling and the output activation are part of what is exported. ``formats.py`` has the list and the one
function to call; each format has its file, the page its folder ``html/``.
"""
