"""From an image and a model to digits: reading, annotated images, the stages of reading."""
