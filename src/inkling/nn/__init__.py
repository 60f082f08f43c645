"""The network: layers, losses and their gradients, every formula by hand, NumPy only.

Read in this order:

    layer.py         the contract every layer keeps, and the axis letters
    dense.py         z = x W + b and its three gradients
    activations.py   sigmoid, ReLU, softmax ...: a = f(z) and the product with the derivative
    losses.py        how wrong an output is, and in which direction
    output.py        where the last activation meets the loss: δ = ∂L/∂z
    network.py       layers in a row: forward, backward, loss and gradients
    gradcheck.py     the proof: every gradient against finite differences

``dropout.py``, ``initializers.py`` and ``mlp.py`` complete it; ``registry.py`` lists the names.
A name in square brackets behind a formula is its label in ``docs/derivation``, where it is derived.
"""
