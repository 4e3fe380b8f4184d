"""What of a shared data model nothing reads."""
