"""HTML: the page in one file, with the model in it, which computes its answers in the browser.

    page + the model in eight bits, as text → one file that loads nothing

A Content-Security-Policy at its head forbids every request. ``page/bundle.py`` puts the page together,
``browser.py`` writes the model.
"""

from __future__ import annotations

from inkling.explain.summary import architecture, describe
from inkling.interop.browser import browser_bytes
from inkling.interop.quantized import MEASURED, check_rounding, fingerprint
from inkling.model.model import Classifier
from inkling.page.bundle import assemble, content_policy


def html_bytes(model: Classifier) -> bytes:
    """Returns the page of a model.

    Raises SettingError if the model's images are not 28 × 28, the page lacks an activation, a weight is
    too large for float32, or rounding changes the model much.
    """
    name = architecture(model.network)
    cost = MEASURED.get(fingerprint(model))
    about = {**describe(name, None, model), "eight_bits": cost}
    file = browser_bytes(model, about, eight_bits=True)
    if cost is None:  # its effect has not been measured
        check_rounding(model)
    entry = {**about, "text": "model-1"}
    models = {"models": [entry], "default": name, "server": False}
    return assemble(models, {"model-1": file}, content_policy("'none'")).encode()
