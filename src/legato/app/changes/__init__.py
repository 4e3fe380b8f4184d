"""Change requests of a running app."""
