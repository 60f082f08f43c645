"""``inkling trace``: one image through a network and back, every array with its formula."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from inkling._checks import check_range, complain
from inkling.cli.inputs import (
    DATA_NAMES,
    PathArgument,
    PathOption,
    check_data_fits,
    loss_of,
    read_data,
    read_model,
)
from inkling.cli.output import JsonOption, print_json, show
from inkling.errors import ImageError, SettingError

if TYPE_CHECKING:
    from inkling._types import ByteArray

HIDDEN = 30
"""Hidden units of the untrained network: small enough to follow, large enough to learn digits."""


class Sample(NamedTuple):
    """The image that is traced, (H, W), with the classes of its data and its own, if it is known."""

    name: str
    pixels: ByteArray
    classes: tuple[str, ...]
    label: int | None = None


def trace(
    image: Annotated[
        Path | None, PathArgument(help="A picture of one digit, instead of --index.")
    ] = None,
    index: Annotated[
        int | None, typer.Option(help="Number of the training image in its file (default 0).")
    ] = None,
    data: Annotated[
        str | None, typer.Option(help=f"{DATA_NAMES}, or a path (default mnist).")
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="The target class (default: the image's own).")
    ] = None,
    model: Annotated[
        Path | None,
        PathOption(help="A model file or run directory (default: a small, untrained network)."),
    ] = None,
    learning_rate: Annotated[
        float, typer.Option("--lr", help="The learning rate of the step.")
    ] = 0.1,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the untrained network's weights.")] = 0,
    json: JsonOption = False,
) -> None:
    """Follow one image through a network: z, a, loss, δ, every gradient, one step.

    Gradients are compared with finite differences. The default network is untrained,
    784-30-10 with sigmoid and softmax, so that its gradients are large.
    """
    import numpy as np

    from inkling.cli.trace_tables import print_trace
    from inkling.explain.trace import trace_sample
    from inkling.model.model import Model
    from inkling.nn.mlp import build_mlp

    if image is not None and (index is not None or data is not None):
        raise SettingError("trace takes an image, or --index with --data, but not both.")
    sample = _open(image) if image else _pick(data or "mnist", index or 0)
    if model is None:
        sizes = (sample.pixels.size, HIDDEN, len(sample.classes))
        rng = np.random.default_rng(seed)
        network = build_mlp(sizes, rng=rng, activation="sigmoid", dtype=np.float64)
        chosen = Model(network, sample.classes, sample.pixels.shape)
    else:
        chosen = read_model(model).require_single("trace")
        # The classes of a picture are unknown, so its target is one of the model's.
        known = chosen.classes if sample.label is None else sample.classes
        check_data_fits(chosen, known, sample.pixels.shape)
    classes = chosen.classes
    inputs = chosen.scaling(sample.pixels.reshape(1, -1), np.float64)
    if label is not None and label not in classes:
        raise SettingError(complain("--label", f"one of {', '.join(classes)}", repr(label)))
    if label is not None:
        target = classes.index(label)
    elif sample.label is not None:
        target = sample.label
    else:
        target = int(chosen.network.predict(inputs).argmax())
    rng = np.random.default_rng(seed)
    result = trace_sample(
        chosen.network, inputs, target, loss_of(chosen), rng=rng, learning_rate=learning_rate
    )
    if json:
        names = {"label": classes[target], "answer": classes[result.answer]}
        print_json({"sample": sample.name, "classes": list(classes), **result.to_dict(), **names})
        return
    title = sample.name if sample.label is None else f"{sample.name}, label {classes[sample.label]}"
    if sample.label != target:
        title += f", target {classes[target]}"
    print_trace(result, sample.pixels, title, classes)
    if chosen.temperature != 1:
        show(
            f"The outputs are the network's own. For an answer, its logits are divided by "
            f"{chosen.temperature:.2f}, the temperature that calibrates them."
        )


def _pick(data: str, index: int) -> Sample:
    try:
        dataset = read_data(data, validation=0)
    except (
        SettingError
    ):  # the source has a validation set, so that the training set is whole anyway
        dataset = read_data(data)
    train = dataset.train
    check_range("trace", "--index", index, low=0, high=len(train) - 1, whole=True)
    name = f"training image {index} of {dataset.name}"
    return Sample(name, train.images[index], dataset.classes, int(train.labels[index]))


def _open(path: Path) -> Sample:
    from inkling.image.normalize import normalize
    from inkling.image.open import open_image

    pixels = normalize(open_image(path))
    if not pixels.any():
        raise ImageError(complain(f"trace: {path}", "a digit", "empty paper"))
    return Sample(str(path), pixels, tuple("0123456789"))
