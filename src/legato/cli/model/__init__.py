"""Commands about the shared data model."""
