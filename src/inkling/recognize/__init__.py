"""From a picture and a model to digits: reading, annotated pictures, intermediate stages."""
