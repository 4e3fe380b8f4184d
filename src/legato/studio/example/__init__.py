"""The example of a demonstration, as people see it."""
