"""Scales that instruments declare: their scores, spread and reliability."""
