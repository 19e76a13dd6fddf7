"""How an LLM, speaking as culturally grounded personas, stands to human values."""

__version__ = "0.1.0"
