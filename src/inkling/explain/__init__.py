"""Why a network answers as it does: numbers that add up to its answer.

    passage.py          one picture through the network, everything kept; slopes back to its pixels
    contributions.py    why this digit and not that one: the difference of two logits, split into parts
    units.py            the hidden units that pushed most, and what each of them looks for

Nothing here is an approximation: every decomposition adds up to the number it explains, and says
what it is made of. The app shows the results; ``docs/derivation/further.md`` derives them.
"""
