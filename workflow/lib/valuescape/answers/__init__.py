"""From responses to arrays: expected values of personas, distributions of groups."""
