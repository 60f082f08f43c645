"""The reasons that more than one correction has. Each tutorial's own stand in its file."""

from __future__ import annotations

RELU = "a sigmoid passes back at most a quarter of a gradient, ReLU all of it"
SMOOTHING = "a target of 0.9 instead of 1 stops the weights from growing for ever"
ZERO_BIAS = "a random bias gives every unit an offset that it must first unlearn"
SHUFFLE = "the same order every epoch makes the same errors of the gradient every epoch"
DECAY = "a rate that falls to almost nothing lets the last epochs settle instead of jumping about"
WATCHED = (
    "its figures decide what is tried next, so that they are no longer those of unseen images; 5,000 "
    "training images are held out to watch instead"
)
