"""``inkling committee``: several networks, trained here or on many machines, that answer together."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import inkling
from inkling._checks import complain, import_extra
from inkling.cli.output import JsonOption, percent, print_json, say, show, with_interval
from inkling.cli.runs import (
    changes_of,
    choose_settings,
    load,
    load_recorded,
    new_directory,
    refuse_changes,
    says_how_to_resume,
)
from inkling.cli.train import train
from inkling.errors import InklingError, SettingError

if TYPE_CHECKING:
    from inkling.training.committee import Committee, CommitteeResult

MEMBERS = 5
CONNECTING = 10
"""Seconds to wait for a scheduler."""
PROBABLE = 0.05
"""A difference that chance makes more often than this is called what it may be."""


def with_options_of(
    command: Callable[..., Any],
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Gives a command another one's options as well, as they are written there, but for its own."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        own = inspect.signature(function, eval_str=True)
        others = inspect.signature(command, eval_str=True).parameters.values()
        parameters = [option for option in others if option.name not in own.parameters]
        parameters += [
            each for each in own.parameters.values() if each.kind is not each.VAR_KEYWORD
        ]
        function.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
        return function

    return decorate


@with_options_of(train)
def committee(
    members: Annotated[
        int | None, typer.Option(help=f"How many networks (default {MEMBERS})")
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            help="How many are trained at a time on this machine (default −1, one a core)"
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(help="Train on the workers of a dask scheduler, such as tcp://10.0.0.1:8786."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The directory to make (default runs/DATA-committee-TIME)")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(help="The directory of a committee to go on with.")
    ] = None,
    json: JsonOption = False,
    **options: Any,
) -> None:
    """Train several networks that differ in their seed, and let them answer together.

    Without options: five of inkling train's networks on MNIST. Each member is a run of its own.
    """
    from inkling.cli.progress import MembersBar
    from inkling.training.committee import Committee
    from inkling.training.parallel import load_joblib
    from inkling.training.run_directory import COMMITTEE_MANIFEST, RunDirectory
    from inkling.training.settings import TrainingSettings

    data, preset, validation = (options.pop(name) for name in ("data", "preset", "validation"))
    changes = changes_of(options)
    n_jobs = _jobs(jobs, scheduler)
    load_joblib()  # its absence is said before anything else
    if resume is not None:
        refuse_changes(changes, preset, data, validation, out, members)
        begun = RunDirectory(resume, COMMITTEE_MANIFEST)
        manifest = begun.read_manifest()
        settings = TrainingSettings.from_dict(manifest["settings"])
        team = Committee(manifest.get("members", 0), settings, n_jobs=n_jobs)
        dataset = load_recorded(begun, "inkling.Committee(…).train")
    else:
        settings, validation = choose_settings(preset, validation, changes)
        team = Committee(MEMBERS if members is None else members, settings, n_jobs=n_jobs)
        dataset = load(data, validation)
    with _cluster(scheduler):
        directory = resume or out or new_directory(f"{dataset.name}-committee")
        say(_plan(team))
        with (
            says_how_to_resume(directory, "committee", COMMITTEE_MANIFEST),
            MembersBar(team.members) as bar,
        ):
            result = team.train(
                dataset,
                run=directory,
                resume=resume is not None,
                on_member=bar.done,
                on_remark=say,
            )
    _report(result, json)


def _jobs(jobs: int | None, scheduler: str | None) -> int:
    if jobs is not None and scheduler is not None:
        raise SettingError(
            "--jobs: expected no --scheduler beside it, since a cluster trains as many at a time as it "
            "has cores."
        )
    return -1 if jobs is None else jobs


def _plan(team: Committee) -> str:
    """What is going to be trained."""
    first, settings = team.settings.seed, team.settings
    hidden = ", ".join(str(units) for units in settings.hidden) or "no"
    epochs = f"{settings.epochs} epoch{'' if settings.epochs == 1 else 's'}"
    return (
        f"{team.members} networks with {hidden} hidden units, seeds {first} to "
        f"{first + team.members - 1}, {epochs} each"
    )


@contextmanager
def _cluster(scheduler: str | None) -> Iterator[None]:
    """Lets joblib send the members to the workers of a scheduler; None for this machine."""
    if scheduler is None:
        yield
        return
    distributed = import_extra("distributed", "cluster", "--scheduler")
    joblib = import_extra("joblib", "cluster", "--scheduler")
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # one line says it here
    try:
        client = distributed.Client(scheduler, timeout=CONNECTING)
    except (OSError, ValueError) as error:
        got, advice = f"none at {scheduler!r}", "start one with: dask scheduler"
        raise InklingError(complain("--scheduler", "a scheduler", got, advice)) from error
    except (
        TypeError,
        RuntimeError,
    ) as error:  # tls:// without certificates, tcp:// where TLS is a must
        expected = "an address that fits dask's configuration of TLS (distributed.comm)"
        got = f"{scheduler!r}: {error}"
        raise InklingError(complain("--scheduler", expected, got.rstrip("."))) from error
    with client, joblib.parallel_config("dask", client=client):
        _check_workers(client, f"--scheduler {scheduler}", f"dask worker {scheduler}")
        yield


def _check_workers(client: Any, who: str, start: str) -> None:
    """Raises InklingError unless there are workers, each with this version of Inkling."""
    # A lambda travels as it is; a function of this module would be looked for in theirs.
    versions = client.run(lambda: __import__("inkling").__version__, on_error="return")
    if not versions:
        advice = f"start one on each machine with: {start}"
        raise InklingError(complain(who, "at least one worker", "none", advice))
    for worker, version in versions.items():
        if version != inkling.__version__:
            expected = f"Inkling {inkling.__version__} on every worker"
            got = f"{version!r} on {worker}"
            advice = "install it there, with the extra cluster"
            raise InklingError(complain(who, expected, got, advice))


def _report(result: CommitteeResult, json: bool) -> None:
    assert result.run is not None
    results, model = result.model.manifest["results"], result.run / "model.safetensors"
    if json:
        names = ("test_accuracy", "test_interval", "train_seconds", "members", "mcnemar")
        figures = {name: results[name] for name in names}
        place = {"model": str(model), "run": str(result.run)}
        print_json({"dataset": result.dataset.name, **figures, **place})
        return
    from rich.table import Table

    n = len(result.dataset.test)
    table = Table("seed", "validation", "test", "trained in")
    for member in result.members:
        shares = percent(member.validation_accuracy), percent(member.test_accuracy)
        table.add_row(str(member.seed), *shares, f"{member.train_seconds:.1f} s")
    show(table)
    accuracy = with_interval(result.test_accuracy, result.test_interval, n)
    show(f"Test accuracy of the committee on {result.dataset.name}: {accuracy}.")
    show(_compared(result))
    say(f"Model    {model}")
    say(f"Next     inkling app --model {result.run}   draw a digit, and let all of them read it")
    say(f"         inkling predict PICTURE --model {result.run}   reads a digit of your own")


def _compared(result: CommitteeResult) -> str:
    """McNemar's test in words."""
    test, best = result.against_best, result.best
    verdict = "may be chance" if test.p_value > PROBABLE else "is more than chance"
    return (
        f"Against its best member on validation images, seed {best.seed} with "
        f"{percent(best.test_accuracy)}: {test.first_only:,} images only the committee has right, "
        f"{test.second_only:,} only the member; McNemar's test, p = {test.p_value:.2g}: "
        f"the difference {verdict}."
    )
