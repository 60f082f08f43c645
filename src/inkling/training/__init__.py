"""Training: where data, network and optimizer meet, and nowhere else.

settings.py        what can be chosen, checked once for everyone
loop.py            the loop everyone should read: epochs, validation, early stopping
engine_numpy.py    the inner loop: gather, forward, backward, update
augmenting.py      new images for every chunk
evaluate.py        loss, accuracy and probabilities on data that is not trained on
history.py         one record an epoch
early_stopping.py  when to stop, and the best weights
checkpoint.py      everything a run needs to go on as if it had never stopped
callbacks.py       those who watch a run: the progress bar
set_up.py          what a run starts with: network, optimizer, orders, engine
run.py             all of it in one call, with a run directory
"""
