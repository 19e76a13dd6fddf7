"""Figures: what is drawn stands in `catalogue`, one entry a figure; `draw` draws one of them.

The module of a figure has three pure functions, whose parameters are inputs of its entry: ``draw``
returns the matplotlib `Figure`, ``plotted`` the numbers that it shows, and ``footer`` what was
counted.
"""
