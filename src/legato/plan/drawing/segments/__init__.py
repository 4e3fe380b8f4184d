"""A segment's definition: read from its text, and commands done to that text."""
