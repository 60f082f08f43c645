"""HTML: the app's page in one file, with the model in it, which computes its answers in the browser.

    index.html + style.css + modules + the model as text → one file that loads nothing

The Content-Security-Policy at its head allows the script and the style by their hashes and forbids every
request, so that no bug in a module and no text in a model file can load or send anything. Next:
``page/export/answers.js``.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import numpy as np

from inkling._checks import check_name, complain
from inkling._types import AnyArray, FloatArray
from inkling.errors import SettingError
from inkling.explain.summary import architecture, describe
from inkling.image.normalize import FIELD
from inkling.interop.layers import acting_layers
from inkling.interop.quantized import MEASURED, check_rounding, fingerprint, quantize_weights
from inkling.model.model import Model
from inkling.nn.dense import Dense
from inkling.page import EXPORT, STATIC
from inkling.page.bundle import join_modules

ACTIVATIONS = ("identity", "sigmoid", "tanh", "relu", "leaky_relu", "gelu", "softmax")
"""The activations in ``activations.js``; add your own in both places."""

ICON = '<link rel="icon" href="static/icon.svg">'
STYLE = '<link rel="stylesheet" href="static/style.css">'
SCRIPT = '<script type="module" src="static/main.js" blocking="render"></script>'
"""What the head of the app's page loads, word for word."""


def html_bytes(model: Model) -> bytes:
    """Returns the page of a calibrated model.

    Raises SettingError if the model's images are not 28 × 28, ``ACTIVATIONS`` lacks an activation, a
    weight is too large for float32, or rounding changes the model much.
    """
    if model.image_shape != (FIELD, FIELD):
        expected = f"a model for images of {FIELD} × {FIELD} pixels"
        height, width = model.image_shape
        raise SettingError(complain("HTML export", expected, f"{height} × {width}"))
    description, weights, numbers = stored_parts(model)
    if description["about"]["eight_bits"] is None:  # its effect has not been measured
        check_rounding(model)
    texts = [
        _text("model-description", "application/json", _in_html(description)),
        _text("model-weights", "text/plain", _in_base64(weights)),
        _text("model-numbers", "text/plain", _in_base64(numbers)),
    ]
    return _assemble(join_modules("main.js", [EXPORT, STATIC]), texts).encode()


def _assemble(script: str, texts: list[str]) -> str:
    """The app's page with everything it loads inside, and the model's texts at its end."""
    page, style, icon = (
        (STATIC / name).read_text(encoding="utf-8")
        for name in ("index.html", "style.css", "icon.svg")
    )
    image = base64.b64encode(icon.encode()).decode()
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_policy(script, style)}">'
    for old, new in (
        (ICON, f'{policy}\n  <link rel="icon" href="data:image/svg+xml;base64,{image}">'),
        (STYLE, f"<style>{style}</style>"),
        (SCRIPT, f'<script type="module" blocking="render">{script}</script>'),
        ("</body>", "\n".join([*texts, "</body>"])),
    ):
        before, found, after = page.partition(old)
        assert found, f"{old} is not in the app's page"
        page = before + new + after
    return page


def stored_parts(model: Model) -> tuple[dict[str, Any], AnyArray, FloatArray]:
    """Returns what ``stored.js`` reads: a description, weights (int8), other numbers (float32)."""
    layers: list[dict[str, Any]] = []
    weights: list[AnyArray] = []
    numbers: list[AnyArray] = []
    for layer in acting_layers(model.network).values():
        if isinstance(layer, Dense):
            whole, scales = quantize_weights(layer.weights)
            weights.append(whole.ravel())
            numbers += [scales, layer.bias]
        else:
            check_name("HTML export", "activation", layer.kind, ACTIVATIONS)
        layers.append({"kind": layer.kind, **layer.settings()})
    rejector = model.rejector
    numbers += [] if rejector is None else [rejector.weights]
    with np.errstate(over="ignore"):
        stored = np.concatenate(weights), np.concatenate(numbers).astype("<f4")
    if not np.isfinite(stored[1]).all():
        raise SettingError(complain("HTML export", "numbers that float32 can hold", "larger ones"))
    name = architecture(model.network)
    description = {
        "about": {**describe(name, None, model), "eight_bits": MEASURED.get(fingerprint(*stored))},
        "layers": layers,
        "scaling": {"factor": model.scaling.factor, "offset": model.scaling.offset},
        "nondigits": None if rejector is None else rejector.settings(),
    }
    return description, *stored


def _policy(script: str, style: str) -> str:
    hashes = (base64.b64encode(hashlib.sha256(text.encode()).digest()) for text in (script, style))
    script_hash, style_hash = (f"'sha256-{digest.decode()}'" for digest in hashes)
    return (
        f"default-src 'none'; script-src {script_hash}; style-src {style_hash}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _text(identifier: str, kind: str, content: str) -> str:
    return f'<script type="{kind}" id="{identifier}">{content}</script>'


def _in_html(description: dict[str, Any]) -> str:
    """JSON in which no tag can begin, whatever the names of the classes."""
    return json.dumps(description).replace("<", "\\u003c")


def _in_base64(array: AnyArray) -> str:
    return base64.b64encode(array.tobytes()).decode()
