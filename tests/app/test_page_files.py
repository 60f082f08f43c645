"""The files of the page: the right ones, of the right kind, and no others."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from inkling.app.page_files import Page

Client = Any
"""See ``Client`` in conftest.py."""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/static/index.html", "text/html; charset=utf-8"),
        ("/static/draw.js", "text/javascript; charset=utf-8"),
        ("/static/look.css", "text/css; charset=utf-8"),
    ],
)
def test_files_and_their_types(client: Client, page: Page, path: str, kind: str) -> None:
    """Byte for byte; HEAD says the same without the bytes."""
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert answer.content == page.files[path.rpartition("/")[2] or "index.html"].content
    head = client.request("HEAD", path)
    assert (head.status_code, head.headers["etag"]) == (200, answer.headers["etag"])


@pytest.mark.parametrize(
    "name",
    ["secret.txt", "sub/deep.js", "deep.js", "../conftest.py", "%2e%2e/x.js", "..%2fx.js", ""],
)
def test_nothing_else_is_reached(client: Client, name: str) -> None:
    """Other kinds of files, sub-folders, the folder above, the folder itself."""
    answer = client.get(f"/static/{name}")
    assert answer.status_code == 404
    assert answer.json().keys() == {"error"}


def test_what_a_browser_has_is_not_sent_again(client: Client) -> None:
    """With its ETag it gets 304 and no bytes; with an old one the file."""
    etag = client.get("/static/draw.js").headers["etag"]
    for given in (etag, f'"old", {etag}', f"W/{etag}"):
        answer = client.get("/static/draw.js", headers={"if-none-match": given})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
    assert client.get("/static/draw.js", headers={"if-none-match": '"old"'}).status_code == 200


def test_compressed_for_those_who_can(client: Client, page: Page) -> None:
    """gzip where it is accepted, and the bytes themselves where it is not."""
    file = page.files["draw.js"]
    assert gzip.decompress(file.compressed) == file.content
    packed = client.get("/static/draw.js", headers={"accept-encoding": "gzip, br"})
    plain = client.get("/static/draw.js", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) == len(file.compressed) < len(file.content)
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content == file.content
    assert packed.headers["vary"] == plain.headers["vary"] == "accept-encoding"


def test_the_page_that_ships() -> None:
    """It is there, and all it consists of is of a known kind."""
    page = Page()
    assert "index.html" in page.files
