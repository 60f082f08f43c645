"""Inkling where scikit-learn is at home: ``MLPClassifier`` and ``MLPRegressor``.

    X, y  →  parameters.py  →  random_state.py  →  stochastic.py or lbfgs.py  →  coefs_, intercepts_

They take scikit-learn's parameters, give its attributes, and from the same ``random_state`` the same
weights, so that changing one import line is enough. They only translate: layers and gradients are
``nn``'s, steps are ``optim``'s, and the inner loop is ``training``'s engine.

parameters.py     which values are allowed
random_state.py   first weights, orders and held-out samples, drawn as scikit-learn draws them
translate.py      scikit-learn's names and arrays ↔ networks, losses, optimizers
samples.py        the data of a fit; rows of dense and sparse arrays
rates.py          how the learning rate goes
stochastic.py     the fitting loop of sgd, adam and adamw
validation.py     loss and score on held-out samples, and the best weights
lbfgs.py          the fit through SciPy
sklearn_base.py   what is inherited from scikit-learn, with the types that it lacks
base.py           what both estimators share
classifier.py, regressor.py

scikit-learn is an extra: whoever imports a module from here gets it, or one line that says what to type.
"""

from inkling._checks import import_extra

import_extra("sklearn", "sklearn", "inkling.MLPClassifier")
