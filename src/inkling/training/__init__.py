"""Training: where data, network and optimizer meet.

settings.py        what can be chosen, with its defaults and ranges; presets.py: settings by name
loop.py            the training loop, the file to read first
state.py           what changes during a run
engine/            computes the steps: NumPy or machine code
augmenting.py      changed images for each chunk
history.py         one record per epoch
callbacks.py       objects that observe a run and may end it; early_stopping.py and checkpoint.py are two
progress.py        progress in a terminal; watch.py: events for a page, and commands from it
doctor.py          finds common mistakes: doctor_measures.py, doctor_checks.py, doctor_findings.py
set_up.py          what a run starts with: network, optimizer, sampler, engine
start.py           a trained model as the start of a run, in place of random weights
run.py             all of it in one call, with a run directory (run_directory.py)
result.py          the outcome of a run, and the data of report.png; report.py reads it again
fine_tuning.py     a trained model learns pictures of yours
post_training.py   calibration, rejection of images that are not digits, mean images
committee.py       several networks whose probabilities are averaged, trained by parallel.py
"""
