"""Response surface: the answers of all configurations, predicted from those of a few."""
