"""The training loop in machine code, which the compiled engine runs instead of NumPy.

You need none of these files to understand Inkling: ``training/engine/numpy_engine.py`` takes the same
steps in plain NumPy, and tests compare the two. Read them in this order:

    engine.py        train_batches, the entry point of training
    prediction.py    a network that predicts without the inputs that are 0
    product.py       the product x W + b that both are made of
    supported.py     the layers, losses and optimizers that have machine code
    work.py          the arguments of training: from objects to numbers and arrays
    memory.py        those arrays that a run keeps from call to call
    steps.py         a step in two phases: samples forward and back, then the weights
    layers.py        forward and backward of the samples of one part
    weights.py       ∂L/∂W of some rows, and their update
    formulas.py      activations and losses of one sample, the optimizers for one row of weights
    llvm.py          what Numba does not offer: a sum of rows in registers, views, atomic counters
    jit.py           Numba, its settings, and the cache on disk

Only ``engine.py``, ``memory.py``, ``supported.py`` and ``jit.py`` do not load Numba, which takes a third
of a second.
"""
