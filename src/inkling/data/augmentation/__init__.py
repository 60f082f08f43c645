"""Random changes of training images: shifts, rotations, elastic distortion, stroke width."""
