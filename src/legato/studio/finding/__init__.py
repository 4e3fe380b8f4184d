"""Finding anything from one field."""
