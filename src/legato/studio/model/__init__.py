"""Routes about the shared data model."""
