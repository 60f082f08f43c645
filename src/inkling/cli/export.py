"""``inkling export``: write a model for other programs, or as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inkling._checks import look_up
from inkling._files import MODEL, resolve
from inkling.cli.inputs import ModelArgument, PathOption, read_model
from inkling.cli.output import STDOUT, JsonOption, check_out, out_file, print_json, say, show


def export(
    to: Annotated[str, typer.Option("--to", help="The format: onnx, npz, torch, html or site.")],
    model: ModelArgument = None,
    out: Annotated[
        Path | None,
        PathOption(
            help="The file or folder to write, - for standard output (default: in the current folder)."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Write a model for ONNX Runtime, NumPy or PyTorch, and print Python code that uses it.

    With --to html, write a page: the drawing pad and the network in one file that needs no server. With
    --to site, write it as files to put on a web server, with a small page to embed in others.
    """
    from inkling.interop.formats import FORMATS, export_model

    kind = look_up("--to", "format", to, FORMATS)
    name = "digits"
    if model is not None:
        name = resolve(model).name if model.is_dir() else model.stem
    path = Path(name + kind.ending) if out is None else out
    files = [] if model is None else [model, model / MODEL]
    if not (kind.folder and path.is_dir()):
        check_out("--out", path, {"the model": files}, stdout=not (json or kind.folder))
    with out_file(path) as file:
        done = export_model(read_model(model), file, to=to)
    if json:
        print_json({"to": to, "file": str(path), "bytes": done.size, "code": done.code})
        return
    if str(path) in STDOUT:
        say(f"Wrote {done.size:,} bytes.")
        return
    advice = "Open it in a browser; it needs no server and no network."
    if kind.folder:
        advice = "Put it on any web server; embed.html is for a frame in another page."
    say(f"Wrote {path}, {done.size:,} bytes. {'To use it:' if done.code else advice}")
    if done.code:
        show(done.code.rstrip("\n"), whole=True)
