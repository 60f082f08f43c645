"""A route: a method, an address, the names its query may have, and the function that answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from inkling._checks import complain
from inkling.app.security import AsciiJSON


def route(
    method: str,
    path: str,
    answer: Callable[[Request], Awaitable[dict[str, Any] | Response]],
    *names: str,
) -> Route:
    """A route that checks the names in the query and returns JSON, or a response as it is."""

    async def endpoint(request: Request) -> Response:
        for name in request.query_params:
            if name not in names:
                expected = f"query parameters among: {', '.join(sorted(names)) or 'none'}"
                raise HTTPException(400, complain("address", expected, repr(name)))
        content = await answer(request)
        return content if isinstance(content, Response) else AsciiJSON(content)

    return Route(path, endpoint, methods=[method])
