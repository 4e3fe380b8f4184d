"""What happens, as it happens, and the life of one event."""
