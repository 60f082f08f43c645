"""``inkling train``: from data to a tested, saved and plotted network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkling.cli.output import JsonOption, print_json, printable, say, with_interval
from inkling.cli.runs import (
    changes_of,
    choose_settings,
    load,
    load_recorded,
    new_directory,
    refuse_changes,
    says_how_to_resume,
)
from inkling.errors import MissingExtraError

if TYPE_CHECKING:
    from inkling.training.run import TrainingResult

# Written out, so that --help loads no NumPy; tests/cli/test_help.py compares them with the registries.
ACTIVATION_NAMES = "identity, sigmoid, tanh, relu, leaky_relu, gelu, softmax"
LOSS_NAMES = "squared_error, cross_entropy, binary_cross_entropy"
OPTIMIZER_NAMES = "sgd, momentum, nesterov, rmsprop, adam, adamw"
SCHEDULE_NAMES = "constant, step, cosine, one_cycle, warm_up"
AUGMENT_NAMES = "none, affine, elastic, simard"


def train(
    data: Annotated[
        str | None,
        typer.Option(help="mnist, digits, or a path: IDX, CSV, npz, a folder of pictures."),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(help="A recipe: shipped, simard, tutorial-0 to -3, tutorial-0-as-published …"),
    ] = None,
    hidden: Annotated[
        str | None,
        typer.Option(help="Units of each hidden layer, such as 256,128; or none (default 256)"),
    ] = None,
    activation: Annotated[
        str | None, typer.Option(help=f"Of the hidden layers: {ACTIVATION_NAMES} (default relu)")
    ] = None,
    output: Annotated[
        str | None, typer.Option(help="The output activation, one of the same (default softmax)")
    ] = None,
    loss: Annotated[str | None, typer.Option(help=f"{LOSS_NAMES} (default cross_entropy)")] = None,
    label_smoothing: Annotated[
        float | None, typer.Option(help="Of the cross-entropy (default 0.1)")
    ] = None,
    dropout: Annotated[
        float | None, typer.Option(help="Share of hidden units silenced (default 0)")
    ] = None,
    augment: Annotated[
        str | None,
        typer.Option(help=f"Change images as they are seen: {AUGMENT_NAMES} (default none)"),
    ] = None,
    optimizer: Annotated[str | None, typer.Option(help=f"{OPTIMIZER_NAMES} (default adam)")] = None,
    lr: Annotated[
        float | None,
        typer.Option(help="The peak learning rate (default the optimizer's; adam 0.005)"),
    ] = None,
    schedule: Annotated[
        str | None, typer.Option(help=f"How the rate goes: {SCHEDULE_NAMES} (default one_cycle)")
    ] = None,
    weight_decay: Annotated[
        float | None, typer.Option(help="L2; decoupled for adamw (default 0; adamw 0.01)")
    ] = None,
    clip_norm: Annotated[
        float | None, typer.Option(help="The gradient's largest norm (default none)")
    ] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images a step (default 128)")] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Times every image is seen (default 10)")
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(help="Stop after so many epochs without a better one (default never)"),
    ] = None,
    validation: Annotated[
        int | None,
        typer.Option(help="Training images held out; 0 for none (default 5000 or a tenth)"),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Fixes every random number (default 0)")] = None,
    dtype: Annotated[str | None, typer.Option(help="float32 or float64 (default float32)")] = None,
    engine: Annotated[
        str | None, typer.Option(help="auto, numpy or compiled (default auto)")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The run directory to make (default runs/DATA-TIME)")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(help="The run directory of a run to go on with.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Train a network, test it, save it and plot it.

    Without options: 784-256-10 on MNIST, in seconds. Everything lands in a run directory.
    """
    from inkling.cli.progress import training_watcher
    from inkling.training.run import train as run_training

    given: dict[str, Any] = {
        "hidden": hidden,
        "activation": activation,
        "output": output,
        "loss": loss,
        "label_smoothing": label_smoothing,
        "dropout": dropout,
        "augment": augment,
        "optimizer": optimizer,
        "lr": lr,
        "schedule": schedule,
        "weight_decay": weight_decay,
        "clip_norm": clip_norm,
        "batch_size": batch_size,
        "epochs": epochs,
        "patience": patience,
        "seed": seed,
        "dtype": dtype,
        "engine": engine,
    }
    changes = changes_of(given)
    if resume is not None:
        refuse_changes(changes, preset, data, validation, out)
        result = _resume(resume)
    else:
        settings, validation = choose_settings(preset, validation, changes)
        dataset = load(data, validation)
        directory = out or new_directory(dataset.name)
        with says_how_to_resume(directory):
            result = run_training(dataset, settings, run=directory, callbacks=[training_watcher()])
    _report(result, json)


def _resume(directory: Path) -> TrainingResult:
    from inkling.cli.progress import training_watcher
    from inkling.training.run import train as run_training
    from inkling.training.run_directory import RunDirectory

    dataset = load_recorded(RunDirectory(directory), "inkling.train")
    with says_how_to_resume(directory):
        return run_training(dataset, run=directory, resume=True, callbacks=[training_watcher()])


def _report(result: TrainingResult, json: bool) -> None:
    assert result.run is not None
    picture = _picture(result)
    if json:
        print_json(
            {
                "dataset": result.dataset.name,
                "test_accuracy": result.test_accuracy,
                "test_interval": list(result.test_interval),
                "test_watched": result.test_watched,
                "train_seconds": result.train_seconds,
                "images_per_second": result.images_per_second,
                "epochs": result.history.to_list(),
                "model": str(result.run / "model.safetensors"),
                "run": str(result.run),
            }
        )
        return
    n = len(result.dataset.test)
    figures = with_interval(result.test_accuracy, result.test_interval, n)
    say("")
    unseen = "but watched after every epoch" if result.test_watched else "none of them trained on"
    say(f"Test accuracy on {result.dataset.name}: {figures}, {unseen}.")
    say(f"Training took {result.train_seconds:.1f} s, {result.images_per_second:,.0f} images/s.")
    say(f"Model    {result.run / 'model.safetensors'}")
    if picture:
        say(f"Report   {picture}")
    say(f"Next     inkling predict PICTURE --model {result.run}   reads a digit of your own")


def _picture(result: TrainingResult) -> Path | None:
    """Draws the report; without Matplotlib one line says what to install."""
    from inkling.plots.report import RunResults, write_report

    assert result.run is not None
    path = result.run / "report.png"
    network, test = result.model.network, result.dataset.test
    results = RunResults(
        dataset=printable(result.dataset.name),
        architecture=network.summary,
        history=result.history,
        train_seconds=result.train_seconds,
        classes=[printable(name) for name in result.dataset.classes],
        labels=test.labels,
        probabilities=result.test_probabilities,
        images=test.images,
        first_weights=network.parameters["dense1.weights"],
        label_smoothing=result.model.manifest["settings"]["label_smoothing"],
        test_watched=result.test_watched,
    )
    try:
        write_report(path, results)
    except MissingExtraError as error:
        say(str(error))
        return None
    return path
