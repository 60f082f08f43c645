"""``inkling train``: from data to a tested, saved and plotted network."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkling.cli.output import JsonOption, print_json, say, with_interval
from inkling.errors import DataUnavailableError, MissingExtraError, SettingError

if TYPE_CHECKING:
    from inkling.data.dataset import Dataset
    from inkling.training.run import TrainingResult


def train(
    data: Annotated[
        str | None,
        typer.Option(help="mnist, digits, or a path: IDX, CSV, npz, a folder of pictures."),
    ] = None,
    hidden: Annotated[
        str | None, typer.Option(help="Units of each hidden layer, such as 256,128; or none.")
    ] = None,
    activation: Annotated[str | None, typer.Option(help="Of the hidden layers.")] = None,
    output: Annotated[str | None, typer.Option(help="The output activation.")] = None,
    loss: Annotated[str | None, typer.Option(help="The loss.")] = None,
    label_smoothing: Annotated[float | None, typer.Option(help="Of the cross-entropy.")] = None,
    dropout: Annotated[float | None, typer.Option(help="Share of hidden units silenced.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="The optimizer.")] = None,
    lr: Annotated[float | None, typer.Option(help="The peak learning rate.")] = None,
    schedule: Annotated[str | None, typer.Option(help="The learning rate's way.")] = None,
    weight_decay: Annotated[float | None, typer.Option(help="L2; decoupled for adamw.")] = None,
    clip_norm: Annotated[float | None, typer.Option(help="The gradient's largest norm.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images a step.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Times every image is seen.")] = None,
    patience: Annotated[
        int | None, typer.Option(help="Stop after so many epochs without a better one.")
    ] = None,
    validation: Annotated[
        int | None, typer.Option(help="Training images held out; 0 for none.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Fixes every random number.")] = None,
    dtype: Annotated[str | None, typer.Option(help="float32 or float64.")] = None,
    engine: Annotated[str | None, typer.Option(help="auto or numpy.")] = None,
    out: Annotated[Path | None, typer.Option(help="The run directory to make.")] = None,
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
    from inkling.training.settings import TrainingSettings

    given: dict[str, Any] = {
        "hidden": None if hidden is None else parse_hidden(hidden),
        "activation": activation,
        "output": output,
        "loss": loss,
        "label_smoothing": label_smoothing,
        "dropout": dropout,
        "optimizer": optimizer,
        "learning_rate": lr,
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
    changes = {name: value for name, value in given.items() if value is not None}
    if resume is not None:
        _refuse_changes(changes, data, validation, out)
        result = _resume(resume)
    else:
        settings = TrainingSettings(**changes)
        dataset = _load(data, validation)
        directory = out or Path("runs", f"{dataset.name}-{datetime.now():%Y%m%d-%H%M%S}")
        result = run_training(dataset, settings, run=directory, callbacks=[training_watcher()])
    _report(result, json)


def parse_hidden(text: str) -> tuple[int, ...]:
    """Returns the sizes of the hidden layers.

    Raises:
        SettingError: the text is not whole numbers with commas between.

    Example:
        >>> parse_hidden("256,128"), parse_hidden("none")
        ((256, 128), ())
    """
    if text.strip().lower() in ("", "none"):
        return ()
    try:
        return tuple(int(size) for size in text.split(","))
    except ValueError as error:
        raise SettingError(
            f"--hidden: expected whole numbers with commas between, such as 256,128, got {text!r}."
        ) from error


def _refuse_changes(
    changes: dict[str, Any], data: str | None, validation: int | None, out: Path | None
) -> None:
    if changes or data is not None or validation is not None or out is not None:
        raise SettingError(
            "--resume: expected no other options, since a run goes on with its own settings."
        )


def _load(data: str | None, validation: int | None) -> Dataset:
    """Loads the data set; where MNIST cannot be had and nobody asked for it, the bundled digits."""
    from inkling.cli.progress import DownloadBar
    from inkling.data.dataset import load_dataset

    with DownloadBar() as watcher:
        try:
            return load_dataset(data or "mnist", validation=validation, watcher=watcher)
        except DataUnavailableError as error:
            if data is not None:
                raise
            unavailable = error
    say(
        "MNIST is neither on this machine nor reachable, so this trains on scikit-learn's 1,797 "
        "handwritten digits instead; say --data mnist to insist."
    )
    try:
        return load_dataset("digits", validation=validation)
    except MissingExtraError as error:
        raise unavailable from error


def _resume(directory: Path) -> TrainingResult:
    from inkling.cli.progress import DownloadBar, training_watcher
    from inkling.data.dataset import load_dataset
    from inkling.training.run import train as run_training
    from inkling.training.run_directory import RunDirectory

    recorded = RunDirectory(directory).dataset_to_resume()
    with DownloadBar() as watcher:
        dataset = load_dataset(
            recorded["source"], validation=recorded["validation"], watcher=watcher
        )
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
    say(f"Test accuracy on {result.dataset.name}: {figures}, none of them trained on.")
    say(f"Training took {result.train_seconds:.1f} s, {result.images_per_second:,.0f} images/s.")
    say(f"Model    {result.run / 'model.safetensors'}")
    if picture:
        say(f"Report   {picture}")
    say(f"Next     inkling predict PICTURE --model {result.run}   reads a digit of your own")


def _picture(result: TrainingResult) -> Path | None:
    """Draws the report; without Matplotlib one line says what to install."""
    from inkling.report import RunResults, write_report

    assert result.run is not None
    path = result.run / "report.png"
    network, test = result.model.network, result.dataset.test
    results = RunResults(
        dataset=result.dataset.name,
        architecture=network.summary,
        history=result.history,
        train_seconds=result.train_seconds,
        classes=result.dataset.classes,
        labels=test.labels,
        probabilities=result.test_probabilities,
        images=test.images,
        first_weights=network.parameters["dense1.weights"],
    )
    try:
        write_report(path, results)
    except MissingExtraError as error:
        say(str(error))
        return None
    return path
