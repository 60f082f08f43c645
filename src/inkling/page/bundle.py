"""Puts the page together: HTML, style, icon, one script of all modules, and what the script reads.

A page opened from a disk cannot import modules, and a page from a server is ready after one request, so
all modules become one script. They follow three rules, stated in ``static/main.js``: every top-level
name is unique; imports are named, one line per module, and never circular; exports stand before the
declaration they export. So each module is placed after those it imports, and loses its imports and the
word ``export``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from inkling._documentation import documentation_site
from inkling.page import STATIC

IMPORT = re.compile(r'^import \{ \w+(?:, \w+)* \} from "\./(\w+\.js)";$')
POLICY = "<!-- policy -->"
ICON = '<link rel="icon" href="icon.svg">'
STYLE = '<link rel="stylesheet" href="style.css">'
EXAMPLES = 'src="examples.png"'
SCRIPT = '<script type="module" src="main.js" blocking="render"></script>'
"""What stands in ``static/index.html``, word for word, and is replaced."""


def join_modules(*names: str) -> str:
    """Returns a script of the modules and everything they import, each module once."""
    joined: dict[str, str] = {}

    def add(name: str) -> None:
        if name in joined:
            return
        lines = _read(name).splitlines()
        for line in lines:
            if found := IMPORT.match(line):
                add(found[1])
        kept = [line.removeprefix("export ") for line in lines if not line.startswith("import ")]
        joined[name] = "\n".join([f"// {name}", *kept])

    for name in names:
        add(name)
    return "\n".join(joined.values())


def assemble(models: Mapping[str, Any], texts: Mapping[str, bytes], policy: str = "") -> str:
    """Returns the page, with everything it loads inside.

    Args:
        models: what ``models.js`` reads: ``models``, a list of entries, each with the ``file`` to fetch
            or the ``text`` that holds it; ``default``, the id of the first to show; ``server``, whether
            "inkling app" answers; ``embedded``, whether only pad and network are shown.
        texts: model files by the id of the element that holds them, in base64.
        policy: a Content-Security-Policy, for a page that no server sends with one.
    """
    page, image = _read("index.html"), _base64(STATIC / "icon.svg")
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">' if policy else ""
    listing = {"docs": documentation_site(), **models}
    kept = [_text("models", "application/json", _in_html(listing))]
    kept += [
        _text(name, "text/plain", base64.b64encode(file).decode()) for name, file in texts.items()
    ]
    for old, new in (
        (POLICY, meta),
        (ICON, f'<link rel="icon" href="data:image/svg+xml;base64,{image}">'),
        (STYLE, f"<style>{_read('style.css')}</style>"),
        (EXAMPLES, f'src="data:image/png;base64,{_base64(STATIC / "examples.png")}"'),
        (SCRIPT, f'<script type="module" blocking="render">{_script()}</script>'),
        ("</body>", "\n".join([*kept, "</body>"])),
    ):
        before, found, after = page.partition(old)
        assert found, f"{old} is not in index.html"
        page = before + new + after
    return page


def content_policy(connect: str) -> str:
    """Returns the Content-Security-Policy of the page.

    It allows the script and the style by their hashes and requests only to ``connect``, "'none'" or
    "'self'", so that no bug in a module and no text in a model file can load or send anything.
    """
    script, style = (_hash(text) for text in (_script(), _read("style.css")))
    return (
        f"default-src 'none'; script-src {script}; style-src {style}; img-src data: blob:; "
        f"media-src blob:; connect-src {connect}; base-uri 'none'; form-action 'none'"
    )


@cache
def _script() -> str:
    return join_modules("main.js")


def _read(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _text(identifier: str, kind: str, content: str) -> str:
    return f'<script type="{kind}" id="{identifier}">{content}</script>'


def _in_html(data: Mapping[str, Any]) -> str:
    """JSON in which no tag can begin, whatever the names of the classes."""
    return json.dumps(data).replace("<", "\\u003c")
