"""Statistics that know no survey and no model."""
