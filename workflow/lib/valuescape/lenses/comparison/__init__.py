"""Comparison: models and conditions beside each other, of one study or of two."""
