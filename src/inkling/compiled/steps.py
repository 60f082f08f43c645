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

from inkling.compiled.jit import inlined
from inkling.compiled.layers import forward_and_back
from inkling.compiled.llvm import add_and_fetch, call
from inkling.compiled.optimizers import step_constants_of
from inkling.compiled.weights import update
from inkling.compiled.work import (
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
)

SPIN_LIMIT = 1000
"""Polls before a waiting thread yields to others, about 20 µs."""


def run_steps(work: Any) -> None:
    """Does parts of the steps until none are left."""
    phases = 2 if work.clip == math.inf else 3
    tickets = len(work.rates) * phases * work.parts
    while True:
        ticket = add_and_fetch(work.counters, TICKETS, 1) - 1
        if ticket >= tickets:
            return
        phase, part = ticket // work.parts, ticket % work.parts
        polls = 0
        while add_and_fetch(work.counters, DONE, 0) < phase * work.parts:
            polls += 1
            if polls % SPIN_LIMIT == 0 and work.give_way != 0:
                call(work.give_way, (work.give_way,))
        if work.totals[DIVERGED] == 0:
            run_part(work, phase // phases, phase % phases, part)
        add_and_fetch(work.counters, DONE, 1)


@inlined
def run_part(work: Any, batch: int, phase: int, part: int) -> None:
    """Does one part of one phase of a step."""
    start = batch * work.batch
    size = min(work.batch, work.samples - start)
    weight = work.totals_of_weights[batch]
    counts = weight > 0  # otherwise all sample weights are 0
    if phase == 0:
        if part == 0:
            work.totals[STARTED] += counts
            work.totals[TOTAL_SAMPLES] += 0 if counts else size
        if counts:
            low, high = size * part // work.parts, size * (part + 1) // work.parts
            forward_and_back(work, start, low, high, part)
    elif counts and (phase == 2 or is_healthy(work, weight, size, part)):
        step = work.first_step + np.int64(work.totals[STARTED])
        rate, strength = work.rates[batch], work.l2 / weight
        constants = step_constants_of(work.optimizer, work.settings, rate, strength, step)
        update(work, constants, size, phase, part)


@inlined
def is_healthy(work: Any, weight: float, size: int, part: int) -> Any:
    """Whether the loss is finite and below the limit; part 0 adds it to the totals."""
    totals = work.totals
    loss, right = 0.0, 0.0
    for other in range(work.parts):
        loss += work.sums[other, LOSS]
        right += work.sums[other, RIGHT]
    healthy = loss < work.limit
    if part == 0 and healthy:
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
