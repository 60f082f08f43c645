"""The table of export formats, and the function that exports a model.

To add a format: a file next to this one that turns a model into bytes and into the Python that uses
them, and a line in ``FORMATS``. The tests and ``inkling export --to`` use this table.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from inkling._checks import check_type, complain, look_up
from inkling._files import atomic_write
from inkling.errors import SettingError
from inkling.interop.html import html_bytes, site_files
from inkling.interop.npz import npz_bytes, npz_code
from inkling.interop.onnx import onnx_bytes, onnx_code
from inkling.interop.torch import torch_bytes, torch_code
from inkling.model.committee import CommitteeModel
from inkling.model.model import Classifier, Model


class Format(NamedTuple):
    """An export format."""

    ending: str
    """How the name of its file or folder ends."""
    content: Callable[..., bytes | dict[str, bytes]]
    """Returns the bytes of the file for a model, or of several by name, for a folder. A page can be that
    of a committee too."""
    code: Callable[[Model, Path], str] | None
    """Returns the Python that computes with the file at a path; None for a page, which computes its
    answers itself and rejects non-digits, as the app does."""
    folder: bool = False
    """Whether it is a folder of files."""


FORMATS: dict[str, Format] = {
    "onnx": Format(".onnx", onnx_bytes, onnx_code),
    "npz": Format(".npz", npz_bytes, npz_code),
    "torch": Format(".torch.safetensors", torch_bytes, torch_code),
    "html": Format(".html", html_bytes, None),
    "site": Format("-site", site_files, None, folder=True),
}


@dataclass(frozen=True)
class Export:
    """The result of an export."""

    path: Path
    size: int
    """The number of bytes."""
    code: str
    """Python that defines ``predict_proba(images)`` and ``classes``; empty for a page."""


def export_model(model: Classifier, path: str | Path, *, to: str) -> Export:
    """Writes a model to a file for other programs, completely or not at all.

    The exported probabilities are calibrated. The rejector of non-digits is exported to a page only.

    Args:
        model: the model.
        path: the file; an existing one is replaced. For "site", the folder, whose other files are kept.
        to: the format: "onnx", "npz", "torch", "html" for a page, or "site" for its files.

    Returns:
        The file, its size, and the Python that computes with it.

    Raises:
        SettingError: the format is unknown or does not support an activation of the network; the model
            is a committee, which only a page averages; a page is requested for images of another shape
            than 28 × 28; or there is a file where the folder should be.
        MissingExtraError: the format needs a library that is not installed.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from inkling.nn.mlp import build_mlp
        >>> network = build_mlp((6, 3), rng=np.random.default_rng(0))
        >>> model = Model(network, ("a", "b", "c"), (2, 3))
        >>> images = np.full((5, 2, 3), 200, np.uint8)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     export = export_model(model, Path(folder, "abc.npz"), to="npz")
        ...     space = {}
        ...     exec(export.code, space)
        ...     answers = space["predict_proba"](images)
        >>> np.allclose(answers, model.predict_proba(images), rtol=0, atol=1e-6)
        True
    """
    kind = look_up("export", "format", to, FORMATS)
    advice = "give the model of a result, or Model(network, classes)"
    check_type("export", "model", model, (Model, CommitteeModel), advice)
    check_type("export", "path", path, (str, os.PathLike), "give the name of a file")
    path = Path(path)
    code = ""
    if kind.code is None:
        content = kind.content(model)
    else:  # a function that returns probabilities cannot reject
        single = replace(model.require_single("export").calibrated(), rejector=None)
        code = kind.code(single, path)  # raises if the format does not support a layer
        content = kind.content(single)
    files = content if isinstance(content, dict) else {"": content}
    if kind.folder:
        if path.exists() and not path.is_dir():
            raise SettingError(complain("export", "the name of a folder", f"the file {path}"))
        path.mkdir(exist_ok=True)
    for name, part in files.items():
        atomic_write(path / name, part)
    return Export(path, sum(map(len, files.values())), code)
