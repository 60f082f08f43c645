"""``inkling compile``: compile the training engine ahead of time, so that no run has to wait for it."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from inkling._checks import check_name
from inkling.cli.output import JsonOption, console, print_json, say


def compile(
    dtype: Annotated[
        str, typer.Option(help="Of the networks to train: float32 or float64")
    ] = "float32",
    json: JsonOption = False,
) -> None:
    """Compile the training engine, once on this machine; training then takes less than half the time."""
    from inkling.compiled import jit
    from inkling.training.engine.choice import COMPILING, compile_ahead, is_compiled

    check_name("compile", "dtype", dtype, ("float32", "float64"))
    done_before = jit.installed() and is_compiled(dtype)
    started = time.perf_counter()
    problem = ""
    if not done_before:
        if jit.installed():
            say(f"Compiling the training engine (once, about {COMPILING:.0f} s) ...")
        with console().status("compiling"):  # moves in a terminal, prints nothing elsewhere
            problem = compile_ahead(dtype)
    seconds = time.perf_counter() - started
    if json:
        outcome = {"compiled": not problem, "problem": problem, "seconds": seconds}
        print_json({"dtype": dtype, **outcome})
    elif problem:
        say(f"Training will use NumPy, which takes about twice as long: {problem}.")
    elif done_before:
        say("The training engine has been compiled before.")
    else:
        say(f"Compiled in {seconds:.0f} s.")
    if problem:
        raise typer.Exit(1)
