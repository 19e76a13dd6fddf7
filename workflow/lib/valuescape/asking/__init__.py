"""Asking a model: prompts, jobs, checkpoints; biographies, responses, the oracle."""
