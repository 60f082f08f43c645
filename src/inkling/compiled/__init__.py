"""The training loop in machine code, which the compiled engine runs instead of NumPy.

You need none of these files to understand Inkling: ``training/engine/numpy_engine.py`` takes the same
steps in plain NumPy, and tests compare the two. Read them in this order:

    engine.py        train_batches, the one entry point
    codes.py         numbers for activations, losses and optimizers; what is supported
    work.py          the arguments of a call: arrays and numbers, no objects
    preparation.py   from objects to a ``Work``, with all checks, and the trained weights back
    steps.py         a step in two phases: samples forward and back, then the weights
    layers.py        forward and backward of the samples of one part
    weights.py       ∂L/∂W of some rows, and their update
    activations.py   output.py   optimizers.py   the formulas, one sample or one row at a time
    matrix.py        products of dense matrices, by BLAS
    llvm.py          what Numba does not offer: a sum of rows in registers, atomic counters, addresses
    prediction.py    predictions of a finished network, without the inputs that are 0
    jit.py           Numba, its settings, and the cache on disk

``training/engine`` uses ``engine.py`` and ``jit.py``, models use ``prediction.py``. Most other files
load Numba, which takes a third of a second, and are imported only when machine code is needed.
"""
