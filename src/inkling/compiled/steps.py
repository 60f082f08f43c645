"""A run of steps, shared by all threads that call it with the same work.

    samples forward and back → [gradients, then their update, if they are clipped] weights → next step

Each phase is divided into the same parts every time. A thread takes a ticket for the next part;
it waits until all parts of the previous phase are done, does its part, and repeats. The result does not
depend on which thread does what: it is the same, bit for bit, for any number of threads, and a thread
that the system suspends between two parts does not delay the others. Threads wait in a loop,
not in the system: a phase takes 20 to 100 µs, less than a sleeping thread needs to wake up.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from inkling.compiled.gradients import update
from inkling.compiled.jit import compiled
from inkling.compiled.layers import forward_and_back
from inkling.compiled.machine import add_and_fetch, call, fetch, integers, reals
from inkling.compiled.optimizers import step_constants_of
from inkling.compiled.work import (
    CACHE_LINE,
    DIVERGED,
    DONE,
    LAST_LOSS,
    LOSS,
    RIGHT,
    STARTED,
    TICKETS,
    TOTAL_BY_SAMPLES,
    TOTAL_LOSS,
    TOTAL_RIGHT,
    TOTAL_SAMPLES,
    TOTAL_STEPS,
    TOTAL_WEIGHT,
    share_of,
)

SPIN_LIMIT = 2000
"""Polls before a waiting thread yields to others; 2000 take about 20 µs."""


def run_steps(work: Any, values: Any) -> None:
    """Does parts of the steps until none are left."""
    phases = 2 if work.clip == math.inf else 3
    tickets = work.batches * phases * work.parts
    counters, totals = integers(work.counters), reals(work.totals)
    while True:
        ticket = add_and_fetch(counters, TICKETS, 1) - 1
        if ticket >= tickets:
            return
        part, phase = ticket % work.parts, ticket // work.parts
        wait_for(work, phase * work.parts)
        if totals[DIVERGED] == 0:
            run_part(work, values, phase // phases, phase % phases, part)
        add_and_fetch(counters, DONE, 1)


@compiled
def wait_for(work: Any, done: int) -> None:
    """Waits until ``done`` parts are done."""
    looks = 0
    while fetch(integers(work.counters), DONE) < done:
        looks += 1
        if looks % SPIN_LIMIT == 0 and work.give_way != 0:
            call(work.give_way)


@compiled
def run_part(work: Any, values: Any, batch: int, phase: int, part: int) -> None:
    """Does one part of one phase of a step."""
    start = batch * work.batch
    size = min(work.batch, work.samples - start)
    totals = reals(work.totals)
    counts = reals(work.weights)[batch] > 0  # otherwise all sample weights are 0
    if phase == 0:
        if part == 0:
            totals[STARTED] += counts
            totals[TOTAL_SAMPLES] += 0 if counts else size
        if counts:
            low, high = share_of(part, work.parts, size)
            forward_and_back(work, values, start, low, high, part)
        return
    if not counts or (phase == 1 and not is_healthy(work, batch, size, part)):
        return
    step = work.first_step + np.int64(totals[STARTED])
    strength = work.l2 / reals(work.weights)[batch]
    step_constants = step_constants_of(
        work.optimizer, reals(work.settings), reals(work.rates)[batch], strength, step
    )
    update(work, values, step_constants, size, phase, part)


@compiled
def is_healthy(work: Any, batch: int, size: int, part: int) -> Any:
    """Whether the loss is finite and below the limit; part 0 adds it to the totals."""
    sums, totals = reals(work.sums), reals(work.totals)
    loss, right = 0.0, 0.0
    for other in range(work.parts):
        loss += sums[other * CACHE_LINE + LOSS]
        right += sums[other * CACHE_LINE + RIGHT]
    healthy = loss < work.limit
    if part == 0 and healthy:
        weight = reals(work.weights)[batch]
        totals[TOTAL_LOSS] += loss * weight
        totals[TOTAL_WEIGHT] += weight
        totals[TOTAL_BY_SAMPLES] += loss * size
        totals[TOTAL_RIGHT] += right
        totals[TOTAL_SAMPLES] += size
        totals[TOTAL_STEPS] += 1
    elif not healthy:
        totals[LAST_LOSS] = loss
        totals[DIVERGED] = 1
    return healthy
