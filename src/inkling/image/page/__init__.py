"""From a photograph of a page to candidates for digits, in reading order.

Start with ``segment.py``, which calls the others in this order:

    ink.py          gray image → strokes, in two or three passes over
      light.py        what the paper looks like without its writing, and the ink: 1 − gray / paper
      frames.py       printed boxes and grids around digits, whose lines are removed, with
        lines.py        straight thin lines
        cells.py        what they enclose on all four sides
      threshold.py    which pixels are strokes and which are grain
      components.py   connected strokes
      writing.py      height of the digits, width of the pen, which components are writing
    rows.py         components → marks → rows
    candidates.py   a row → everything in it that may be a digit, with
      touching.py     cuts through digits that touch
      cut_outs.py     the ink of one candidate alone
      lattice.py      the choice among the candidates, given what each costs

``filters.py`` contains the image filters that several of them use.
"""
