"""Figures: one module a figure, each a pure function from tables to a matplotlib `Figure`."""
