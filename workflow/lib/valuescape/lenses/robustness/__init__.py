"""Robustness: how far results hang on how the personas were asked, and on who was asked."""
