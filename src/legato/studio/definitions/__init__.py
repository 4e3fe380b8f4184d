"""Definitions as the files they are: taken out byte for byte, and brought in from elsewhere."""
