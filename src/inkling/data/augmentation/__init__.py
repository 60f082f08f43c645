"""Augmentation: random shifts, rotations, elastic distortions and stroke widths for training images.

Reading order: ``augment.py`` (what is drawn at random), ``warp.py`` (resampling),
``smooth_noise.py`` (the elastic field), ``stroke.py`` (thicker and thinner strokes).
"""
