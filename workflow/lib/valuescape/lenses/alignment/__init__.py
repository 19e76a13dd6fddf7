"""Alignment: how near the answers of personas lie to those of humans."""
