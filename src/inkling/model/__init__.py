"""Networks that others trained, brought into the form of a model file.

Each reader gives what a model file holds, tensors by name and a description, and ``model_file.py``
checks the one as strictly as the other before it builds a model.

npz.py       arrays w1, b1, w2, b2 … as tutorial 1 and ``inkling export --to npz`` write them
sklearn.py   a fitted ``MLPClassifier`` of scikit-learn
parts.py     what the two share
"""
