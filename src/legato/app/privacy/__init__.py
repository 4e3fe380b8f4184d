"""What the process does for privacy around the engine."""
