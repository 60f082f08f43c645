"""ONNX Runtime: the model that ships, exported."""

from __future__ import annotations

from typing import Any

from inkling._checks import import_extra
from inkling.bench.case import Case, in_batches, statistics_of
from inkling.bench.workloads import Workload, test_samples
from inkling.interop.onnx import onnx_bytes
from inkling.model.file import load_model
from inkling.model.locations import SHIPPED


def predictions(workload: Workload, threads: int) -> Case:
    """Probabilities of bytes: scaling and softmax are part of the exported graph."""
    onnxruntime: Any = import_extra("onnxruntime", "peers", "ONNX Runtime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        onnx_bytes(load_model(SHIPPED).require_single("onnx")),
        options,
        providers=["CPUExecutionProvider"],
    )
    name = session.get_inputs()[0].name
    pixels = test_samples(workload).pixels.reshape(-1, 28, 28)

    def probabilities(rows: Any) -> Any:
        return session.run(None, {name: rows})[-1]

    run = in_batches(workload, probabilities, pixels)
    return Case(run, lambda: statistics_of(probabilities(pixels)))
