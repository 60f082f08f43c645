"""scikit-learn's estimators on Inkling's networks: ``MLPClassifier`` and ``MLPRegressor``.

They have scikit-learn's parameters and attributes, and the same ``random_state`` gives the same weights:
it is enough to change the import. Networks, optimizers and engines are those of ``inkling train``.

parameters.py     allowed values, and ``FitParams``: the checked parameters of one fit
random_state.py   initial weights and held-out samples, drawn as in scikit-learn
network.py        networks, losses and optimizers for scikit-learn's names
samples.py        training and held-out samples, dense or sparse
state.py          ``FitState``: everything that changes during a fit
stopping.py       learning rate, best weights and stopping after an epoch
stochastic.py     the fitting loop of sgd, adam and adamw
lbfgs.py          the fit with SciPy
sklearn_base.py   scikit-learn's base classes, with type annotations
base.py           what classifier.py and regressor.py share

scikit-learn is an optional dependency; without it, importing a module from here raises an error.
"""

from inkling._checks import import_extra

import_extra("sklearn", "sklearn", "inkling.MLPClassifier")
