"""Tutorial 1's app in today's Gradio (pip install . gradio): python examples/gradio_app.py MODEL."""

import sys

import gradio as gr
import numpy as np

import inkling

recognizer = inkling.Recognizer(*sys.argv[1:2])  # a model file or run; else the model that ships


def read(drawing: dict) -> dict[str, float]:
    """Returns the probabilities; Gradio hands over layers, and what they look like together."""
    digit = recognizer.read_digit(drawing["composite"])
    return dict(zip(recognizer.model.classes, digit.probabilities, strict=True))


# With a picture to draw on, the brush is chosen at once. Its size is a radius: 10 % of the pad.
paper = np.full((400, 400, 3), 255, np.uint8)
start = {"background": paper, "layers": [], "composite": paper}
brush = gr.Brush(default_size=20, colors=["black"], color_mode="fixed")
pad, answer = gr.Sketchpad(start, brush=brush), gr.Label(num_top_classes=3)
gr.Interface(read, pad, answer, flagging_mode="never").launch()
