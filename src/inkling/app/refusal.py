"""A request that is not answered: its status and the one sentence that says why.

Anything between the socket and the model may raise it; ``server.py`` turns it into JSON.
"""

from __future__ import annotations


class RefusedError(Exception):
    """Ends a request with an error.

    Args:
        status: the HTTP status, 400 to 599.
        sentence: what was expected, what came, what to do.

    Example:
        >>> refusal = RefusedError(413, "body: expected at most 20 MB, got more.")
        >>> refusal.status, str(refusal)
        (413, 'body: expected at most 20 MB, got more.')
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
