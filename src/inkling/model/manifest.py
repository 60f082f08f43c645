"""The manifest of a run: settings, data, versions and results, as JSON with a digest of itself.

A run directory has it as a file of its own, and every model file contains the one of its run. A model
made by hand may have an empty manifest, or one with fields of its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inkling._checks import complain
from inkling.errors import InklingError, ModelFileError
from inkling.model.schema import (
    FLAG,
    MOST_TEXT,
    PLAIN,
    TEXT,
    List,
    Object,
    Schema,
    checked,
    number,
    one_of,
    parse_json,
)

FORMAT = 2
"""Manifests of version 0.1 have no format and no digest."""
RUNNING, FINISHED, DIVERGED = "running", "finished", "diverged"
COUNT = number(0, 2**53, whole=True)
SHARE = number(0, 1)

DATASET: dict[str, Schema] = {
    "name": TEXT,
    "source": TEXT,
    "sha256": TEXT,
    "split": TEXT,
    "train": COUNT,
    "validation": COUNT,
    "test": COUNT,
}
RESULTS: dict[str, Schema] = {
    "test_accuracy": SHARE,
    "test_interval": List(SHARE, 2, 2),
    "test_images": COUNT,
    "test_loss": number(),
    "test_watched": FLAG,
    "train_seconds": number(0),
    "images_per_second": number(0),
    "epochs": COUNT,
    "best_epoch": COUNT,
}
START: dict[str, Schema] = {
    "source": TEXT,
    "sha256": TEXT,
    "classes": List(TEXT, 1),
    "rejects": FLAG,
}
FIELDS: dict[str, Schema] = {
    "status": one_of((RUNNING, FINISHED, DIVERGED)),
    "started": TEXT,
    "dataset": Object(DATASET, optional=DATASET, others=PLAIN),
    "start": Object(START, others=PLAIN),
    "settings": Object({}, others=PLAIN),
    "seed": number(0, whole=True),
    "engine": TEXT,
    "threads": number(1, 10_000, whole=True),
    "members": number(2, 1000, whole=True),
    "results": Object(RESULTS, optional=RESULTS, others=PLAIN),
}
MANIFEST = Object(FIELDS, optional=FIELDS, others=PLAIN)
"""The manifest of a model, which may be empty."""
RUN = Object(
    {
        **FIELDS,
        "dataset": Object(DATASET, optional=("split",), others=PLAIN),
        "engine": one_of(("numpy", "compiled")),
    },
    optional=("start", "members", "results"),
    others=PLAIN,
)
"""The manifest of a run."""
ALWAYS = ("test_accuracy", "test_interval", "test_loss", "train_seconds", "epochs")
FINISHED_RUN = Object(
    {**RUN.fields, "results": Object(RESULTS, RESULTS.keys() - set(ALWAYS), PLAIN)},
    optional=("start", "members"),
    others=PLAIN,
)
"""The manifest of a finished run."""
FILE = Object({"format": number(FORMAT, FORMAT, whole=True), "sha256": TEXT}, others=PLAIN)
"""What the file adds to the manifest."""


def digest_of(data: Any) -> str:
    """Returns the SHA-256 of plain data, in hexadecimal."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def manifest_bytes(manifest: Mapping[str, Any]) -> bytes:
    """Returns the file of a manifest."""
    signed = {**manifest, "format": FORMAT, "sha256": digest_of({**manifest, "format": FORMAT})}
    text = json.dumps(signed, indent=2, ensure_ascii=False) + "\n"
    # A path of undecodable bytes has lone surrogates in it; written \udcff they are JSON's own.
    return text.encode(errors="backslashreplace")


def read_manifest(
    path: Path, who: str, error: type[InklingError] = ModelFileError
) -> dict[str, Any]:
    """Reads the manifest of a run, and checks it and its digest.

    Raises:
        InklingError: it is unreadable, damaged or not one of a run; of the type ``error``.
    """
    advice = "start a new run"
    try:
        if path.stat().st_size > MOST_TEXT:
            raise error(complain(who, f"at most {MOST_TEXT:,} bytes", path.stat().st_size))
        content = path.read_bytes()
    except OSError as cause:
        raise error(complain(who, "a file to read", cause.strerror)) from cause
    manifest = parse_json(who, content, error=error, advice=advice)
    checked(who, manifest, Object({}, others=PLAIN), error=error, advice=advice)
    if {"format", "sha256"} & manifest.keys():
        checked(who, manifest, FILE, error=error, advice="a newer Inkling may have written it")
        if manifest.pop("sha256") != digest_of(manifest):
            got = "others: it was edited, or is damaged"
            raise error(complain(who, "the contents that Inkling wrote", got, advice))
        del manifest["format"]
    finished = manifest.get("status") == FINISHED
    checked(who, manifest, FINISHED_RUN if finished else RUN, error=error, advice=advice)
    return dict(manifest)
