"""Lens 3: what culture does to the six moral foundations."""
