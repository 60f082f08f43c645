"""Sphinx's configuration of the site; ``make docs`` runs it once for each language.

    docs/      English  → site/
    docs/zh/   Chinese  → site/zh/     (the tag "zh" is set)

A Chinese page has the path of its English counterpart, so that each can link to the other. Nothing on
the site comes from another host: MathJax is copied in from its package.
"""

from __future__ import annotations

import sys
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.tags import Tags

    tags: Tags

DOCS = Path(__file__).resolve().parent
sys.path[:0] = [str(DOCS.parent / folder) for folder in ("docs/_ext", "scripts", "src")]

CHINESE = tags.has("zh")  # noqa: F821 (Sphinx puts it there)
PAGES = DOCS / "zh" if CHINESE else DOCS
MATHJAX = distribution("sphinx-mathjax-offline").locate_file(
    "sphinx-mathjax-offline/static/mathjax/tex-svg.js"
)

project = "Inkling"
language = "zh_CN" if CHINESE else "en"
extensions = ["myst_parser", "sphinx.ext.mathjax", "pages"]
extensions.append("chinese" if CHINESE else "reference")
exclude_patterns = ["_*", "images"] + (not CHINESE) * ["zh"]
exclude_patterns += [
    f.name for f in PAGES.iterdir() if f.is_dir() and not (f / "index.md").exists()
]
templates_path = ["_templates"]

myst_enable_extensions = ["dollarmath", "attrs_inline"]
myst_fence_as_directive = ["math"]
myst_heading_anchors = 3
suppress_warnings = ["myst.xref_missing"]  # anchors in HTML; tests check all links
smartquotes = False

html_theme = "furo"
html_title = "Inkling"
html_static_path = ["_static", str(MATHJAX)]
html_css_files = ["inkling.css"]
html_copy_source = False
html_use_index = False
html_show_copyright = False
pygments_style = "friendly"
pygments_dark_style = "github-dark"

# The reference: types in the signature, named as in the code; one argument per line if it is long.
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
maximum_signature_line_length = 88
napoleon_custom_sections = ["Reference", "Returns", "Yields"]  # text, with no type before a colon
napoleon_attr_annotations = False
napoleon_use_ivar = True
napoleon_use_rtype = False
python_use_unqualified_type_names = True
toc_object_entries = False

# SVG needs no fonts: formulas look the same everywhere, also on pages opened from disk.
mathjax_path = "tex-svg.js"
mathjax3_config = {
    "options": {"enableMenu": False},
    "svg": {"fontCache": "global"},
}


def offer_other_language(
    _app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: object
) -> None:
    """Gives the template the address of the page's counterpart, or of the other start page."""
    up = "../" * page.count("/")
    there = DOCS if CHINESE else DOCS / "zh"
    generated = page == "search" or page.startswith("code/")
    path = page if generated or (there / f"{page}.md").exists() else "index"
    context["other_language"] = {
        "url": f"{up}../{path}.html" if CHINESE else f"{up}zh/{path}.html",
        "name": "English" if CHINESE else "中文",
        "code": "en" if CHINESE else "zh-CN",
    }


def setup(app: Sphinx) -> None:
    """Connects the language switch."""
    app.connect("html-page-context", offer_other_language)
