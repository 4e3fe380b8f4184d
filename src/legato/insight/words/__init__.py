"""Words of the dictionary as they are filled: example values."""
