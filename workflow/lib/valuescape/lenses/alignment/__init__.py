"""Lens 2: how near the answers of personas lie to those of humans."""
