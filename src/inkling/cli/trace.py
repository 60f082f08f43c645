"""``inkling trace``: one image through a network and back, every number with its formula."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkling._checks import check_range, complain
from inkling.cli.output import JsonOption, print_json, printable
from inkling.errors import DataError, ImageError, SettingError

if TYPE_CHECKING:
    from inkling._types import ByteArray
    from inkling.model.model import Model
    from inkling.nn.losses import Loss

HIDDEN = 30
"""Hidden units of the fresh network: small enough to follow, large enough to learn digits."""


@dataclass(frozen=True)
class Sample:
    """The image that is traced: pixels (H, W), uint8, its class if it is known, and its name."""

    pixels: ByteArray
    label: int | None
    name: str


def trace(
    image: Annotated[
        Path | None, typer.Argument(help="A picture of one digit, instead of --index.")
    ] = None,
    index: Annotated[
        int | None, typer.Option(help="Which training image, as in the file; 0 by default.")
    ] = None,
    data: Annotated[str | None, typer.Option(help="mnist, digits, or a path.")] = None,
    label: Annotated[
        str | None, typer.Option(help="The class to teach, if not the image's own.")
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(help="A model file or run directory; by default a fresh, small network."),
    ] = None,
    lr: Annotated[float, typer.Option(help="The learning rate of the step.")] = 0.1,
    seed: Annotated[int, typer.Option(min=0, help="Fixes the fresh network's weights.")] = 0,
    json: JsonOption = False,
) -> None:
    """Walk one image through a network: z, a, loss, δ, every gradient beside its slope, one step.

    Without a model the network is fresh, 784-30-10 with sigmoid and softmax, so that there is
    much to learn and every gradient is large enough to see.
    """
    import numpy as np

    from inkling.cli.trace_tables import print_trace
    from inkling.explain.trace import trace_sample

    chosen = None if model is None else _load_model(model)
    sample, classes = _load_sample(image, index, data)
    if chosen is None:
        chosen = _fresh(sample, classes, seed)
    elif sample.label is not None and chosen.classes != classes:
        expected = f"data with the model's classes {', '.join(chosen.classes)}"
        raise DataError(complain("trace", expected, ", ".join(classes)))
    elif chosen.image_shape != sample.pixels.shape:
        expected = f"an image of {chosen.image_shape} pixels"
        raise DataError(complain("trace", expected, sample.pixels.shape))
    inputs = chosen.scaling(sample.pixels.reshape(1, -1), np.float64)
    taught = _taught(sample, label, chosen, inputs)
    rng = np.random.default_rng(seed)
    result = trace_sample(
        chosen.network, inputs, taught, _loss_of(chosen), rng=rng, learning_rate=lr
    )
    if json:
        names = {"label": chosen.classes[taught], "answer": chosen.classes[result.answer]}
        print_json(
            {"sample": sample.name, "classes": list(chosen.classes), **result.to_dict(), **names}
        )
    else:
        print_trace(result, sample.pixels, _title(sample, taught, chosen.classes), chosen.classes)


def _load_model(path: Path) -> Model:
    from inkling.model.file import load_model

    return load_model(path).require_single("trace")


def _load_sample(
    image: Path | None, index: int | None, data: str | None
) -> tuple[Sample, tuple[str, ...]]:
    """Returns the image, and the classes of the data it comes from."""
    if image is not None:
        if index is not None or data is not None:
            raise SettingError(complain("trace", "an image or --index with --data", "both"))
        return _open(image), tuple("0123456789")
    from inkling.cli.progress import DownloadBar
    from inkling.data.dataset import load_dataset

    with DownloadBar() as watcher:
        dataset = load_dataset(data or "mnist", validation=0, watcher=watcher)
    index = 0 if index is None else index
    check_range("trace", "index", index, low=0, high=len(dataset.train) - 1, whole=True)
    pixels, label = dataset.train.images[index], int(dataset.train.labels[index])
    return Sample(pixels, label, f"training image {index} of {dataset.name}"), dataset.classes


def _open(path: Path) -> Sample:
    from inkling.image.normalize import normalize
    from inkling.image.open import open_image

    pixels = normalize(open_image(path))
    if not pixels.any():
        raise ImageError(complain(f"trace: {path}", "a digit", "empty paper"))
    return Sample(pixels, None, str(path))


def _fresh(sample: Sample, classes: tuple[str, ...], seed: int) -> Model:
    import numpy as np

    from inkling.model.model import Model
    from inkling.nn.mlp import build_mlp

    sizes = (sample.pixels.size, HIDDEN, len(classes))
    rng = np.random.default_rng(seed)
    network = build_mlp(sizes, rng=rng, activation="sigmoid", dtype=np.float64)
    height, width = sample.pixels.shape
    return Model(network, classes, (height, width))


def _taught(sample: Sample, label: str | None, model: Model, inputs: Any) -> int:
    """Returns the class to teach: the one asked for, the image's own, or the network's answer."""
    if label is not None:
        if label not in model.classes:
            expected = f"--label to be one of {', '.join(model.classes)}"
            raise SettingError(complain("trace", expected, repr(label)))
        return model.classes.index(label)
    if sample.label is not None:
        return sample.label
    return int(model.network.predict(inputs).argmax())


def _loss_of(model: Model) -> Loss:
    """Returns the loss that a model was trained with; plain cross-entropy for a fresh one."""
    from inkling.nn.losses import CrossEntropy
    from inkling.training.settings import TrainingSettings

    settings = model.manifest.get("settings")
    return TrainingSettings.from_dict(settings).build_loss() if settings else CrossEntropy()


def _title(sample: Sample, taught: int, classes: tuple[str, ...]) -> str:
    title = printable(sample.name)
    if sample.label is not None:
        title += f", label {classes[sample.label]}"
    return title if sample.label == taught else f"{title}, taught as {classes[taught]}"
