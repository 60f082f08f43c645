"""A run of steps, shared by all threads that call it with the same work.

    samples forward and back → weights (with clipping: gradients → weights) → next step

Each phase is divided into the same parts every time. A thread takes a ticket for the next part, waits
until all parts of the previous phase are done, does its part, and repeats. Which thread does what does
not change a bit of the result, and one that the system suspends between two parts delays no other.
Threads wait in a loop: a phase takes 20 to 100 µs, less than a thread needs to wake up.
"""

from __future__ import annotations

import math
from typing import Any

from inkling.compiled.jit import inlined
from inkling.compiled.layers import backward, forward, losses
from inkling.compiled.llvm import add_and_fetch, give_way
from inkling.compiled.weights import update
from inkling.compiled.work import DONE, TICKETS

SPIN_LIMIT = 1000  # polls before a waiting thread yields to others, about 20 µs


def run_steps(work: Any) -> None:
    """Does parts of the steps until none are left."""
    phases = 2 if work.clip == math.inf else 3
    tickets = len(work.steps) * phases * work.parts
    while True:
        ticket = add_and_fetch(work.counters, TICKETS, 1) - 1
        if ticket >= tickets:
            return
        phase, part = ticket // work.parts, ticket % work.parts
        polls = 0
        while add_and_fetch(work.counters, DONE, 0) < phase * work.parts:
            polls += 1
            if polls % SPIN_LIMIT == 0:
                give_way()
        if not work.totals[0].stopped:
            run_part(work, work.steps[phase // phases], phase % phases, part)
        add_and_fetch(work.counters, DONE, 1)


@inlined
def run_part(work: Any, step: Any, phase: int, part: int) -> None:
    """Does one part of one phase of a step."""
    if step.weight == 0:  # all sample weights are 0
        if phase == 0 and part == 0:
            work.totals[0].samples += step.samples
    elif phase == 0:
        low = step.samples * part // work.parts
        high = step.samples * (part + 1) // work.parts
        forward(work, step, low, high, part)
        losses(work, step, low, high, part)
        backward(work, step, low, high, part)
    elif phase == 2 or is_healthy(work, step, part):
        update(work, step, phase, part)


@inlined
def is_healthy(work: Any, step: Any, part: int) -> Any:
    """Whether the loss is finite and below the limit; part 0 adds it to the totals."""
    loss, correct = 0.0, 0.0
    for other in range(work.parts):
        loss += work.sums[other].loss
        correct += work.sums[other].correct
    totals, healthy = work.totals[0], loss < work.limit
    if not healthy:
        totals.diverged = loss
        totals.stopped = 1
    elif part == 0:
        totals.loss += loss * step.weight
        totals.weight += step.weight
        totals.loss_by_samples += loss * step.samples
        totals.n_correct += int(correct)
        totals.samples += step.samples
        totals.steps += 1
    return healthy
