"""The addresses for training, teaching and corrections, for this computer only unless others may.

Next: ``training.py``, which trains; ``training_request.py``, what may be trained; ``corrections.py``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from functools import partial
from typing import Any, Protocol, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from inkling._checks import complain
from inkling._files import new_directory
from inkling.app.corrections import Corrections
from inkling.app.events import EventLog
from inkling.app.model_store import ModelStore
from inkling.app.route import route
from inkling.app.security import AsciiJSON, is_from_this_computer, is_same_site
from inkling.app.training_request import (
    LIMITS,
    WrongFieldError,
    check_settings,
    check_source,
    options,
)
from inkling.app.upload import is_raw, receive_bytes, receive_raw
from inkling.errors import RunError, SettingError
from inkling.model.schema import parse_json
from inkling.training.watch_events import COMMANDS

MOST_STREAMS = 32
"""Streams of events at a time."""
MOST_REQUEST = 20_000
"""Bytes of a request in JSON."""
JSON_TYPE = "application/json"
FORBIDDEN = (
    "Training, teaching and corrections are for the computer that runs the app only; "
    "inkling app --allow-training opens them to others."
)

T = TypeVar("T")


class Training(Protocol):
    """What trains, and keeps the events; a training process, or the run of ``inkling train --watch``."""

    log: EventLog

    def start(self, request: dict[str, Any]) -> bool:
        """Starts a training; returns False if one is running."""

    def command(self, name: str, pixels: bytes | None = None) -> None:
        """Passes on a command of ``Watch.obey``."""


def training_routes(
    training: Training, models: ModelStore, allowed_hosts: Collection[str], allow_others: bool
) -> list[Route]:
    """Returns the routes; with ``allow_others``, requests from other computers are answered too."""
    service = TrainingService(training, models, allowed_hosts, allow_others)
    commands = [name for name in COMMANDS if name != "drawing"]
    return [
        route("GET", "/api/training", service.describe),
        route("POST", "/api/training", service.start),
        *(
            route("POST", f"/api/training/{name}", partial(service.command, name))
            for name in commands
        ),
        route("POST", "/api/training/drawing", service.draw),
        route("GET", "/api/training/events", service.events),
        route("POST", "/api/teach", service.teach),
        route("POST", "/api/corrections", service.correct, "label", "width", "height"),
        route("DELETE", "/api/corrections", service.remove, "file"),
    ]


class TrainingService:
    """The functions that answer the addresses."""

    def __init__(
        self,
        training: Training,
        models: ModelStore,
        allowed_hosts: Collection[str],
        allow_others: bool,
    ) -> None:
        self._training = training
        self._models = models
        self._allowed_hosts = allowed_hosts
        self._allow_others = allow_others
        self._corrections = Corrections()

    async def describe(self, request: Request) -> dict[str, Any]:
        """GET /api/training."""
        allowed = self._is_allowed(request)
        state = {"allowed": allowed, "running": self._training.log.is_running}
        if not allowed:
            return {**state, "error": FORBIDDEN}
        return {
            **state,
            **await asyncio.to_thread(options),
            "corrections": await asyncio.to_thread(self._describe_corrections),
        }

    async def start(self, request: Request) -> Response:
        """POST /api/training."""
        given = await self._receive_json(request)
        try:
            self._check_fields(given, ("data", "settings"))
            data = await asyncio.to_thread(check_source, given.get("data"))
            settings = check_settings(given.get("settings", {}))
        except WrongFieldError as error:
            return AsciiJSON({"error": str(error), "field": error.field}, 400)
        return await self._start({"kind": "train", "data": data, "settings": settings.to_dict()})

    async def teach(self, request: Request) -> Response:
        """POST /api/teach: a model learns the corrections."""
        from inkling.training.fine_tuning import LEAST

        given = await self._receive_json(request)
        self._check_fields(given, ("model",))
        if not isinstance(given.get("model", ""), str):
            raise HTTPException(400, complain("model", "the id of a model", repr(given["model"])))
        model = await asyncio.to_thread(self._models.get, given.get("model"))
        counts = await asyncio.to_thread(self._corrections.counts)
        if sum(counts.values()) < LEAST or len(counts) < 2:
            expected = f"at least {LEAST} pictures of two classes or more"
            got = f"{sum(counts.values())} of {len(counts)}"
            advice = "write each class a few times"
            raise HTTPException(400, complain("corrections", expected, got, advice))
        data = str(self._corrections.folder)
        return await self._start({"kind": "teach", "data": data, "model": str(model.path)})

    async def command(self, name: str, request: Request) -> dict[str, Any]:
        """POST /api/training/pause, resume, step and stop."""
        self._check_allowed(request)
        self._check_running()
        await asyncio.to_thread(self._training.command, name)
        return {"running": True}

    async def draw(self, request: Request) -> dict[str, Any]:
        """POST /api/training/drawing."""
        self._check_allowed(request)
        is_raw(request, raw_allowed=True)
        pixels = await receive_bytes(request, 784, "784 bytes", None)
        if len(pixels) not in (0, 784):
            raise HTTPException(400, complain("drawing", "784 bytes or none", len(pixels)))
        self._check_running()
        await asyncio.to_thread(self._training.command, "drawing", pixels)
        return {"running": True}

    async def events(self, request: Request) -> Response:
        """GET /api/training/events: a stream that lasts for as long as it is read."""
        self._check_allowed(request)
        if not is_same_site(request.headers, self._allowed_hosts):
            raise HTTPException(403, complain("events", "the app's own page", "another site"))
        log = self._training.log
        if log.streams >= MOST_STREAMS:
            expected = f"at most {MOST_STREAMS} open pages"
            raise HTTPException(503, complain("events", expected, "more", "close one"))
        stream = log.stream(MOST_STREAMS)  # which checks again, for many requests at once
        unbuffered = {"x-accel-buffering": "no"}  # by nginx
        return StreamingResponse(stream, 200, unbuffered, "text/event-stream")

    async def correct(self, request: Request) -> dict[str, Any]:
        """POST /api/corrections."""
        self._check_allowed(request)
        if not is_raw(request, raw_allowed=True):
            raise HTTPException(415, complain("correction", "gray bytes", "a picture file"))
        upload = await receive_raw(request)
        label = request.query_params.get("label", "")
        file = await _write(self._corrections.add, label, upload.pixels())
        return {"file": file, **await asyncio.to_thread(self._describe_corrections)}

    async def remove(self, request: Request) -> dict[str, Any]:
        """DELETE /api/corrections."""
        self._check_allowed(request)
        file = request.query_params.get("file", "")
        await _write(self._corrections.remove, file)
        return await asyncio.to_thread(self._describe_corrections)

    async def _start(self, request: dict[str, Any]) -> Response:
        """Starts a training in a new run directory."""
        self._check_idle()
        try:
            run = await asyncio.to_thread(new_directory, request["data"])
        except OSError as error:
            got = f"{error.filename}: {error.strerror}"
            raise HTTPException(409, complain("runs", "a folder to write to", got)) from None
        request = {**request, "run": str(run), "most_seconds": LIMITS["seconds"]}
        if not await asyncio.to_thread(self._training.start, request):
            run.rmdir()
            raise _busy()
        return AsciiJSON({"run": str(run)}, 202)

    async def _receive_json(self, request: Request) -> dict[str, Any]:
        """Receives an object; only the app's own page can send this type without being asked."""
        self._check_allowed(request)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != JSON_TYPE:
            advice = f"set the Content-Type header to {JSON_TYPE}"
            got = kind or "no Content-Type"
            raise HTTPException(415, complain("body", JSON_TYPE, got, advice))
        content = await receive_bytes(request, MOST_REQUEST, f"{MOST_REQUEST:,} bytes", "JSON")
        given = parse_json("request", content, error=SettingError)
        if not isinstance(given, dict):
            raise HTTPException(400, complain("request", "a JSON object", type(given).__name__))
        return given

    def _check_fields(self, given: dict[str, Any], names: Collection[str]) -> None:
        for name in given:
            if name not in names:
                expected = f"fields among: {', '.join(names)}"
                raise WrongFieldError(None, complain("request", expected, repr(name)))

    def _describe_corrections(self) -> dict[str, Any]:
        return {"folder": str(self._corrections.folder), "counts": self._corrections.counts()}

    def _is_allowed(self, request: Request) -> bool:
        if self._allow_others:
            return True
        client = request.client.host if request.client else ""
        # Behind a proxy every request comes from this computer.
        return not self._allowed_hosts and is_from_this_computer(client, request.headers)

    def _check_allowed(self, request: Request) -> None:
        if not self._is_allowed(request):
            raise HTTPException(403, FORBIDDEN)

    def _check_running(self) -> None:
        if not self._training.log.is_running:
            raise HTTPException(409, complain("training", "one that is running", "none"))

    def _check_idle(self) -> None:
        if self._training.log.is_running:
            raise _busy()


def _busy() -> HTTPException:
    advice = "stop it, or wait until it has finished"
    return HTTPException(409, complain("training", "none", "one that is running", advice))


async def _write(function: Callable[..., T], *arguments: Any) -> T:
    """Calls a function that writes to the corrections, in a thread."""
    try:
        return await asyncio.to_thread(function, *arguments)
    except RunError as error:
        raise HTTPException(409, str(error)) from None
