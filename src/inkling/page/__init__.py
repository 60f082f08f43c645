"""The page in the browser: HTML, CSS and JavaScript, for the app and for the exported file.

static/       the page; its modules get their answers from the app's server
export/       modules that compute the answers in the browser, from a model in the page
bundle.py     joins modules into one script

The modules of export/, and the Python code that each one follows:
answers.js       computes the answers, in place of the module of that name in static/
normalize.js     a canvas becomes 28 × 28      image/single.py, image/normalize.py
network.js       forward and backward pass     nn/dense.py, explain/forward_trace.py
activations.js                                 nn/activations.py
verdict.js       a digit, or why there is none model/decision.py, model/rejection.py
explain.js       why this digit and not that   explain/contributions.py, explain/units.py
stored.js        reads the model from the page
photo.js         a page without photographs
"""

from pathlib import Path

STATIC = Path(__file__).with_name("static")
"""The page as the app serves it."""
EXPORT = Path(__file__).with_name("export")
"""The modules that replace or complete those of the app in an exported page."""
