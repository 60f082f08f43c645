"""The page in the browser: HTML, CSS and JavaScript, the same for the app, a file and static hosting.

static/       the page; its modules compute the answers in the browser
bundle.py     puts it together: one file that loads nothing but models

The modules that compute, and the Python code that each one follows:
models.js        where models come from: the page, files next to it, or the app
model_file.js    reads a model                 interop/browser.py
normalize.js     a canvas becomes 28 × 28      image/normalize.py
network.js       forward and backward pass     nn/dense.py, explain/forward_trace.py
activations.js                                 nn/activations.py
answer.js        a digit, or why there is none model/decision.py, rejection.py, committee.py
explain.js       why this digit and not that   explain/contributions.py, explain/units.py
examples.png     a digit of each allograph     scripts/draw_examples.py
"""

from pathlib import Path

STATIC = Path(__file__).with_name("static")
"""The files of the page."""
