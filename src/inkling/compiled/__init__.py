"""The epoch as machine code: what the compiled engine runs instead of NumPy.

No one needs these files to understand Inkling: ``engine_numpy.py`` does the same in the open, and the
tests hold the two equal. They are read in this order:

    codes.py         numbers for activations, losses and optimizers; what is covered
    work.py          what a call gets: arrays and numbers, no objects
    steps.py         a step in two phases: samples forward and back, then the weights
    layers.py        gather, forward and backward of the samples of one thread
    gradients.py     ∂L/∂W of some rows, and their update
    activations.py   output.py   optimizers.py   the formulas, one sample or one row at a time
    weighted_rows.py matrix.py   the kernels that take the time: sparse and dense products
    machine.py       what Numba does not offer: addresses, atomic counters, vectorised e^z
    jit.py           Numba, its settings, and the cache on disk

Only ``engine_compiled.py`` imports from here, and only when it is used: Numba takes a third of a second.
"""
