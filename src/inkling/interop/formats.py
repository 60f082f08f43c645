"""The formats a model can be exported to, and the function that does it.

To add one: a file beside this that turns a model into bytes and into the Python that uses them, and a
line in ``FORMATS``; the tests and ``inkling export --to`` pick it up from this table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from inkling._checks import look_up
from inkling._files import atomic_write
from inkling.interop.html import html_bytes
from inkling.interop.npz import npz_bytes, npz_code
from inkling.interop.onnx import onnx_bytes, onnx_code
from inkling.interop.torch import torch_bytes, torch_code
from inkling.model.model import Classifier, Model


class Format(NamedTuple):
    """A format.

    Attributes:
        ending: of its files' names.
        content: makes the file's bytes of a model.
        code: makes the Python that computes with the file of that path; None for a page, which computes
            by itself, and refuses what is no digit as the app does.
    """

    ending: str
    content: Callable[[Model], bytes]
    code: Callable[[Model, Path], str] | None


FORMATS: dict[str, Format] = {
    "onnx": Format(".onnx", onnx_bytes, onnx_code),
    "npz": Format(".npz", npz_bytes, npz_code),
    "torch": Format(".torch.safetensors", torch_bytes, torch_code),
    "html": Format(".html", html_bytes, None),
}


@dataclass(frozen=True)
class Export:
    """What an export left.

    Attributes:
        path: the file.
        size: its bytes.
        code: Python that computes with it: ``predict_proba(images)`` and ``classes``; none of a page.
    """

    path: Path
    size: int
    code: str


def export_model(model: Classifier, path: str | Path, *, to: str) -> Export:
    """Writes a model for other programs, whole or not at all.

    Its probabilities are the calibrated ones, as ``Model.calibrated`` makes them; the unit that refuses
    what is no digit goes into a page, and stays behind elsewhere.

    Args:
        model: the model.
        path: the file; replaced if it is there.
        to: the format: onnx, npz, torch, or html for a page.

    Raises:
        SettingError: the format is unknown, or does not know an activation of the network; the model is
            a committee; a page is for pictures of 28 × 28 pixels alone.
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
    path = Path(path)
    single = model.require_single("export").calibrated()
    if kind.code is not None:  # a function of probabilities alone refuses nothing
        single = replace(single, rejector=None)
    content = kind.content(single)
    atomic_write(path, content)
    return Export(path, len(content), "" if kind.code is None else kind.code(single, path))
