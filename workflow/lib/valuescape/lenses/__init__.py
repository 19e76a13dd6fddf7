"""Lenses: pure functions from gathered tables and human reference to tables of results."""
