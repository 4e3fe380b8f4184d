"""A real person's story, written as a scenario that names nobody."""
