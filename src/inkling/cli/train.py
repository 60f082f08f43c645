"""``inkling train``: train a network, test it, save it and plot it."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkling._files import MODEL, REPORT, new_directory
from inkling.cli.fine_tuning import (
    before_and_after,
    check_fine_tuning,
    named_model,
    say_before_and_after,
)
from inkling.cli.inputs import DATA_NAMES, PathOption, names_of, read_data
from inkling.cli.output import JsonOption, print_json, say, say_file, with_interval
from inkling.cli.program import command_line
from inkling.cli.run_page import run_page
from inkling.cli.runs import (
    changes_of,
    check_resume_alone,
    choose_settings,
    read_data_or_draw,
    resume_hint,
    say_next_command,
)
from inkling.errors import MissingExtraError

if TYPE_CHECKING:
    from inkling.plots.report import Report
    from inkling.training.doctor import Doctor
    from inkling.training.result import TrainingResult

DataOption: partial[Any] = partial(typer.Option, rich_help_panel="Data")
NetworkOption: partial[Any] = partial(typer.Option, rich_help_panel="Network")
TrainingOption: partial[Any] = partial(typer.Option, rich_help_panel="Training")
RunOption: partial[Any] = partial(typer.Option, rich_help_panel="Run")
RunPath: partial[Any] = partial(PathOption, rich_help_panel="Run")


def train(
    data: Annotated[
        str | None,
        DataOption(
            help=f"{DATA_NAMES}, or a path: IDX, CSV, npz, folder of pictures (default mnist)."
        ),
    ] = None,
    validation: Annotated[
        int | None,
        DataOption(help="Images held out for validation; 0 for none (default 5000 or a tenth)"),
    ] = None,
    input_range: Annotated[
        str | None, DataOption(metavar="LOW,HIGH", help="Scale pixels to this range (default 0,1)")
    ] = None,
    augment: Annotated[
        str | None,
        DataOption(help=f"Distort images in every epoch: {names_of('augment')} (default none)"),
    ] = None,
    shuffle: Annotated[
        bool | None,
        DataOption("--shuffle/--no-shuffle", help="Reshuffle in every epoch (default on)"),
    ] = None,
    sort: Annotated[
        bool | None,
        DataOption("--sort", help="Arrange images by label first; for --no-shuffle (default off)"),
    ] = None,
    hidden: Annotated[
        str | None,
        NetworkOption(help="Units of each hidden layer, such as 256,128, or none (default 256)"),
    ] = None,
    activation: Annotated[
        str | None,
        NetworkOption(help=f"Activation of hidden layers: {names_of('activation')} (default relu)"),
    ] = None,
    output: Annotated[
        str | None, NetworkOption(help="Activation of the output layer (default softmax)")
    ] = None,
    dropout: Annotated[
        float | None, NetworkOption(help="Share of hidden units to drop in training (default 0)")
    ] = None,
    initializer: Annotated[
        str | None,
        NetworkOption(
            help=f"Initial weights: {names_of('initializer')} (default depends on the activation)"
        ),
    ] = None,
    dtype: Annotated[str | None, NetworkOption(help="float32 or float64 (default float32)")] = None,
    preset: Annotated[
        str | None,
        TrainingOption(help="Start from a recipe: shipped, look, simard, tutorial-0 to tutorial-3"),
    ] = None,
    loss: Annotated[
        str | None,
        TrainingOption(
            help=f"{names_of('loss')} (default cross_entropy), with sigmoid outputs binary_cross_entropy"
        ),
    ] = None,
    label_smoothing: Annotated[
        float | None, TrainingOption(help="Label smoothing of the cross-entropy (default 0.1)")
    ] = None,
    optimizer: Annotated[
        str | None, TrainingOption(help=f"{names_of('optimizer')} (default adam)")
    ] = None,
    learning_rate: Annotated[
        float | None,
        TrainingOption(
            "--lr", help="Peak learning rate (default depends on the optimizer; adam 0.005)"
        ),
    ] = None,
    schedule: Annotated[
        str | None,
        TrainingOption(help=f"Learning rate schedule: {names_of('schedule')} (default one_cycle)"),
    ] = None,
    weight_decay: Annotated[
        float | None, TrainingOption(help="L2 penalty; decoupled for adamw (default 0; adamw 0.01)")
    ] = None,
    clip_norm: Annotated[
        float | None, TrainingOption(help="Largest norm of the gradient (default none)")
    ] = None,
    batch_size: Annotated[int | None, TrainingOption(help="Images per step (default 128)")] = None,
    epochs: Annotated[
        int | None, TrainingOption(help="Passes over the training images (default 10)")
    ] = None,
    patience: Annotated[
        int | None,
        TrainingOption(
            help="Stop after this many epochs without a better validation loss (default never)"
        ),
    ] = None,
    start: Annotated[
        Path | None,
        RunPath(
            "--from",
            metavar="MODEL",
            help="Fine-tune a copy of a model on --data, your pictures: shipped, look, a file or a run",
        ),
    ] = None,
    seed: Annotated[int | None, RunOption(help="Seed of all random numbers (default 0)")] = None,
    engine: Annotated[str | None, RunOption(help="auto, numpy or compiled (default auto)")] = None,
    out: Annotated[
        Path | None, RunPath(help="The run directory to create (default runs/DATA-TIME)")
    ] = None,
    resume: Annotated[
        Path | None, RunPath(help="Continue the unfinished run in this directory")
    ] = None,
    watch: Annotated[
        bool, RunOption("--watch", help="Show the training in the browser, and pause it there")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Train a network, test it, save it and plot it.

    Without options: 784-256-10 on MNIST, in seconds. All files are written to one run directory.
    """
    changes = changes_of(locals())
    from inkling.training.doctor import Doctor
    from inkling.training.fine_tuning import fine_tune
    from inkling.training.progress import progress_display
    from inkling.training.result import report_of
    from inkling.training.run import train as train_network
    from inkling.training.run_directory import RunDirectory, recorded_dataset

    with run_page(watch) as page:
        doctor = Doctor(found=page.found)
        watchers = [progress_display(), doctor, *page.callbacks]
        if resume is not None:
            check_resume_alone(changes, preset, data, validation, start, out)
            dataset = recorded_dataset(RunDirectory(resume), "inkling.train", read_data)
            page.show("train", resume)
            with resume_hint(resume):
                result = train_network(dataset, run=resume, resume=True, callbacks=watchers)
        elif start is not None:
            check_fine_tuning(changes, {"preset": preset, "validation": validation}, data)
            start = named_model(start)
            dataset = read_data(str(data))
            directory = out or new_directory(dataset.name)
            page.show("teach", directory)
            with resume_hint(directory, ours=out is None):
                result = fine_tune(start, dataset, run=directory, callbacks=watchers, **changes)
        else:
            settings = choose_settings(preset, changes)
            dataset = read_data_or_draw(data, validation)
            directory = out or new_directory(dataset.name)
            page.show("train", directory)
            with resume_hint(directory, ours=out is None):
                result = train_network(dataset, settings, run=directory, callbacks=watchers)
        page.finish(result)
    _print(result, doctor, json)
    run, report = result.run, report_of(result)
    assert run is not None
    del dataset, result  # their images need more memory than the drawing
    drawn = draw_report(run, report)
    if not json:
        if drawn:
            say_file("Report", run / REPORT)
        say_next_command(run, report.image_shape, report.classes)


