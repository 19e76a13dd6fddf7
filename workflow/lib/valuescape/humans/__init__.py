"""Human reference: survey files, public tables, groups, clusters, margins."""
