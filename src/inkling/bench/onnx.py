"""ONNX Runtime: the model that ships, exported."""

from __future__ import annotations

from typing import Any

from inkling._checks import import_extra
from inkling.bench.case import Contest, spread
from inkling.bench.workloads import Work, test_samples
from inkling.interop.onnx import onnx_bytes
from inkling.model.file import load_model
from inkling.model.locations import SHIPPED


def predictions(work: Work, threads: int) -> Contest:
    """On bytes as well: scaling and softmax are part of the exported graph."""
    onnxruntime: Any = import_extra("onnxruntime", "peers", "This contender")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        onnx_bytes(load_model(SHIPPED).require_single("onnx")),
        options,
        providers=["CPUExecutionProvider"],
    )
    name = session.get_inputs()[0].name
    pixels = test_samples(work).pixels.reshape(-1, 28, 28)

    def probabilities(rows: Any) -> Any:
        return session.run(None, {name: rows})

    def run() -> None:
        for start in range(0, work.samples, work.batch_size):
            probabilities(pixels[start : start + work.batch_size])

    return Contest(run, lambda: spread(probabilities(pixels)[-1]))
