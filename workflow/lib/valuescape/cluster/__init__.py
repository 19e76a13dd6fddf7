"""A study on a cluster: watching its jobs, where it stands, how to cut it."""
