"""How fast Inkling is here, beside every peer that is installed: the same work, in turns.

    works.py → contenders.py (ours.py, torch.py, jax.py, sklearn.py, onnx.py, textbook.py)
             → worker.py, one process a contender → arena.py, who asks them in turn → ratios

``inkling bench`` shows what comes out; ``stages.py`` says where a step's time goes. Nothing here is
needed to train or to read a digit.
"""
