"""Report, closing summary, tables for readers."""
