"""Serves the files of the page, compressed, with an ETag."""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING, Any

from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from inkling.page import STATIC

if TYPE_CHECKING:
    from starlette.responses import Response

# On Windows, the registry may call these text/plain, and a browser would not run them.
for kind, ending in (("text/javascript", ".js"), ("text/css", ".css"), ("image/svg+xml", ".svg")):
    mimetypes.add_type(kind, ending)


class PageFiles(StaticFiles):
    """Files that a browser may keep, but revalidates each time."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """Returns a file, or 304 if the browser has the same."""
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = "no-cache"
        return response


def build_page() -> GZipMiddleware:
    """Returns an application that serves the folder ``static``, and index.html for the folder itself."""
    # Some installers link each file to a cache elsewhere; ".." is resolved before links are followed.
    return GZipMiddleware(PageFiles(directory=STATIC, html=True, follow_symlink=True))
