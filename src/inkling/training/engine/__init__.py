"""Engines: they compute the steps of a run; one is chosen per run.

context.py          what an engine trains, and the sums that it returns
numpy_engine.py     the inner loop in NumPy: gather, forward, backward, update
compiled_engine.py  the same steps in machine code (``compiled/``)
arithmetic.py       the operations of a step, and how fast the processor computes them
choice.py           which of the two, and with how many threads
prediction.py       when predictions are worth machine code
threads.py          how many threads NumPy's matrix products use
"""
