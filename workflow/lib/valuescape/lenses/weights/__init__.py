"""Weights that make personas stand for humans, and what weighting gains."""
