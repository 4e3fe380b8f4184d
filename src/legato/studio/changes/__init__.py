"""Routes of change requests."""
