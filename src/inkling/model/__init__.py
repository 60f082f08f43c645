"""A trained network in a file, how good it is, and what its answers are worth.

model.py           one network with class names, scaling, temperature and rejector
committee.py       several models that answer together
file.py            loads both, from files of unknown origin (tensors.py, npz_reader.py)
description.py     what such a file holds, manifest.py the record of its run; schema.py checks both
sklearn_reader.py  scikit-learn's MLPClassifier
evaluate.py        outputs, loss, accuracy;  metrics.py  intervals, confusion matrix, tests
calibration.py     the temperature;  rejection.py  the unit that rejects non-digits
decision.py        from probabilities to a class, or a reason why there is none
"""
