"""The JSON response to a failed request; Starlette's HTTPException has its status and sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from starlette.exceptions import HTTPException

RETRY = {"retry-after": "1"}
"""The header of a response that asks the client to try again in a second."""


def error_response(error: HTTPException) -> JSONResponse:
    """Returns the response for an error."""
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)
