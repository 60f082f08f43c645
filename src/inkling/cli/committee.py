"""``inkling committee``: several networks, trained on one machine or many, and averaged."""

from __future__ import annotations

import inspect
import itertools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from inkling import __version__
from inkling._checks import complain, import_extra
from inkling._files import MODEL, new_directory
from inkling.cli.inputs import read_data
from inkling.cli.output import (
    JsonOption,
    console,
    percent,
    print_json,
    results_table,
    say,
    say_file,
    show,
    with_interval,
)
from inkling.cli.runs import (
    changes_of,
    check_resume_alone,
    choose_settings,
    read_data_or_draw,
    resume_hint,
    say_next_command,
)
from inkling.cli.train import RunOption, RunPath, train
from inkling.errors import InklingError, SettingError

if TYPE_CHECKING:
    from inkling.model.model import Model
    from inkling.training.committee import CommitteeResult

MEMBERS = 5
CONNECTING = 10
"""Seconds to wait for a scheduler."""
SIGNIFICANT = 0.05
"""A p-value above this may be due to chance."""


def with_options_of(
    command: Callable[..., Any], *without: str
) -> Callable[[Callable[..., Any]], Any]:
    """Adds the options of another command to a command, except those that it defines itself."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        own = inspect.signature(function, eval_str=True)
        others = inspect.signature(command, eval_str=True).parameters.values()
        parameters = [option for option in others if option.name not in {*own.parameters, *without}]
        parameters += [each for each in own.parameters.values() if each.kind != each.VAR_KEYWORD]
        function.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
        return function

    return decorate


@with_options_of(train, "start", "watch")
def committee(
    members: Annotated[
        int | None, RunOption(help=f"Number of networks (default {MEMBERS})")
    ] = None,
    n_jobs: Annotated[
        int | None,
        RunOption(
            "--jobs",
            help="Networks trained at the same time on this machine (default one per core)",
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        RunOption(help="Train on the workers of a dask scheduler, such as tcp://10.0.0.1:8786"),
    ] = None,
    out: Annotated[
        Path | None, RunPath(help="The directory to create (default runs/DATA-committee-TIME)")
    ] = None,
    resume: Annotated[
        Path | None, RunPath(help="Continue the unfinished committee in this directory")
    ] = None,
    json: JsonOption = False,
    **options: Any,
) -> None:
    """Train several networks that differ in their seed, and combine their answers.

    Without options: five of inkling train's networks on MNIST. Each member is a run of its own.
    """
    from inkling._files import COMMITTEE_MANIFEST
    from inkling.training.committee import Committee
    from inkling.training.parallel import load_joblib
    from inkling.training.run_directory import RunDirectory, recorded_dataset
    from inkling.training.settings import TrainingSettings

    data, preset, validation = (options.pop(name) for name in ("data", "preset", "validation"))
    changes = changes_of(options)
    if n_jobs is not None and scheduler is not None:
        raise SettingError("--jobs cannot be combined with --scheduler; a cluster uses its cores.")
    n_jobs = -1 if n_jobs is None else n_jobs
    load_joblib()  # fails first if joblib is missing
    if resume is not None:
        check_resume_alone(changes, preset, data, validation, out, members)
        begun = RunDirectory(resume, COMMITTEE_MANIFEST)
        manifest = begun.read_manifest()
        settings = TrainingSettings.from_dict(manifest["settings"])
        team = Committee(manifest.get("members", 0), settings, n_jobs=n_jobs)
        dataset = recorded_dataset(begun, "inkling.Committee(…).train", read_data)
    else:
        settings = choose_settings(preset, changes)
        team = Committee(MEMBERS if members is None else members, settings, n_jobs=n_jobs)
        dataset = read_data_or_draw(data, validation)
    number = itertools.count(1)

    def print_member(member: Model) -> None:
        seed, seconds = member.manifest["seed"], member.manifest["results"]["train_seconds"]
        say(f"member {next(number)}/{team.members}  seed {seed}  trained in {seconds:.1f} s")

    with _cluster(scheduler):
        directory = resume or out or new_directory(f"{dataset.name}-committee")
        last = team.settings.seed + team.members - 1
        say(f"{team.members} networks, seeds {team.settings.seed} to {last}")
        ours = resume is None and out is None
        with resume_hint(directory, "committee", ours=ours), console().status("training"):
            result = team.train(
                dataset,
                run=directory,
                resume=resume is not None,
                on_member=print_member,
                on_note=say,
            )
    _print(result, json)


@contextmanager
def _cluster(scheduler: str | None) -> Iterator[None]:
    """Makes joblib train the members on the workers of a dask scheduler; None for this machine."""
    if scheduler is None:
        yield
        return
    distributed = import_extra("distributed", "cluster", "--scheduler")
    joblib = import_extra("joblib", "cluster", "--scheduler")
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # the error below is enough
    try:
        client = distributed.Client(scheduler, timeout=CONNECTING)
    # TypeError and RuntimeError: the scheduler uses TLS, or this machine does, and the other does not.
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        reason = str(error).rstrip(".")
        raise InklingError(
            f"--scheduler: cannot connect to {scheduler!r} ({reason}); start one with: dask scheduler"
        ) from error
    with client, joblib.parallel_config("dask", client=client):
        _check_workers(client, scheduler)
        yield


def _check_workers(client: Any, scheduler: str) -> None:
    """Raises InklingError unless there are workers, each with this version of Inkling."""
    # A lambda is sent as code; a function of this module would be imported from the worker's Inkling.
    versions = client.run(lambda: __import__("inkling").__version__, on_error="return")
    who, expected = f"--scheduler {scheduler}", f"Inkling {__version__} on every worker"
    if not versions:
        start = f"start one on each machine with: dask worker {scheduler}"
        raise InklingError(complain(who, "at least one worker", "none", start))
    for worker, version in versions.items():
        if version != __version__:
            install = "install it there, with the extra cluster"
            raise InklingError(complain(who, expected, f"{version!r} on {worker}", install))


def _print(result: CommitteeResult, json: bool) -> None:
    assert result.run is not None
    results, model = result.model.manifest["results"], result.run / MODEL
    if json:
        names = ("test_accuracy", "test_interval", "train_seconds", "members", "mcnemar")
        values = {name: results[name] for name in names}
        place = {"model": str(model), "run": str(result.run)}
        print_json({"dataset": result.dataset.name, **values, **place})
        return
    table = results_table("seed", "validation %", "test %", "seconds")
    for member in result.members:
        shares = member.validation_accuracy, member.test_accuracy
        cells = (f"{100 * share:.2f}" for share in shares)
        table.add_row(str(member.seed), *cells, f"{member.train_seconds:.1f}")
    show(table)
    n, test, best = len(result.dataset.test), result.against_best, result.best
    accuracy = with_interval(result.test_accuracy, result.test_interval, n)
    show(f"Test accuracy on {result.dataset.title}: {accuracy}")
    verdict = "may be chance" if test.p_value > SIGNIFICANT else "is more than chance"
    show(
        f"Compared with the member that is best on the validation images, seed {best.seed} with "
        f"{percent(best.test_accuracy)}: {test.first_only:,} images are read correctly only by the "
        f"committee, {test.second_only:,} only by the member; McNemar's test, p = "
        f"{test.p_value:.2g}: the difference {verdict}."
    )
    say_file("Model", model)
    say_next_command(result.run, result.model.image_shape, result.model.classes)