def _print(result: TrainingResult, doctor: Doctor, json: bool) -> None:
    from inkling.training.fine_tuning import FineTuningResult

    assert result.run is not None
    model = result.run / MODEL
    tuned = result if isinstance(result, FineTuningResult) else None
    if json:
        print_json(
            {
                "dataset": result.dataset.name,
                "test_accuracy": result.test_accuracy,
                "test_interval": list(result.test_interval),
                "test_watched": False,  # kept for programs that read it
                "train_seconds": result.train_seconds,
                "images_per_second": result.images_per_second,
                "epochs": result.history.to_list(),
                "findings": [finding.to_dict() for finding in doctor.findings],
                "model": str(model),
                "run": str(result.run),
                **({} if tuned is None else before_and_after(tuned)),
            }
        )
        sys.stdout.flush()  # the result is complete, whatever becomes of the report
        return
    n = len(result.dataset.test)
    accuracy = with_interval(result.test_accuracy, result.test_interval, n)
    say("")
    if tuned is None:
        say(f"Test accuracy on {result.dataset.title}: {accuracy}")
    else:
        say_before_and_after(tuned)
    say(f"Training took {result.train_seconds:.1f} s, {result.images_per_second:,.0f} images/s.")
    say_file("Model", model)


def draw_report(run: Path, report: Report) -> bool:
    """Draws the report; prints one line if that fails, because the run is finished all the same."""
    from inkling.plots.report import write_report

    try:
        write_report(run / REPORT, report)
    except MissingExtraError as error:
        say(str(error))
        return False
    except KeyboardInterrupt:
        reason = "interrupted"
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}"
    except Exception as error:  # whatever Matplotlib raises
        reason = " ".join(f"{type(error).__name__}: {error}".split())
    else:
        return True
    command = command_line("report", run)
    say(f"The report was not drawn ({reason}); to draw it, type: {command}")
    return False
