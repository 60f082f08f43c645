"""HTML: the page with its models, as one file or as static files for any host. No server computes.

    page + models as text     → one file that loads nothing
    page + models as files    → index.html and embed.html, which fetch a model when it is chosen

A Content-Security-Policy at the head of a page forbids every request but those for its own files.
``page/bundle.py`` puts the page together, ``browser.py`` writes the models.
"""

from __future__ import annotations

from typing import Any

from inkling.explain.summary import architecture, describe
from inkling.interop.browser import browser_bytes
from inkling.interop.quantized import MEASURED, check_rounding, fingerprint
from inkling.model.file import load_model
from inkling.model.locations import LOOK
from inkling.model.model import Classifier
from inkling.page.bundle import assemble, content_policy

PageModel = tuple[dict[str, Any], bytes]
"""What the page shows of a model, and its file."""


def html_bytes(model: Classifier) -> bytes:
    """Returns the page of a model as one file, which offers the small model that ships too.

    Raises SettingError if the model's images are not 28 × 28, the page lacks an activation, a weight is
    too large for float32, or rounding changes the model much.
    """
    offered = {f"model-{n}": each for n, each in enumerate(page_models(model), start=1)}
    entries = [{**about, "text": name} for name, (about, _) in offered.items()]
    texts = {name: file for name, (_, file) in offered.items()}
    return assemble(_listing(entries), texts, content_policy("'none'")).encode()


def site_files(model: Classifier) -> dict[str, bytes]:
    """Returns the files of the page of a model by name; raises SettingError as ``html_bytes`` does.

    ``embed.html`` shows the pad and the network alone, and begins with the smallest model.
    """
    offered = {f"{about['id']}.safetensors": (about, file) for about, file in page_models(model)}
    entries = [{**about, "file": name} for name, (about, _) in offered.items()]
    files = {name: file for name, (_, file) in offered.items()}
    policy = content_policy("'self'")
    small = {**_listing(entries[::-1]), "embedded": True}
    files["index.html"] = assemble(_listing(entries), {}, policy).encode()
    files["embed.html"] = assemble(small, {}, policy).encode()
    return files


def page_models(model: Classifier) -> list[PageModel]:
    """Returns the model, its weights rounded to eight bits; and the small one, for the same classes."""
    cost = MEASURED.get(fingerprint(model))
    about = {**_about(model), "eight_bits": cost}
    found = [(about, browser_bytes(model, about, eight_bits=True))]
    if cost is None:  # its effect has not been measured
        check_rounding(model)
    small = load_model(LOOK)
    about = _about(small)
    if small.classes == model.classes and about["id"] != found[0][0]["id"]:
        found.append((about, browser_bytes(small, about)))
    return found


def _about(model: Classifier) -> dict[str, Any]:
    return describe(architecture(model.network), None, model)


def _listing(entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {"models": entries, "default": entries[0]["id"], "server": False}
