"""The files of the page: read once, checked once, served from memory.

What is served is what was read, so no address can reach another file. Browsers keep the files and ask
with ETag whether they are still the same.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import Response

from inkling._checks import complain
from inkling.app.refusal import RefusedError

if TYPE_CHECKING:
    from starlette.requests import Request

STATIC = Path(__file__).parents[1] / "page" / "static"
INDEX = "index.html"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
}
"""What the page is made of. Not Python's table: on Windows programs change it."""


@dataclass(frozen=True, eq=False)
class PageFile:
    """One file of the page.

    Attributes:
        kind: its Content-Type.
        content: its bytes.
        compressed: the same through gzip.
        etag: a name for this content.
    """

    kind: str
    content: bytes
    compressed: bytes
    etag: str


class Page:
    """The files of a folder by name.

    Args:
        folder: where they are; sub-folders and other kinds of files are left out.
    """

    def __init__(self, folder: Path = STATIC) -> None:
        self.files: dict[str, PageFile] = {
            path.name: _read(path)
            for path in sorted(folder.glob("*"))
            if path.suffix in TYPES and path.is_file()
        }

    async def index(self, request: Request) -> Response:
        """Answers GET /."""
        return self._serve(request, INDEX)

    async def static(self, request: Request) -> Response:
        """Answers GET /static/NAME."""
        return self._serve(request, request.path_params["name"])

    def _serve(self, request: Request, name: str) -> Response:
        file = self.files.get(name)
        if file is None:
            raise RefusedError(404, complain("page", "the name of one of its files", repr(name)))
        headers = {"etag": file.etag, "cache-control": "no-cache", "vary": "accept-encoding"}
        if file.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        content = file.content
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["content-encoding"], content = "gzip", file.compressed
        return Response(content, headers=headers, media_type=file.kind)


def _read(path: Path) -> PageFile:
    content = path.read_bytes()
    etag = f'"{hashlib.sha256(content).hexdigest()[:24]}"'
    return PageFile(TYPES[path.suffix], content, gzip.compress(content, mtime=0), etag)
