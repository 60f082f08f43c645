"""The files of the page: the right content and type, revalidated, compressed, and no other files."""

from __future__ import annotations

from typing import Any

import pytest

from inkling.page import STATIC

Client = Any
"""See ``Client`` in conftest.py."""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/static/main.js", "text/javascript; charset=utf-8"),
        ("/static/style.css", "text/css; charset=utf-8"),
        ("/static/icon.svg", "image/svg+xml"),
    ],
)
def test_files_and_their_types(client: Client, path: str, kind: str) -> None:
    """A file is served byte for byte, with its type; HEAD has the same headers."""
    response = client.get(path)
    assert (response.status_code, response.headers["content-type"]) == (200, kind)
    name = path.rpartition("/")[2] or "index.html"
    assert response.content == (STATIC / name).read_bytes()
    head = client.request("HEAD", path)
    assert (head.status_code, head.headers["etag"]) == (200, response.headers["etag"])


@pytest.mark.parametrize(
    "name", ["none.js", "../bundle.py", "%2e%2e/bundle.py", "..%2fbundle.py", "%00", "a" * 5000]
)
def test_no_other_file_is_served(client: Client, name: str) -> None:
    """Neither a missing file nor one outside the folder is served."""
    response = client.get(f"/static/{name}")
    assert response.status_code == 404
    assert response.json().keys() == {"error"}


def test_a_browser_revalidates(client: Client) -> None:
    """With a current ETag the response is 304 without content."""
    etag = client.get("/static/main.js").headers["etag"]
    for given, status in ((etag, 304), (f'"old", {etag}', 304), ('"old"', 200)):
        response = client.get("/static/main.js", headers={"if-none-match": given})
        assert (response.status_code, response.content == b"") == (status, status == 304)
        assert response.headers["cache-control"] == "no-cache"


def test_compression(client: Client) -> None:
    """Files are compressed if the client accepts gzip."""
    packed = client.get("/static/main.js", headers={"accept-encoding": "gzip, br"})
    plain = client.get("/static/main.js", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert packed.headers["vary"].lower() == plain.headers["vary"].lower() == "accept-encoding"
