"""What every room needs: errors, documents, tables, seeds, progress, the words of outputs."""
