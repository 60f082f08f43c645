"""Figures from arrays and plain records; nothing here knows a network."""
