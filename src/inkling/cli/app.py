"""``inkling app``: a page in the browser to draw digits on."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from inkling.cli.inputs import PathOption
from inkling.cli.output import JsonOption, print_json, say


def host_name(text: str) -> str:
    """Returns a host name as a browser sends it, without scheme and port."""
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", text):
        raise typer.BadParameter(f"expected a name such as digits.example.com, got {text!r}")
    return text


def app(
    model: Annotated[
        Path | None,
        PathOption(
            help="A model file, a run, or a folder of runs (default: the model that ships)."
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(help="The address to listen on; 0.0.0.0 for the whole network.")
    ] = "127.0.0.1",
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            parser=host_name, metavar="NAME", help="The name of a reverse proxy; may be repeated."
        ),
    ] = None,
    allow_frames: Annotated[
        bool,
        typer.Option("--allow-frames", help="Let pages of other sites show the page in a frame."),
    ] = False,
    allow_training: Annotated[
        bool,
        typer.Option(
            "--allow-training", help="Let other computers train networks and save corrections."
        ),
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port; 0 for any free port.")
    ] = 8000,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print the address.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Draw a digit in the browser and see how the network reads it. Press Ctrl-C to stop.

    Programs can use the same server: /api/openapi.json at its address describes the interface.
    """
    from inkling._checks import import_extra

    for library in ("starlette", "uvicorn"):
        import_extra(library, "app", "The app")
    from inkling.app.model_store import ModelStore
    from inkling.app.server import (
        address_of,
        network_addresses,
        open_browser,
        open_listener,
        serve,
    )

    with open_listener(host, port) as listener:
        models = ModelStore(model)
        address = address_of(listener, host)
        if not no_browser:
            open_browser(address)
        # The rest takes about as long as a browser needs to start; its request waits at the listener.
        say(f"Inkling is at {address} (Ctrl-C ends it), with the model {models.default}.")
        from inkling.app.routes import build_app
        from inkling.app.security import ALL_INTERFACES
        from inkling.app.training import TrainingProcess

        training = TrainingProcess(models.name_of)
        ready = build_app(
            models,
            host=host,
            allowed_hosts=allow_host or (),
            frames=allow_frames,
            training=training,
            allow_training=allow_training,
        )
        if host in ALL_INTERFACES:
            others = " and ".join(network_addresses(listener))
            say(f"Anyone on the network can open {others}: there is no password and no encryption.")
        if allow_training:
            say("Anyone who opens the page can train networks here and save pictures and models.")
        if json:
            port = listener.getsockname()[1]
            print_json({"url": address, "port": port, "model": models.default})
            sys.stdout.flush()
        try:
            serve(ready, listener)
        finally:
            last_words = training.close()
            if last_words:
                say(last_words)
