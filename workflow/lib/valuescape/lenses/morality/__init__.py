"""The moral lens: what culture does to the six moral foundations."""
