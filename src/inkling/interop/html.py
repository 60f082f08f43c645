"""The page: the app's own, with the model in it and answers from the model.

    index.html + style.css + modules + model as text → one file that asks nothing of anybody

The policy at its head names the script and the style by their hashes and forbids every request, so
that no mistake in a module, and nothing a model's maker wrote into it, makes the page ask or tell
anybody. Next: ``answers.js``.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from inkling._checks import complain, look_up
from inkling._types import AnyArray, FloatArray
from inkling.errors import SettingError
from inkling.explain.summary import architecture, describe
from inkling.image.normalize import FIELD
from inkling.interop.layers import acting_layers
from inkling.interop.measured import MEASURED, fingerprint
from inkling.interop.quantized import quantize_weights
from inkling.model.model import Model
from inkling.nn.dense import Dense
from inkling.page.bundle import join_modules

OWN = Path(__file__).parents[1] / "page" / "export"
APP = OWN.parent / "static"
ACTIVATIONS = ("identity", "sigmoid", "tanh", "relu", "leaky_relu", "gelu", "softmax")
"""Those that ``activations.js`` has; one of your own is added in both places."""

ICON = '<link rel="icon" href="static/icon.svg">'
STYLE = '<link rel="stylesheet" href="static/style.css">'
SCRIPT = '<script type="module" src="static/main.js" blocking="render"></script>'
"""What the app's page loads, as it stands in its head."""


def html_bytes(model: Model) -> bytes:
    """Returns the page of a model.

    Args:
        model: the model, its temperature worked into its weights (``Model.calibrated``).

    Raises:
        SettingError: the model is not for pictures of 28 × 28 pixels, its network has an activation
            that ``ACTIVATIONS`` does not know or a layer of its own, or a weight is beyond float32.
    """
    if model.image_shape != (FIELD, FIELD):
        expected = f"a model for pictures of {FIELD} × {FIELD} pixels, as the pad gives them"
        height, width = model.image_shape
        raise SettingError(complain("HTML export", expected, f"{height} × {width}"))
    description, weights, numbers = taken_apart(model)
    texts = [
        _text("model-description", "application/json", _in_html(description)),
        _text("model-weights", "text/plain", _in_base64(weights)),
        _text("model-numbers", "text/plain", _in_base64(numbers)),
    ]
    return _put_together(join_modules("main.js", [OWN, APP]), texts).encode()


def _put_together(script: str, texts: list[str]) -> str:
    """Puts everything that the app's page would load into it, and the model's texts at its end."""
    page, style, icon = (
        (APP / name).read_text(encoding="utf-8") for name in ("index.html", "style.css", "icon.svg")
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


def taken_apart(model: Model) -> tuple[dict[str, Any], AnyArray, FloatArray]:
    """Returns what ``stored.js`` puts together: a description, whole numbers (int8), float32 numbers."""
    layers: list[dict[str, Any]] = []
    weights: list[AnyArray] = []
    numbers: list[AnyArray] = []
    for layer in acting_layers(model.network).values():
        if isinstance(layer, Dense):
            whole, scales = quantize_weights(layer.weights)
            weights.append(whole.ravel())
            numbers += [scales, layer.bias]
        else:
            look_up("HTML export", "activation", layer.kind, dict.fromkeys(ACTIVATIONS))
        layers.append({"kind": layer.kind, **layer.settings()})
    unit = model.rejector
    numbers += [] if unit is None else [unit.weights]
    with np.errstate(over="ignore"):
        stored = np.concatenate(weights), np.concatenate(numbers).astype("<f4")
    if not np.isfinite(stored[1]).all():
        raise SettingError(complain("HTML export", "numbers that float32 can hold", "larger ones"))
    name = architecture(model.network)
    description = {
        "about": {**describe(name, None, model), "eight_bits": MEASURED.get(fingerprint(*stored))},
        "layers": layers,
        "scaling": {"factor": model.scaling.factor, "offset": model.scaling.offset},
        "nondigits": None if unit is None else unit.settings(),
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
    """JSON in which no tag can begin, whatever a class is called."""
    return json.dumps(description).replace("<", "\\u003c")


def _in_base64(array: AnyArray) -> str:
    return base64.b64encode(array.tobytes()).decode()
