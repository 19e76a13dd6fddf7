"""Lens 1: where personas lie on the Inglehart-Welzel cultural map."""
