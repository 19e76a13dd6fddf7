"""Languages: whether personas answer the same when asked, or told, in another tongue."""
