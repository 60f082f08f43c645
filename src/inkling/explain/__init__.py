"""Why a network answers as it does: numbers that add up to its answer.

    forward_trace.py    the forward pass of one sample, and gradients back to its pixels
    baseline.py         what a picture is compared with
    contributions.py    why this digit and not that one: the difference of two logits, split into parts
    units.py            the hidden units that add most, and what each of them responds to
    trace.py            every quantity of both passes, for ``inkling trace``
    summary.py          the description of a model on the page

Every decomposition adds up to the number that it explains; ``docs/derivation/further.md`` derives them.
"""
