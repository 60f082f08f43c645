"""The addresses of the documentation's pages."""

from __future__ import annotations

from email.message import Message
from importlib import metadata

import pytest

from inkling._documentation import documentation, documentation_site


@pytest.mark.parametrize(
    ("urls", "expected"),
    [
        (
            ["Documentation, https://example.org/docs/", "Source, https://example.org"],
            "https://example.org/docs/zh/howto/diagnose.html#dead-units",
        ),
        (["Source, https://example.org"], "docs/zh/howto/diagnose.md#dead-units"),
        ([], "docs/zh/howto/diagnose.md#dead-units"),
    ],
)
def test_a_page_is_on_the_site_if_there_is_one(
    monkeypatch: pytest.MonkeyPatch, urls: list[str], expected: str
) -> None:
    """Otherwise it is a file of the repository."""
    package = Message()
    for url in urls:
        package["Project-URL"] = url
    monkeypatch.setattr(metadata, "metadata", lambda _: package)
    documentation_site.cache_clear()
    assert documentation("howto/diagnose", "dead-units", "zh") == expected
    assert "zh/" not in documentation("howto/diagnose")
    documentation_site.cache_clear()


def test_without_metadata_a_page_is_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the package is on the path and not installed."""

    def missing(name: str) -> Message:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "metadata", missing)
    documentation_site.cache_clear()
    assert documentation("speed") == "docs/speed.md"
    documentation_site.cache_clear()
