"""Where the documentation is: a page's address on the site, or its file in the repository."""

from __future__ import annotations

from functools import cache
from importlib import metadata


def documentation(page: str, anchor: str = "", language: str = "en") -> str:
    """Returns the address of a page such as ``howto/diagnose``, with an anchor if given.

    It is on the site that the installed package names as its documentation. If it names none, it is the
    path of the page's file in the repository.

    Args:
        page: the page's path below ``docs/``, without a suffix.
        anchor: the id of a section; empty for the whole page.
        language: "en" or "zh".

    Example:
        >>> documentation("howto/diagnose", "dead-units").endswith("#dead-units")
        True
    """
    path = f"zh/{page}" if language == "zh" else page
    site = documentation_site()
    address = f"{site}/{path}.html" if site else f"docs/{path}.md"
    return f"{address}#{anchor}" if anchor else address


@cache
def documentation_site() -> str:
    """Returns the address named "Documentation" in the package's metadata; empty if there is none."""
    try:
        named = metadata.metadata("inkling-digits").get_all("Project-URL") or []
    except metadata.PackageNotFoundError:
        return ""
    for label, _, url in (str(one).partition(",") for one in named):
        if label.strip().lower() == "documentation":
            return url.strip().rstrip("/")
    return ""
