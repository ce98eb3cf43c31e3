"""Programs that stand in for outside systems."""
