"""Drawings of arrays and plain records. Nothing here imports a network."""
