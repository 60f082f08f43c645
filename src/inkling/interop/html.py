"""HTML: the page with its models, as one file or as static files for any host. No server computes.

    page + models as text     → one file that loads nothing
    page + models as files    → index.html and embed.html, which fetch a model when it is chosen; the
                                smallest is in embed.html

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
MOST_EXACT = 2**17
"""The most parameters that are stored as they are: rounding would save little, and it changes the
answers of a small network more than those of a large one."""


def html_bytes(model: Classifier) -> bytes:
    """Returns the page of a model as one file, which offers the small model that ships too.

    Raises SettingError if the model's images are not 28 × 28, the page lacks an activation, or rounding
    a large model to eight bits changes it much.
    """
    offered = {f"model-{n}": each for n, each in enumerate(page_models(model), start=1)}
    entries = [{**about, "text": name} for name, (about, _) in offered.items()]
    texts = {name: file for name, (_, file) in offered.items()}
    return assemble(_listing(entries), texts, content_policy("'none'")).encode()


def site_files(model: Classifier, *, docs: str | None = None) -> dict[str, bytes]:
    """Returns the files of the page of a model by name; raises SettingError as ``html_bytes`` does.

    ``embed.html`` shows the pad and the network alone, and begins with the smallest model, which it
    contains, so that it works when it is opened from a disk too.

    Args:
        model: the model.
        docs: the address of the site with the documentation, as seen from the files; by default the one
            that the installed package names.
    """
    offered = {f"{about['id']}.safetensors": (about, file) for about, file in page_models(model)}
    entries = [{**about, "file": name} for name, (about, _) in offered.items()]
    files = {name: file for name, (_, file) in offered.items()}
    policy = content_policy("'self'")
    site = {} if docs is None else {"docs": docs}
    smallest, others = {**entries[-1], "text": "model-1"}, entries[-2::-1]
    inside = {"model-1": files[smallest.pop("file")]}
    small = {**_listing([smallest, *others]), **site, "embedded": True}
    files["index.html"] = assemble({**_listing(entries), **site}, {}, policy).encode()
    files["embed.html"] = assemble(small, inside, policy).encode()
    return files


def page_models(model: Classifier) -> list[PageModel]:
    """Returns the model, and the small one that ships if it has the same classes.

    The weights of a large model are rounded to eight bits.
    """
    about = _about(model)
    if eight_bits := about["parameters"] > MOST_EXACT:
        about["eight_bits"] = MEASURED.get(fingerprint(model))
        if about["eight_bits"] is None:  # its effect has not been measured
            check_rounding(model)
    found = [(about, browser_bytes(model, about, eight_bits=eight_bits))]
    small = load_model(LOOK)
    about = _about(small)
    if small.classes == model.classes and about["id"] != found[0][0]["id"]:
        found.append((about, browser_bytes(small, about)))
    return found


def _about(model: Classifier) -> dict[str, Any]:
    return describe(architecture(model.network), None, model)


def _listing(entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {"models": entries, "default": entries[0]["id"], "server": False}
