"""``inkling train``: from data to a tested, saved and plotted network."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkling._checks import complain
from inkling.cli.output import JsonOption, print_json, printable, say, with_interval
from inkling.errors import (
    DataUnavailableError,
    InklingError,
    MissingExtraError,
    RunError,
    SettingError,
)

if TYPE_CHECKING:
    from inkling.data.dataset import Dataset
    from inkling.training.run import TrainingResult
    from inkling.training.run_directory import RunDirectory
    from inkling.training.settings import TrainingSettings

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


def changes_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the settings among options, those that were given, by the names that settings have.

    Raises:
        SettingError: the hidden layers are not whole numbers with commas between.

    Example:
        >>> changes_of({"hidden": "64", "lr": 0.1, "epochs": None})
        {'hidden': (64,), 'learning_rate': 0.1}
    """
    names = {"lr": "learning_rate"}
    changes = {names.get(name, name): value for name, value in options.items() if value is not None}
    if "hidden" in changes:
        changes["hidden"] = parse_hidden(changes["hidden"])
    return changes


def choose_settings(
    preset: str | None, validation: int | None, changes: Mapping[str, Any]
) -> tuple[TrainingSettings, int | None]:
    """Returns the settings, a preset's or the defaults, changed, and the size of the validation set.

    Raises:
        SettingError: the preset is unknown, or a setting wrong.
    """
    from inkling.presets import find_preset
    from inkling.training.settings import TrainingSettings

    if preset is None:
        return TrainingSettings(**changes), validation
    recipe = find_preset(preset)
    held_out = recipe.validation if validation is None else validation
    return recipe.settings.with_changes(**changes), held_out


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


def new_directory(dataset: str) -> Path:
    """Makes runs/DATASET-TIME; of several runs begun within a second, the later ones get a number."""
    name = f"{dataset}-{datetime.now():%Y%m%d-%H%M%S}"
    Path("runs").mkdir(exist_ok=True)
    for count in itertools.count(1):
        directory = Path("runs", name if count == 1 else f"{name}-{count}")
        try:
            directory.mkdir()  # whoever makes it has it
            break
        except FileExistsError:
            continue
    return directory


def refuse_changes(changes: Mapping[str, Any], *options: object) -> None:
    """Raises SettingError if a setting is to change, or an option was given, beside --resume."""
    if changes or any(option is not None for option in options):
        raise SettingError(
            "--resume: expected no other options, since a run goes on with its own settings."
        )


def load(data: str | None, validation: int | None) -> Dataset:
    """Loads the data set; where MNIST cannot be had and nobody asked for it, the bundled digits."""
    from inkling.cli.progress import DownloadBar
    from inkling.data.dataset import load_dataset

    with DownloadBar() as watcher:
        try:
            source = "mnist" if data is None else data
            return load_dataset(source, validation=validation, watcher=watcher)
        except DataUnavailableError as error:
            if data is not None:
                raise
            unavailable = error
    try:
        dataset = load_dataset("digits", validation=validation)
    except MissingExtraError as error:
        raise DataUnavailableError(f"{unavailable} And {error}") from error
    say(
        "MNIST is neither on this machine nor reachable, so this trains on scikit-learn's 1,797 "
        "handwritten digits instead; say --data mnist to insist."
    )
    return dataset


def _resume(directory: Path) -> TrainingResult:
    from inkling.cli.progress import training_watcher
    from inkling.training.run import train as run_training
    from inkling.training.run_directory import RunDirectory

    dataset = load_recorded(RunDirectory(directory), "inkling.train")
    with says_how_to_resume(directory):
        return run_training(dataset, run=directory, resume=True, callbacks=[training_watcher()])


def load_recorded(directory: RunDirectory, call: str) -> Dataset:
    """Loads the data set that an unfinished run was started with.

    Args:
        directory: the run's.
        call: the function that goes on with it in Python, for the error.

    Raises:
        RunError: there is no run to resume, or its data set was made in Python.
    """
    from inkling.cli.progress import DownloadBar
    from inkling.data.dataset import load_dataset

    recorded = directory.dataset_to_resume()
    source, held_out = str(recorded["source"]), recorded["validation"]
    if not source:
        advice = f"call {call}(dataset, run={str(directory.path)!r}, resume=True)"
        raise RunError(
            complain(f"run {directory.path}", "a data set on file", "one from Python", advice)
        )
    with DownloadBar() as watcher:
        dataset = load_dataset(source, watcher=watcher)
        if len(dataset.validation) != held_out:  # not so many as there are by default
            dataset = load_dataset(source, validation=held_out, watcher=watcher)
    return dataset


@contextmanager
def says_how_to_resume(
    directory: Path, command: str = "train", manifest: str = "manifest.json"
) -> Iterator[None]:
    """Where training is interrupted, says how to go on; a run that never began leaves nothing."""
    try:
        yield
    except InklingError:
        if directory.is_dir() and not any(directory.iterdir()):
            directory.rmdir()
        raise
    except KeyboardInterrupt:
        if (directory / manifest).is_file():
            say(f"interrupted; to go on: inkling {command} --resume {shlex.quote(str(directory))}")
        raise


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
    from inkling.report import RunResults, write_report

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
