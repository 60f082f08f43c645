"""Times Inkling and every installed peer on the same workloads, in turns.

    workloads.py → implementations.py → worker.py, one process per implementation
                 → runner.py, which runs them in turn → ratios

``inkling bench`` prints the ratios. ``stages.py`` measures where the time of a training step goes;
``steps.py`` holds the steps of docs/speed.md. Nothing here is needed to train or to read a digit.
"""
