"""Inkling: NumPy neural networks, with hand-derived gradients, that read handwritten digits.

    file → arrays → batches → network → loss → gradients → optimizer → model → recognition → app

The folders follow that line: ``image``, ``data``, ``nn``, ``optim``, ``compiled``, ``model``,
``training``, ``recognize``, ``app``; ``docs/design.md`` describes all of them. The names listed here
are public. They are loaded when they are first used, so that ``import inkling`` loads only NumPy and
the standard library.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inkling.data.dataset import Dataset as Dataset
    from inkling.data.dataset import load_dataset as load_dataset
    from inkling.data.split import Split as Split
    from inkling.errors import InklingError as InklingError
    from inkling.estimator.classifier import MLPClassifier as MLPClassifier
    from inkling.estimator.regressor import MLPRegressor as MLPRegressor
    from inkling.image.normalize import normalize as normalize
    from inkling.interop.formats import export_model as export_model
    from inkling.model.committee import CommitteeModel as CommitteeModel
    from inkling.model.file import load_model as load_model
    from inkling.model.model import Model as Model
    from inkling.nn.gradcheck import check_gradients as check_gradients
    from inkling.nn.mlp import build_mlp as build_mlp
    from inkling.nn.network import Network as Network
    from inkling.recognize.recognizer import Recognizer as Recognizer
    from inkling.training.callbacks import Callback as Callback
    from inkling.training.committee import Committee as Committee
    from inkling.training.doctor import Doctor as Doctor
    from inkling.training.doctor_findings import Finding as Finding
    from inkling.training.fine_tuning import FineTuningResult as FineTuningResult
    from inkling.training.fine_tuning import fine_tune as fine_tune
    from inkling.training.history import History as History
    from inkling.training.result import TrainingResult as TrainingResult
    from inkling.training.run import train as train
    from inkling.training.settings import TrainingSettings as TrainingSettings

__version__ = "0.2.0"

_HOMES = {
    "Callback": "inkling.training.callbacks",
    "Committee": "inkling.training.committee",
    "CommitteeModel": "inkling.model.committee",
    "Dataset": "inkling.data.dataset",
    "Doctor": "inkling.training.doctor",
    "Finding": "inkling.training.doctor_findings",
    "FineTuningResult": "inkling.training.fine_tuning",
    "History": "inkling.training.history",
    "InklingError": "inkling.errors",
    "MLPClassifier": "inkling.estimator.classifier",
    "MLPRegressor": "inkling.estimator.regressor",
    "Model": "inkling.model.model",
    "Network": "inkling.nn.network",
    "Recognizer": "inkling.recognize.recognizer",
    "Split": "inkling.data.split",
    "TrainingResult": "inkling.training.result",
    "TrainingSettings": "inkling.training.settings",
    "build_mlp": "inkling.nn.mlp",
    "check_gradients": "inkling.nn.gradcheck",
    "export_model": "inkling.interop.formats",
    "fine_tune": "inkling.training.fine_tuning",
    "load_dataset": "inkling.data.dataset",
    "load_model": "inkling.model.file",
    "normalize": "inkling.image.normalize",
    "train": "inkling.training.run",
}

_FOLDERS = ("nn", "optim")
"""The folders whose names are public too."""

_INSTEAD = {
    **dict.fromkeys(("load_mnist", "load_data", "datasets"), 'use inkling.load_dataset("mnist")'),
    **dict.fromkeys(
        ("Sequential", "MLP", "NeuralNetwork"), "use inkling.build_mlp or inkling.Network"
    ),
    **dict.fromkeys(("predict", "read"), "use inkling.Recognizer().read(image)"),
    "evaluate": "use inkling.load_model(path).evaluate",
    "fit": "use inkling.train",
    **dict.fromkeys(("finetune", "partial_fit", "teach"), "use inkling.fine_tune"),
    "load": "use inkling.load_model",
    "save": "use model.save(path)",
}
"""What other libraries call something else."""

_NEEDS_AN_EXTRA = {"MLPClassifier", "MLPRegressor"}
"""Not in ``import *``, which would then need the extra."""

__all__ = [*(name for name in _HOMES if name not in _NEEDS_AN_EXTRA), "__version__"]


if not TYPE_CHECKING:  # type checkers would otherwise accept every name, misspelled ones too

    def __getattr__(name: str) -> Any:
        if name in _FOLDERS:
            return importlib.import_module(f"inkling.{name}")
        home = _HOMES.get(name)
        if home is None:
            advice = _INSTEAD.get(name)
            for folder in _FOLDERS if name[:1].isupper() else ():
                if name in importlib.import_module(f"inkling.{folder}").__all__:
                    advice = f"use inkling.{folder}.{name}"
            message = f"module 'inkling' has no attribute {name!r}"
            raise AttributeError(f"{message}; {advice}." if advice else message)
        value = getattr(importlib.import_module(home), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted([*_HOMES, "__version__"])
