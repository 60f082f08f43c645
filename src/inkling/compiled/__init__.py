"""The training loop in machine code, which the compiled engine runs instead of NumPy.

You need none of these files to understand Inkling: ``training/engine/numpy_engine.py`` takes the same
steps in plain NumPy, and tests compare the two. Read them in this order:

    engine.py        train_batches, the one entry point
    preparation.py   from objects to numbers, with all checks; buffers.py keeps arrays between calls
    codes.py         numbers for activations, losses and optimizers; what is supported
    work.py          the arguments of a call: arrays and numbers, no objects
    steps.py         a step in two phases: samples forward and back, then the weights
    layers.py        gather, forward and backward of the samples of one thread
    gradients.py     ∂L/∂W of some rows, and their update
    activations.py   output.py   optimizers.py   the formulas, one sample or one row at a time
    weighted_rows.py matrix.py   the kernels that take most of the time: sparse and dense products
    machine.py       what Numba does not offer: addresses, atomic counters, vectorized e^z
    jit.py           Numba, its settings, and the cache on disk

``training/engine`` uses ``engine.py`` and ``jit.py``. Most other files load Numba, which takes a third
of a second, and are imported only when machine code is needed.
"""
